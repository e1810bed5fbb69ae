import type { ForeignKeyLink, LinkedRelationship, ManyToMany, OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection, nextTouched } from './collection.ts';
import { liftGuard } from './column-guard.ts';
import { requireState, stateOf } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { UNLOADED } from './instance-state.ts';
import { forgetNumber, numberMembers } from './numbering.ts';
import { forgetPair, forgetPairs, notePair } from './pairs.ts';
import { noteHolder } from './single-parent.ts';

/** What a loader does: sets the value as the database has it, which is no change. */
export function setLoaded(state: InstanceState, relationship: Relationship, value: object | null | object[]): void {
  if (relationship.singleParent)
    for (const member of [value ?? []].flat()) noteHolder(relationship, state, requireState(member));
  const known = state.slot(relationship)?.value;
  if (!Array.isArray(value)) {
    state.setSlot(relationship, { value, committed: value, seenIn: state.seenIn });
    return;
  }
  const collection = known instanceof Collection ? known : new Collection(state, relationship, []);
  collection.reset(value);
  state.setSlot(relationship, { value: collection, committed: value, seenIn: state.seenIn });
}

/** Forgets a relationship, so that the next read loads it again. */
export function unload(state: InstanceState, relationship: Relationship): void {
  if (state.slot(relationship) !== undefined) state.setSlot(relationship, undefined);
}

/** The value as far as it is known without the database. */
export function knownRelated(state: InstanceState, relationship: Relationship): object | null | typeof UNLOADED {
  const slot = state.slot(relationship);
  if (slot !== undefined) return slot.value;
  if (relationship.direction === 'many-to-one') return foreignKeyIsNull(state, relationship.link) ? null : UNLOADED;
  if (relationship.lazy === 'writeonly' || !isKnownEmpty(state)) return UNLOADED;
  return relationship.isCollection ? createCollection(state, relationship) : null;
}

/** The collection that an object holds, if it holds one; made empty where it may be and there is none. */
export function heldCollection(
  state: InstanceState,
  relationship: Relationship,
  mayMake: boolean,
): Collection | undefined {
  const value = state.slot(relationship)?.value;
  if (value instanceof Collection) return value;
  return mayMake ? createCollection(state, relationship) : undefined;
}

/** The loaded members of a collection, or undefined while it is not loaded. */
export function loadedMembers(state: InstanceState, relationship: Relationship): readonly object[] | undefined {
  const value = state.slot(relationship)?.value;
  return value instanceof Collection ? value.items : undefined;
}

/** Works out what the program's writes to collections mean for the objects in them. */
export function reconcileTouched(): void {
  for (let next = nextTouched(); next !== undefined; next = nextTouched()) reconcile(next);
}

/** Nobody but this program, in this transaction, can have linked anything to the object. */
function isKnownEmpty({ isBorn, key, owner, seenIn }: InstanceState): boolean {
  return isBorn && (key === undefined || owner === undefined || owner.transaction === seenIn);
}

function createCollection(state: InstanceState, relationship: Relationship): Collection {
  const collection = new Collection(state, relationship, []);
  state.setSlot(relationship, { value: collection, committed: [], seenIn: state.seenIn });
  return collection;
}

function foreignKeyIsNull(state: InstanceState, link: ForeignKeyLink): boolean {
  const values = state.entity as Record<string, unknown>;
  return link.childColumns.some(
    (column) => Object.hasOwn(values, column.property) && (values[column.property] ?? null) === null,
  );
}

export function reconcile(collection: Collection): void {
  const { parent, relationship } = collection;
  if (parent.slot(relationship)?.value !== collection) return;
  const { joined, left, repeated, from } = collection.takeWrites();
  for (const item of left) {
    forgetNumber(collection, item);
    cutMember(parent, relationship, requireState(item));
  }
  for (const item of joined) linkMember(parent, relationship, requireState(item));
  // They may have come by their own side, which does not bring them into the session; being put in does.
  for (const item of repeated) cascade(parent, relationship, item);
  numberMembers(collection, from);
}

/** Links an object to one that holds it; the holder's own value is the caller's affair. */
export function linkMember(parent: InstanceState, relationship: Relationship, member: InstanceState): void {
  if (relationship.direction === 'one-to-many') linkChild(parent, relationship, member);
  else if (relationship.direction === 'many-to-many') {
    notePair(parent, relationship, member, 'link');
    noteHolder(relationship, parent, member);
    noteHolder(relationship.inverse, member, parent);
    join(member.entity, relationship, parent);
  }
  cascade(parent, relationship, member.entity);
}

/** Undoes a link, unless the object has gone to another holder meanwhile; the holder's own value is the caller's affair. */
export function cutMember(parent: InstanceState, relationship: Relationship, member: InstanceState): void {
  if (relationship.direction === 'one-to-many') cutChild(parent, relationship, member);
  else if (relationship.direction === 'many-to-many') {
    notePair(parent, relationship, member, 'unlink');
    leave(member.entity, relationship, parent);
  }
}

