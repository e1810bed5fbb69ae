import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { ColumnSelection } from './column-selection.ts';
import type { Overwritten } from './hydrate.ts';
import { hydrateRows } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import type { QuerySpec, RowLock } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import type { Selection } from './select.ts';
import { selectStatement } from './select.ts';

/** Most keys in one `in (…)`. */
const KEYS_PER_STATEMENT = 500;

/**
 * The objects that a query selects, in its order. One statement; relationships of `spec.paths` are the caller's.
 *
 * @param overwritten - with `spec.overwrite`: what the same load has overwritten already.
 */
export async function loadObjects(
  session: LoadContext,
  spec: QuerySpec,
  overwritten: Overwritten | undefined = newOverwritten(spec.overwrite),
): Promise<InstanceState[]> {
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(context.dialect, spec);
  const { rows } = await context.execute(statement, parameters);
  return hydrateRows(context, spec.mapper, rows, {
    selection: spec.selection,
    overwritten,
    isLocking: spec.lock !== undefined,
  });
}

/** For one load through several statements: undefined when edits are to be kept. */
export function newOverwritten(isOverwriting: boolean): Overwritten | undefined {
  return isOverwriting ? new Set() : undefined;
}

/** How many rows a query selects, or 1 when only asked whether there is any. One statement. */
export async function countRows(
  session: LoadContext,
  spec: QuerySpec,
  selection: Exclude<Selection, 'rows'>,
): Promise<number> {
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(context.dialect, spec, selection);
  const { rows } = await context.execute(statement, parameters);
  return selection === 'exists' ? rows.length : Number(rows[0]?.[0]);
}

/** Where many keys lead. */
export interface KeyedLoad {
  readonly mapper: Mapper;
  readonly columns: KeysColumns;
  readonly keys: readonly (readonly unknown[])[];
  readonly overwrite?: boolean;
  /** What the same load has overwritten already; implies `overwrite`. */
  readonly overwritten?: Overwritten | undefined;
  /** Undefined: all columns but deferred ones. */
  readonly selection?: ColumnSelection | undefined;
  readonly lock?: RowLock | undefined;
}

type KeysColumns = Mapper['columns'];

/** The objects whose `columns` hold one of `keys`, ordered by primary key; one statement for each 500 keys. */
export async function loadByKeys(context: LoadContext, load: KeyedLoad): Promise<InstanceState[]> {
  const { mapper, columns, keys, selection, lock, overwrite = false } = load;
  const overwritten = load.overwritten ?? newOverwritten(overwrite);
  const loaded: InstanceState[] = [];
  const orderings = keys.length === 1 && columns === mapper.primaryKey ? [] : ascending(mapper);
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const chunk = keys.slice(at, at + KEYS_PER_STATEMENT);
    const conditions = [{ kind: 'keys', columns, keys: chunk } as const];
    const spec = { ...queryFor(mapper), conditions, orderings, selection, lock };
    for (const state of await loadObjects(context, spec, overwritten)) loaded.push(state);
  }
  if (keys.length > KEYS_PER_STATEMENT) for (const state of loaded) state.siblings = loaded;
  return loaded;
}

function ascending(mapper: Mapper): QuerySpec['orderings'] {
  return mapper.primaryKey.map((column) => ({ kind: 'column', column, direction: 'asc' }) as const);
}
