import { isKindOf } from '../mapping/hierarchy.ts';
import type { OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection, nameOf } from '../state/collection.ts';
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
  const slot = state.slot(relationship);
  if (slot?.value instanceof Collection) return slot.value.isChanged;
  return slot !== undefined && slot.value !== slot.committed;
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
export function adopt(load: RelatedLoad<OneToMany>, parent: InstanceState, members: readonly InstanceState[]): void {
  const { inverse, isCollection } = load.relationship;
  const objects = members.map(({ entity }) => entity);
  if (!isCollection && objects.length > 1) warnOfSeveral(parent, load.relationship, objects.length);
  settle(load, parent, isCollection ? objects : (objects[0] ?? null));
  if (inverse === undefined) return;
  const back = { ...load, relationship: inverse, part: undefined, order: undefined };
  for (const child of members)
    if (child.slot(inverse)?.part === undefined && wants(back, child)) settle(back, child, parent.entity);
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
  for (const child of [...context.identity.heldOf(target), ...context.added]) {
    if (child.links === undefined || !isKindOf(child.mapper, target)) continue;
    const parent = child.links.get(link);
    if (parent === undefined) continue;
    const before = byKey.get(committedKeyOf(child, link.childColumns));
    if (before !== undefined && before !== parent) takeOut(before, relationship, child);
    if (parent !== null && parents.has(parent)) putIn(parent, relationship, child);
  }
}

function takeOut(parent: InstanceState, relationship: OneToMany, child: InstanceState): void {
  const slot = parent.slot(relationship);
  if (slot?.value === child.entity) slot.value = null;
  else if (slot?.value instanceof Collection && slot.value.exclude(child.entity)) slot.value.isChanged = true;
}

function putIn(parent: InstanceState, relationship: OneToMany, child: InstanceState): void {
  const slot = parent.slot(relationship);
  if (slot === undefined) return;
  if (!(slot.value instanceof Collection)) slot.value = child.entity;
  else if (slot.value.include(child.entity)) slot.value.isChanged = true;
}

function warnOfSeveral(parent: InstanceState, relationship: OneToMany, count: number): void {
  const message = `${nameOf(relationship)} leads to one object, and ${count} rows point at ${String(parent)}; the first by primary key is taken. Make the foreign key .unique(), or use many(…).`;
  process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_SEVERAL_ROWS' });
}
