import type { OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection } from '../state/collection.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { setLoaded } from '../state/related.ts';
import type { Overwritten } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import type { RelatedSpec } from './query-spec.ts';
import { committedKeyOf } from './related-keys.ts';
import type { RelatedPart } from './related-part.ts';

/** One relationship that is about to be loaded for many objects. */
export interface RelatedLoad<R extends Relationship = Relationship> extends RelatedPart {
  readonly context: LoadContext;
  readonly relationship: R;
  readonly spec: RelatedSpec;
  readonly overwritten: Overwritten | undefined;
}

/** Whether an object's relationship is to be loaded: not what this transaction has loaded alike, nor what the program changed. */
export function wants({ context, relationship, part, order }: RelatedLoad, state: InstanceState): boolean {
  const slot = state.slot(relationship);
  if (slot === undefined) return relationship.direction === 'many-to-one' || state.key !== undefined;
  if (state.key === undefined) return false;
  const isOtherPart = slot.part !== part;
  // The whole of a collection of which a part was changed: what is not flushed is put into it again.
  if (isChanged(state, relationship)) return isOtherPart && part === undefined && slot.value instanceof Collection;
  return isOtherPart || slot.seenIn !== context.transaction || (order !== undefined && slot.order !== order);
}

/** A relationship that the program changed is the program's until the next flush. */
function isChanged(state: InstanceState, relationship: Relationship): boolean {
  if (relationship.direction === 'many-to-one') return state.links?.has(relationship.link) ?? false;
  const value = state.slot(relationship)?.value;
  return value instanceof Collection && value.isChanged;
}

/** Sets what was loaded. */
export function settle(load: RelatedLoad, state: InstanceState, value: object | null | object[]): void {
  setLoaded(state, load.relationship, value);
  const slot = state.slot(load.relationship);
  if (slot === undefined) return;
  slot.seenIn = load.context.transaction;
  if (load.part !== undefined) slot.part = load.part;
  if (load.order !== undefined) slot.order = load.order;
}

/** Gives a parent its members, and the members their parent where they do not know one. */
export function adopt(load: RelatedLoad, parent: InstanceState, members: readonly InstanceState[]): void {
  settle(
    load,
    parent,
    members.map(({ entity }) => entity),
  );
  const { inverse } = load.relationship;
  if (inverse === undefined) return;
  const back = { ...load, relationship: inverse, part: undefined, order: undefined };
  for (const child of members) if (wants(back, child)) settle(back, child, parent.entity);
}

/**
 * What the program has linked otherwise and not flushed counts more than the rows.
 *
 * @param byKey - the parents whose collections were loaded.
 */
export function applyUnflushed(
  { context, relationship }: RelatedLoad<OneToMany>,
  byKey: ReadonlyMap<unknown, InstanceState>,
): void {
  const { link, target } = relationship;
  const parents = new Set(byKey.values());
  // A changed link makes its object held strongly.
  for (const child of [...context.identity.of(target).held.values(), ...context.added]) {
    if (child.links === undefined) continue;
    const parent = child.links.get(link);
    if (parent === undefined) continue;
    const before = byKey.get(committedKeyOf(child, link.childColumns));
    if (before !== parent) noteMove(before, relationship, (collection) => collection.exclude(child.entity));
    if (parent !== null && parents.has(parent))
      noteMove(parent, relationship, (collection) => collection.include(child.entity));
  }
}

function noteMove(
  parent: InstanceState | undefined,
  relationship: Relationship,
  move: (collection: Collection) => boolean,
): void {
  const collection = parent?.slot(relationship)?.value;
  if (collection instanceof Collection && move(collection)) collection.isChanged = true;
}
