import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { hydrateRows } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import type { QuerySpec } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import type { Selection } from './select.ts';
import { selectStatement } from './select.ts';

/** Most keys in one `in (…)`. */
const KEYS_PER_STATEMENT = 500;

/** The objects that a query selects, in its order. One statement; relationships of `spec.paths` are the caller's. */
export async function loadObjects(session: LoadContext, spec: QuerySpec): Promise<InstanceState[]> {
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(context.dialect, spec);
  const { rows } = await context.execute(statement, parameters);
  return hydrateRows(context, spec.mapper, rows, spec.overwrite);
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
}

type KeysColumns = Mapper['columns'];

/** The objects whose `columns` hold one of `keys`, ordered by primary key; one statement for each 500 keys. */
export async function loadByKeys(context: LoadContext, load: KeyedLoad): Promise<InstanceState[]> {
  const { mapper, columns, keys, overwrite = false } = load;
  const loaded: InstanceState[] = [];
  const orderings = keys.length === 1 && columns === mapper.primaryKey ? [] : ascending(mapper);
  for (let at = 0; at < keys.length; at += KEYS_PER_STATEMENT) {
    const chunk = keys.slice(at, at + KEYS_PER_STATEMENT);
    const conditions = [{ kind: 'keys', columns, keys: chunk } as const];
    loaded.push(...(await loadObjects(context, { ...queryFor(mapper), conditions, orderings, overwrite })));
  }
  if (keys.length > KEYS_PER_STATEMENT) for (const state of loaded) state.siblings = loaded;
  return loaded;
}

function ascending(mapper: Mapper): QuerySpec['orderings'] {
  return mapper.primaryKey.map((column) => ({ kind: 'column', column, direction: 'asc' }) as const);
}
