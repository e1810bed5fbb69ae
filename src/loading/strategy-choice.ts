import type { Dialect } from '../dialects/dialect.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { LoadStrategy, LoadTree, RowsSpec } from './query-spec.ts';

/** From so many levels of relationships on, one statement in all takes less time than one for each. */
const DEEP = 3;
/** Most objects for which all that belongs to them is put into one answer, unless the program says so. */
const FEW = 500;

/** How a relationship is read along: as the query says, else as the relationship does, else by a statement of its own. */
export function strategyFor({ lazy }: Relationship, asked: LoadStrategy | undefined): LoadStrategy {
  if (asked !== undefined) return asked;
  return lazy === 'joined' || lazy === 'json' ? lazy : 'selectin';
}

/**
 * The strategy for all relationships of a query that does not name one: JSON for deep graphs of few objects in a database over a
 * network, where each statement is a trip. Undefined: each as it says itself.
 */
export function strategyForShape(
  dialect: Dialect,
  { strategy, limit, paths }: Pick<RowsSpec, 'strategy' | 'limit' | 'paths'>,
): LoadStrategy | undefined {
  const isFew = limit !== undefined && limit <= FEW;
  return strategy ?? (dialect.isRemote && isFew && isDeep(paths, DEEP) ? 'json' : undefined);
}

function isDeep(tree: LoadTree, levels: number): boolean {
  if (levels === 0) return true;
  return [...tree.values()].some(({ paths }) => isDeep(paths, levels - 1));
}
