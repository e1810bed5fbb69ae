import { DetachedInstanceError, NotLoadedError } from '../errors/state-errors.ts';
import type { ForeignKeyLink, LinkedRelationship, ManyToOne, Relationship } from '../mapping/mapper.ts';
import { Collection, nameOf, nextTouched, requireTarget } from './collection.ts';
import { liftGuard } from './column-guard.ts';
import { requireState, stateOf } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { UNLOADED } from './instance-state.ts';
import { Lazy } from './lazy.ts';
import { forgetNumber, numberMembers } from './numbering.ts';

/** What the program gets when it reads a relationship: the object, the array, null, or a `Lazy` to be awaited. */
export function readRelated(state: InstanceState, relationship: Relationship): unknown {
  reconcileTouched();
  const value = knownRelated(state, relationship);
  if (value === UNLOADED) return lazyRelated(state, relationship);
  state.ask(relationship);
  return value instanceof Collection ? value.face : value;
}

/** What the program does when it assigns a relationship. Links both sides and cascades; runs no SQL. */
export function writeRelated(state: InstanceState, relationship: Relationship, value: unknown): void {
  reconcileTouched();
  state.ask(relationship);
  if (relationship.direction === 'many-to-one') writeToOne(state, relationship, value);
  else writeCollection(state, relationship, value);
}

/** What a loader does: sets the value as the database has it, which is no change. */
export function setLoaded(state: InstanceState, relationship: Relationship, value: object | null | object[]): void {
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
  if (relationship.direction !== 'many-to-one')
    return isKnownEmpty(state) ? createCollection(state, relationship) : UNLOADED;
  return foreignKeyIsNull(state, relationship.link) ? null : UNLOADED;
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

function lazyRelated(state: InstanceState, relationship: Relationship): Lazy {
  if (state.owner === undefined) throw DetachedInstanceError.lazyLoad(String(state), relationship.property);
  return new Lazy(state, relationship, state.owner.repeats.siteOf(readRelated));
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

function writeToOne(state: InstanceState, relationship: ManyToOne, value: unknown): void {
  const parent = value === null || value === undefined ? null : requireTarget(state, relationship, value);
  const previous = knownRelated(state, relationship);
  if (previous === parent) return;
  replaceValue(state, relationship, parent);
  setLink(state, relationship.link, parent === null ? null : requireState(parent));
  leave(previous, relationship, state);
  join(parent, relationship, state);
  if (parent !== null) cascade(state, relationship, parent);
}

function writeCollection(state: InstanceState, relationship: Relationship, value: unknown): void {
  const current = knownRelated(state, relationship);
  if (!(current instanceof Collection)) throw NotLoadedError.replace(nameOf(relationship), relationship.property);
  if (value === current.face) return;
  if (state.slot(relationship)?.part !== undefined)
    throw NotLoadedError.replacePart(nameOf(relationship), relationship.property);
  const replacement = current.replacedBy(current.membersOf((value ?? []) as Iterable<unknown>));
  // Nothing is known of rows that a new object may stand for: even an empty collection says something when it was given.
  if (state.key === undefined) replacement.isChanged = true;
  replaceValue(state, relationship, replacement);
  reconcile(replacement);
}

function reconcile(collection: Collection): void {
  const { parent, relationship } = collection;
  if (parent.slot(relationship)?.value !== collection) return;
  const { joined, left, repeated, from } = collection.takeWrites();
  for (const item of left) {
    forgetNumber(collection, item);
    cutChild(collection, requireState(item));
  }
  for (const item of joined) linkChild(collection, requireState(item));
  // They may have come by their own side, which does not bring them into the session; being put in does.
  for (const item of repeated) cascade(parent, relationship, item);
  numberMembers(collection, from);
}

function linkChild(collection: Collection, child: InstanceState): void {
  const { parent, relationship } = collection;
  if (relationship.direction !== 'one-to-many') return cascade(parent, relationship, child.entity);
  const { inverse } = relationship;
  setLink(child, relationship.link, parent);
  if (inverse !== undefined) {
    const previous = child.slot(inverse)?.value;
    if (previous !== parent.entity) leave(previous, inverse, child);
    replaceValue(child, inverse, parent.entity);
  }
  cascade(parent, relationship, child.entity);
}

function cutChild(collection: Collection, child: InstanceState): void {
  const { parent, relationship } = collection;
  if (relationship.direction !== 'one-to-many') return;
  const { inverse, link } = relationship;
  const linked = child.links?.get(link);
  if (linked !== undefined && linked !== parent) return;
  const current = inverse === undefined ? undefined : child.slot(inverse)?.value;
  if (current !== undefined && current !== parent.entity) return;
  cutLink(child, relationship);
}

/** Leaves a child without a parent, which its side shows; the parent's collection is the caller's affair. */
export function cutLink(child: InstanceState, { inverse, link }: LinkedRelationship): void {
  if (inverse !== undefined) replaceValue(child, inverse, null);
  setLink(child, link, null);
}

/** Takes an object out of the loaded collections of the parents that it is linked to, and keeps its own side. */
export function leaveParents(state: InstanceState): void {
  for (const relationship of state.mapper.relationships) {
    if (relationship.direction === 'many-to-one') leave(state.slot(relationship)?.value, relationship, state);
  }
}

/** Makes both sides agree again for an object that comes back into a session, after a rollback or from outside. */
export function relink(state: InstanceState): void {
  for (const relationship of state.mapper.relationships) {
    const value = state.slot(relationship)?.value;
    if (!(value instanceof Collection)) join(value, relationship, state);
    else for (const item of value.items) if (!isLinked(item, value)) linkChild(value, requireState(item));
  }
}

function isLinked(item: object, { parent, relationship }: Collection): boolean {
  return relationship.direction !== 'one-to-many' || requireState(item).links?.get(relationship.link) === parent;
}

/** Sets what the program sees and keeps what the database has. */
function replaceValue(state: InstanceState, relationship: Relationship, value: object | null): void {
  liftGuard(state);
  const slot = state.slot(relationship);
  if (slot === undefined) state.setSlot(relationship, { value, committed: UNLOADED, seenIn: -1 });
  else slot.value = value;
}

function setLink(child: InstanceState, link: ForeignKeyLink, parent: InstanceState | null): void {
  liftGuard(child);
  child.links ??= new Map();
  child.links.set(link, parent);
}

function join(parent: unknown, relationship: Relationship, child: InstanceState): void {
  const collection = parentCollection(parent, relationship);
  if (collection?.include(child.entity) !== true) return;
  collection.isChanged = true;
  numberMembers(collection, collection.items.length - 1);
}

function leave(parent: unknown, relationship: Relationship, child: InstanceState): void {
  const collection = parentCollection(parent, relationship);
  if (collection?.exclude(child.entity) !== true) return;
  collection.isChanged = true;
  forgetNumber(collection, child.entity);
  numberMembers(collection, 0);
}

/** The collection on the parent's side, if there is one and its contents are known. */
function parentCollection(parent: unknown, relationship: Relationship): Collection | undefined {
  const state = stateOf(parent);
  if (state === undefined || relationship.inverse === undefined) return undefined;
  const value = knownRelated(state, relationship.inverse);
  return value instanceof Collection ? value : undefined;
}

function cascade(from: InstanceState, relationship: Relationship, to: object): void {
  if (from.owner !== undefined && relationship.cascade.has('save-update')) from.owner.cascadeAdd(requireState(to));
}
