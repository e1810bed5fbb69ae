import type { Mapper, Relationship } from '../mapping/mapper.ts';
import type { LoadTree, RelatedSpec } from './query-spec.ts';
import { WHOLE } from './query-spec.ts';

const EAGER = new Set<Relationship['lazy']>(['selectin', 'joined', 'json']);
const eagerByMapper = new WeakMap<Mapper, readonly Relationship[]>();

/**
 * A tree with the relationships that models have read in every query. Circles are cut: on the way from one object to the
 * next, no relationship is followed twice by itself, nor back by its other side.
 *
 * @param way - how the mapper was come to.
 */
export function withEager(mapper: Mapper, tree: LoadTree, way: readonly Relationship[] = []): LoadTree {
  const eager = eagerOf(mapper).filter(
    (relationship) => !tree.has(relationship.property) && !isOnWay(relationship, way),
  );
  if (tree.size + eager.length === 0) return tree;
  const asked = [...tree].map(
    ([property, spec]) => [property, withEagerBelow(mapper, property, { spec, way })] as const,
  );
  const added = eager.map((relationship) => [relationship.property, eagerSpec(relationship, way)] as const);
  return new Map([...asked, ...added]);
}

/** How a relationship is read by itself: whole, with what its objects always bring along. */
export function eagerSpec(relationship: Relationship, way: readonly Relationship[] = []): RelatedSpec {
  const paths = withEager(relationship.target, WHOLE.paths, [...way, relationship]);
  return paths.size === 0 ? WHOLE : { ...WHOLE, paths };
}

function withEagerBelow(
  mapper: Mapper,
  property: string,
  { spec, way }: { readonly spec: RelatedSpec; readonly way: readonly Relationship[] },
): RelatedSpec {
  const relationship = mapper.attributes.get(property);
  if (relationship?.kind !== 'relationship') return spec;
  const paths = withEager(relationship.target, spec.paths, [...way, relationship]);
  return paths === spec.paths ? spec : { ...spec, paths };
}

function eagerOf(mapper: Mapper): readonly Relationship[] {
  let eager = eagerByMapper.get(mapper);
  if (eager === undefined) {
    eager = mapper.relationships.filter(({ lazy }) => EAGER.has(lazy));
    eagerByMapper.set(mapper, eager);
  }
  return eager;
}

function isOnWay(relationship: Relationship, way: readonly Relationship[]): boolean {
  return way.some((passed) => passed === relationship || passed === relationship.inverse);
}
