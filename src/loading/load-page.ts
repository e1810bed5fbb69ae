import { columnsOf } from './column-selection.ts';
import { hydrateRows } from './hydrate.ts';
import { withEager } from './eager.ts';
import type { LoadContext } from './load-context.ts';
import { newOverwritten } from './load-objects.ts';
import { levelPlan } from './levels.ts';
import { loadPaths, loadQuery, makeStrict } from './load-paths.ts';
import type { Position, QuerySpec } from './query-spec.ts';
import { codecsOf } from './row-codec.ts';
import { placesOf, selectStatement } from './select.ts';
import type { InstanceState } from '../state/instance-state.ts';

/** Some objects of an order, and where they are in it. */
export interface LoadedPage {
  readonly states: InstanceState[];
  /** Of the first and the last of them; undefined when there is none. */
  readonly first: Position | undefined;
  readonly last: Position | undefined;
  /** Whether there are more behind them, where the page looked further. */
  readonly hasMore: boolean;
}

export interface PageLoad {
  /** Its orderings are columns. */
  readonly spec: QuerySpec;
  /** Objects at most. */
  readonly size: number;
  /** Look one row further. */
  readonly looksFurther: boolean;
}

/** The next objects of a query, in one statement, and their relationships. */
export async function loadPage(session: LoadContext, load: PageLoad): Promise<LoadedPage> {
  const { spec, size, looksFurther } = load;
  const paths = withEager(spec.mapper, spec.paths);
  const asked = { ...spec, paths, limit: looksFurther ? size + 1 : size };
  const isTogether = isExact(spec) && levelPlan(session, asked) !== undefined;
  return isTogether ? readTogether(session, asked, size) : readApart(session, asked, size);
}

/** The page's own rows, whose places are then exactly the database's, and then their relationships. */
async function readApart(session: LoadContext, spec: QuerySpec, size: number): Promise<LoadedPage> {
  const { selection, lock, strategy } = spec;
  const overwritten = newOverwritten(spec.overwrite);
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(context.dialect, spec, 'placed');
  const { rows } = await context.execute(statement, parameters);
  const kept = rows.slice(0, size);
  const position = positionsOf(spec);
  const [first, last] = [kept[0], kept.at(-1)].map((row) => row && position(row));
  const width = columnsOf(spec).length;
  for (const row of kept) row.length = width;
  const states = hydrateRows(context, spec.mapper, kept, { selection, overwritten, isLocking: lock !== undefined });
  await loadPaths(session, states, spec.paths, { overwritten, strategy });
  if (spec.isStrict) makeStrict(states, spec.paths);
  return { states, first, last, hasMore: rows.length > size };
}

/** All in one statement. */
async function readTogether(session: LoadContext, spec: QuerySpec, size: number): Promise<LoadedPage> {
  const all = await loadQuery(session, spec);
  const states = all.slice(0, size);
  const codecs = codecsOf(session.boundTo(spec.mapper).dialect, spec.mapper);
  const places = placesOf(spec).map(({ ordering }) => ordering.column.index);
  const [first, last] = [states[0], states.at(-1)].map((state) => {
    const row = state?.committed;
    const values = places.map((index) => (row?.[index] === null ? null : codecs[index]?.encode(row?.[index])));
    return row && { values, isInclusive: false };
  });
  return { states, first, last, hasMore: all.length > size };
}

/** Types whose values the program has exactly as the database does: a timestamp there may be finer. */
const EXACT: ReadonlySet<string> = new Set([
  'integer',
  'bigint',
  'text',
  'boolean',
  'real',
  'double',
  'numeric',
  'date',
  'uuid',
  'enum',
]);

/** Whether an object tells where it is in the order. */
function isExact(spec: QuerySpec): boolean {
  const width = columnsOf(spec).length;
  return placesOf(spec).every(({ ordering, at }) => at < width && EXACT.has(ordering.column.type.name));
}

/** Before rows become objects: their values are still the driver's own. */
function positionsOf(spec: QuerySpec): (row: readonly unknown[]) => Position {
  const places = placesOf(spec);
  return (row) => ({ values: places.map(({ at }) => row[at]), isInclusive: false });
}