function linkChild(parent: InstanceState, { link, inverse }: OneToMany, child: InstanceState): void {
  setLink(child, link, parent);
  noteHolder(inverse, child, parent);
  if (inverse === undefined) return;
  const previous = child.slot(inverse)?.value;
  if (previous !== parent.entity) leave(previous, inverse, child);
  replaceValue(child, inverse, parent.entity);
}

function cutChild(parent: InstanceState, relationship: OneToMany, child: InstanceState): void {
  const { inverse, link } = relationship;
  const linked = child.links?.get(link);
  if (linked !== undefined && linked !== parent) return;
  const current = inverse === undefined ? undefined : child.slot(inverse)?.value;
  if (current !== undefined && current !== parent.entity) return;
  cutLink(child, relationship);
}

/** Leaves a child without a parent, which its side shows; the parent's side is the caller's affair. */
export function cutLink(child: InstanceState, { inverse, link }: LinkedRelationship): void {
  if (inverse !== undefined) replaceValue(child, inverse, null);
  setLink(child, link, null);
}

/** Takes an object out of what others hold of it, as far as that is loaded, and keeps its own side. */
export function leaveOthers(state: InstanceState): void {
  for (const relationship of state.mapper.relationships) {
    const value = state.slot(relationship)?.value;
    if (relationship.direction === 'many-to-one') leave(value, relationship, state);
    if (relationship.direction === 'many-to-many' && value instanceof Collection)
      for (const item of value.items) leave(item, relationship, state);
  }
  forgetPairs(state);
}

/** Makes both sides agree again for an object that comes back into a session, after a rollback or from outside. */
export function relink(state: InstanceState): void {
  for (const relationship of state.mapper.relationships) {
    const value = state.slot(relationship)?.value ?? null;
    if (value === null || relationship.viewonly) continue;
    if (relationship.direction === 'many-to-one') join(value, relationship, state);
    else {
      const members = value instanceof Collection ? value.items : [value];
      for (const item of members)
        if (!isLinked(requireState(item), state, relationship)) linkMember(state, relationship, requireState(item));
    }
  }
}

function isLinked(member: InstanceState, parent: InstanceState, relationship: OneToMany | ManyToMany): boolean {
  return relationship.direction === 'one-to-many' && member.links?.get(relationship.link) === parent;
}

/** Forgets what the program changed of a many-to-many, on both sides. */
export function withdrawPairs(state: InstanceState, relationship: ManyToMany): void {
  for (const [other, change] of state.pairs?.get(relationship) ?? []) {
    forgetPair(state, relationship, other);
    if (change === 'link') leave(other.entity, relationship, state);
    else join(other.entity, relationship, state);
  }
}

/** Sets what the program sees and keeps what the database has. */
export function replaceValue(state: InstanceState, relationship: Relationship, value: object | null): void {
  liftGuard(state);
  const slot = state.slot(relationship);
  if (slot === undefined) state.setSlot(relationship, { value, committed: UNLOADED, seenIn: -1 });
  else slot.value = value;
}

/** Notes whom a foreign key is to name after the next flush; null: nobody. */
export function setLink(child: InstanceState, link: ForeignKeyLink, parent: InstanceState | null): void {
  liftGuard(child);
  child.links ??= new Map();
  child.links.set(link, parent);
}

/** Lets the other side hold an object that is linked to it, as far as the other side is known. */
export function join(other: unknown, relationship: Relationship, state: InstanceState): void {
  const holder = stateOf(other);
  const { inverse } = relationship;
  if (holder === undefined || inverse === undefined) return;
  if (inverse.direction === 'one-to-many' && !inverse.isCollection) return replaceChild(holder, inverse, state.entity);
  const collection = knownRelated(holder, inverse);
  if (!(collection instanceof Collection) || !collection.include(state.entity)) return;
  collection.isChanged = true;
  numberMembers(collection, collection.items.length - 1);
}

/** Takes an object out of the other side, as far as the other side is known. */
export function leave(other: unknown, relationship: Relationship, state: InstanceState): void {
  const holder = stateOf(other);
  const { inverse } = relationship;
  if (holder === undefined || inverse === undefined) return;
  const held = knownRelated(holder, inverse);
  if (held === state.entity) replaceValue(holder, inverse, null);
  if (!(held instanceof Collection) || !held.exclude(state.entity)) return;
  held.isChanged = true;
  forgetNumber(held, state.entity);
  numberMembers(held, 0);
}

/** Gives an object another only child: the one before is cut off. Whom it replaces in the database, the flush finds out. */
export function replaceChild(parent: InstanceState, relationship: OneToMany, child: object | null): void {
  const before = knownRelated(parent, relationship);
  if (before === child) return;
  if (before === UNLOADED) (parent.replacing ??= new Set()).add(relationship);
  else if (before !== null) cutChild(parent, relationship, requireState(before));
  replaceValue(parent, relationship, child);
}

/** Brings an object that is linked to one in a session into it, where the relationship says so. */
export function cascade(from: InstanceState, relationship: Relationship, to: object): void {
  if (from.owner !== undefined && relationship.cascade.has('save-update')) from.owner.cascadeAdd(requireState(to));
}
