import { columnsOf } from './column-selection.ts';
import { hydrateRows } from './hydrate.ts';
import { withEager } from './eager.ts';
import type { LoadContext } from './load-context.ts';
import { newOverwritten } from './load-objects.ts';
import { loadPaths } from './load-paths.ts';
import type { Position, QuerySpec } from './query-spec.ts';
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
export async function loadPage(session: LoadContext, { spec, size, looksFurther }: PageLoad): Promise<LoadedPage> {
  const overwritten = newOverwritten(spec.overwrite);
  const context = session.boundTo(spec.mapper);
  const { statement, parameters } = selectStatement(
    context.dialect,
    { ...spec, limit: looksFurther ? size + 1 : size },
    'placed',
  );
  const { rows } = await context.execute(statement, parameters);
  const kept = rows.slice(0, size);
  const position = positionsOf(spec);
  const [first, last] = [kept[0], kept.at(-1)].map((row) => row && position(row));
  const width = columnsOf(spec).length;
  for (const row of kept) row.length = width;
  const states = hydrateRows(context, spec.mapper, kept, {
    selection: spec.selection,
    overwritten,
    isLocking: spec.lock !== undefined,
  });
  const { mapper, paths, strategy } = spec;
  await loadPaths(session, states, withEager(mapper, paths), { overwritten, strategy });
  return { states, first, last, hasMore: rows.length > size };
}

/** Before rows become objects: their values are still the driver's own. */
function positionsOf(spec: QuerySpec): (row: readonly unknown[]) => Position {
  const places = placesOf(spec);
  return (row) => ({ values: places.map(({ at }) => row[at]), isInclusive: false });
}
