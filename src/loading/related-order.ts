import type { Mapper, Relationship } from '../mapping/mapper.ts';
import type { Ordering, RelatedSpec } from './query-spec.ts';

/** The order of a relationship's objects: what was asked for, else its own, and the primary key among equals. */
export function relatedOrder({ target, orderBy }: Relationship, { orderings }: RelatedSpec): readonly Ordering[] {
  const own = orderBy.map((each) => ({ kind: 'column', ...each }) as const);
  return [...(orderings.length > 0 ? orderings : own), ...ascending(target)];
}

/** By primary key. */
export function ascending(mapper: Mapper): readonly Ordering[] {
  return mapper.primaryKey.map((column) => ({ kind: 'column', column, direction: 'asc' }) as const);
}
