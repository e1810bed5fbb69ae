import { DetachedInstanceError, NotLoadedError } from '../errors/state-errors.ts';
import type { ManyToMany, ManyToOne, OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection, nameOf, refuseViewonly, requireTarget } from './collection.ts';
import { requireState } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { UNLOADED } from './instance-state.ts';
import { Lazy } from './lazy.ts';
import {
  cascade,
  join,
  knownRelated,
  leave,
  linkMember,
  reconcile,
  reconcileTouched,
  replaceChild,
  replaceValue,
  setLink,
} from './related.ts';
import { noteHolder } from './single-parent.ts';
import { WriteOnly } from './write-only.ts';

/**
 * What the program gets when it reads a relationship: the object, the array, null, or a `Lazy` to be awaited; a `WriteOnly` where it
 * is never loaded.
 */
export function readRelated(state: InstanceState, relationship: Relationship): unknown {
  const unread = writeOnlyOf(relationship);
  if (unread !== undefined) return new WriteOnly(state, unread);
  reconcileTouched();
  const value = knownRelated(state, relationship);
  if (value === UNLOADED) return lazyRelated(state, relationship);
  state.ask(relationship);
  return value instanceof Collection ? value.face : value;
}

/**
 * What the program does when it assigns a relationship. Links both sides and cascades; runs no SQL.
 *
 * @throws {ReadOnlyRelationshipError} STATE_VIEWONLY
 */
export function writeRelated(state: InstanceState, relationship: Relationship, value: unknown): void {
  refuseViewonly(relationship);
  const unread = writeOnlyOf(relationship);
  if (unread !== undefined) return fillWriteOnly(state, unread, value);
  reconcileTouched();
  state.ask(relationship);
  if (relationship.direction === 'many-to-one') writeToOne(state, relationship, value);
  else if (relationship.isCollection) writeCollection(state, relationship, value);
  else writeOnlyChild(state, relationship, value);
}

/** What is no collection fails where it is gone through. */
function iterableOf(value: unknown): Iterable<unknown> {
  return (value ?? []) as Iterable<unknown>;
}

/** The relationship, if it is never loaded. */
function writeOnlyOf(relationship: Relationship): OneToMany | ManyToMany | undefined {
  return relationship.lazy === 'writeonly' && relationship.direction !== 'many-to-one' ? relationship : undefined;
}

/** What a constructor is given; later on, nobody knows what would have to go. */
function fillWriteOnly(state: InstanceState, relationship: OneToMany | ManyToMany, value: unknown): void {
  const isNew = state.owner === undefined && state.key === undefined && state.slot(relationship) === undefined;
  if (!isNew) throw NotLoadedError.replaceUnread(nameOf(relationship), relationship.property);
  new WriteOnly(state, relationship).add(...iterableOf(value));
}

function lazyRelated(state: InstanceState, relationship: Relationship): Lazy {
  if (state.owner === undefined) throw DetachedInstanceError.lazyLoad(String(state), relationship.property);
  return new Lazy(state, relationship, state.owner.reads.siteOf(readRelated));
}

function writeToOne(state: InstanceState, relationship: ManyToOne, value: unknown): void {
  const parent = value === null || value === undefined ? null : requireTarget(state, relationship, value);
  const previous = knownRelated(state, relationship);
  if (previous === parent) return;
  replaceValue(state, relationship, parent);
  setLink(state, relationship.link, parent === null ? null : requireState(parent));
  leave(previous, relationship, state);
  join(parent, relationship, state);
  if (parent === null) return;
  noteHolder(relationship, state, requireState(parent));
  cascade(state, relationship, parent);
}

function writeCollection(state: InstanceState, relationship: OneToMany | ManyToMany, value: unknown): void {
  const current = knownRelated(state, relationship);
  if (!(current instanceof Collection)) throw NotLoadedError.replace(nameOf(relationship), relationship.property);
  if (value === current.face) return;
  if (state.slot(relationship)?.part !== undefined)
    throw NotLoadedError.replacePart(nameOf(relationship), relationship.property);
  const replacement = current.replacedBy(current.membersOf(iterableOf(value)));
  // Nothing is known of rows that a new object may stand for: even an empty collection says something when it was given.
  if (state.key === undefined) replacement.isChanged = true;
  replaceValue(state, relationship, replacement);
  reconcile(replacement);
}

/** The side of a one-to-one without the foreign key. */
function writeOnlyChild(state: InstanceState, relationship: OneToMany, value: unknown): void {
  const child = value === null || value === undefined ? null : requireTarget(state, relationship, value);
  if (knownRelated(state, relationship) === child) return;
  replaceChild(state, relationship, child);
  if (child !== null) linkMember(state, relationship, requireState(child));
}
