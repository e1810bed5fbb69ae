import type { Relationship } from '../mapping/mapper.ts';
import type { RelatedSpec } from './query-spec.ts';

/** Has members come in the order that their relationship says, where a query does not say another one. */
export function inMemberOrder({ orderBy }: Relationship, spec: RelatedSpec): RelatedSpec {
  if (orderBy.length === 0 || spec.orderings.length > 0) return spec;
  return { ...spec, orderings: orderBy.map(({ column, direction }) => ({ kind: 'column', column, direction })) };
}
