import type { Relationship } from '../mapping/mapper.ts';
import type { LoadStrategy } from './query-spec.ts';

/** How a relationship is read along: as the query says, else as the relationship does, else by a statement of its own. */
export function strategyFor({ lazy }: Relationship, asked: LoadStrategy | undefined): LoadStrategy {
  if (asked !== undefined) return asked;
  return lazy === 'joined' || lazy === 'json' ? lazy : 'selectin';
}
