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

/** What the program gets when it reads a relationship: the object, the array, null, or a `Lazy` to be awaited. */
export function readRelated(state: InstanceState, relationship: Relationship): unknown {
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
  reconcileTouched();
  state.ask(relationship);
  if (relationship.direction === 'many-to-one') writeToOne(state, relationship, value);
  else if (relationship.isCollection) writeCollection(state, relationship, value);
  else writeOnlyChild(state, relationship, value);
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
  if (parent !== null) cascade(state, relationship, parent);
}

function writeCollection(state: InstanceState, relationship: OneToMany | ManyToMany, value: unknown): void {
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

/** The side of a one-to-one without the foreign key. */
function writeOnlyChild(state: InstanceState, relationship: OneToMany, value: unknown): void {
  const child = value === null || value === undefined ? null : requireTarget(state, relationship, value);
  if (knownRelated(state, relationship) === child) return;
  replaceChild(state, relationship, child);
  if (child !== null) linkMember(state, relationship, requireState(child));
}
