import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { ColumnSelection } from './column-selection.ts';
import { columnsOf } from './column-selection.ts';
import type { Overwritten } from './hydrate.ts';
import { hydrateRows } from './hydrate.ts';
import { levelPlan } from './levels.ts';
import type { LoadContext } from './load-context.ts';
import { loadLevels } from './load-levels.ts';
import type { QuerySpec, RowLock, RowsSpec } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import { ascending } from './related-order.ts';
import type { Selection } from './select.ts';
import { selectStatement } from './select.ts';

/** Most keys in one `in (…)`. */
export const KEYS_PER_STATEMENT = 500;

/**
 * The objects that a query selects, in its order. One statement, which also reads the relationships of `spec.paths` that are to
 * be read in it; others are the caller's.
 *
 * @param overwritten - with `spec.overwrite`: what the same load has overwritten already.
 */
export async function loadObjects(
  session: LoadContext,
  spec: QuerySpec,
  overwritten: Overwritten | undefined = newOverwritten(spec.overwrite),
): Promise<InstanceState[]> {
  const plan = levelPlan(session, spec);
  if (plan !== undefined) return loadLevels(session, plan, overwritten);
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(context.dialect, spec);
  const { rows } = await context.execute(statement, parameters);
  if (spec.alterations !== undefined) cutRows(rows, columnsOf(spec).length);
  return hydrateRows(context, spec.mapper, rows, {
    selection: spec.selection,
    overwritten,
    isLocking: spec.lock !== undefined,
  });
}

/** Takes away what the program has selected besides. */
function cutRows(rows: readonly unknown[][], width: number): void {
  for (const row of rows) row.length = width;
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
  /**
   * What else the rows must meet, their order, how many there may be for each key, and what to read along in the same
   * statement. Default: all, by primary key.
   */
  readonly part?: Partial<Omit<RowsSpec, 'selection'>>;
}

type KeysColumns = Mapper['columns'];

/** The objects whose `columns` hold one of `keys`, ordered by primary key; one statement for each 500 keys. */
export async function loadByKeys(context: LoadContext, load: KeyedLoad): Promise<InstanceState[]> {
  const { columns, keys, overwrite = false } = load;
  const overwritten = load.overwritten ?? newOverwritten(overwrite);
  const loaded: InstanceState[] = [];
  const spec = keyedSpec(load);
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const condition = { kind: 'keys', columns, keys: keys.slice(at, at + KEYS_PER_STATEMENT) } as const;
    const chunk = { ...spec, conditions: [condition, ...spec.conditions] };
    for (const state of await loadObjects(context, chunk, overwritten)) loaded.push(state);
  }
  if (keys.length > KEYS_PER_STATEMENT) for (const state of loaded) state.siblings = loaded;
  return loaded;
}

function keyedSpec({ mapper, columns, keys, selection, lock, part }: KeyedLoad): QuerySpec {
  const isOne = keys.length === 1 && columns === mapper.primaryKey;
  const orderings = part?.orderings ?? (isOne ? [] : ascending(mapper));
  const isLimited = part?.limit !== undefined || part?.offset !== undefined;
  return { ...queryFor(mapper), ...part, orderings, selection, lock, limitEach: isLimited ? columns : undefined };
}
