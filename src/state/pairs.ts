import type { ManyToMany } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import { liftGuard } from './column-guard.ts';
import type { InstanceState, PairChange } from './instance-state.ts';

/**
 * Notes that two objects are to be linked, or not any more; both sides know. What was noted the other way round is taken
 * back: the row stays as it is.
 */
export function notePair(
  state: InstanceState,
  relationship: ManyToMany,
  other: InstanceState,
  change: PairChange,
): void {
  note(state, relationship, other, change);
  if (relationship.inverse !== undefined) note(other, relationship.inverse, state, change);
}

/** Forgets what was noted of two objects, on both sides. */
export function forgetPair(state: InstanceState, relationship: ManyToMany, other: InstanceState): void {
  forget(state, relationship, other);
  if (relationship.inverse !== undefined) forget(other, relationship.inverse, state);
}

/** Forgets everything that was noted of an object, on the others' side too. */
export function forgetPairs(state: InstanceState): void {
  for (const [relationship, changes] of state.pairs ?? [])
    for (const other of changes.keys())
      if (relationship.inverse !== undefined) forget(other, relationship.inverse, state);
  state.pairs = undefined;
}

/** Brings a collection that was just loaded up to what the program did before; what the rows say already is no change. */
export function applyPairs(state: InstanceState, relationship: ManyToMany): void {
  const collection = state.slot(relationship)?.value;
  if (!(collection instanceof Collection)) return;
  for (const [other, change] of state.pairs?.get(relationship) ?? []) {
    const isNews = change === 'link' ? collection.include(other.entity) : collection.exclude(other.entity);
    if (isNews) collection.isChanged = true;
    else forgetPair(state, relationship, other);
  }
}

function note(state: InstanceState, relationship: ManyToMany, other: InstanceState, change: PairChange): void {
  liftGuard(state);
  const pairs = (state.pairs ??= new Map());
  const changes = pairs.get(relationship);
  const before = changes?.get(other);
  if (changes === undefined) pairs.set(relationship, new Map([[other, change]]));
  else if (before === undefined) changes.set(other, change);
  else if (before !== change) forget(state, relationship, other);
}

function forget(state: InstanceState, relationship: ManyToMany, other: InstanceState): void {
  const changes = state.pairs?.get(relationship);
  changes?.delete(other);
  if (changes?.size === 0) state.pairs?.delete(relationship);
  if (state.pairs?.size === 0) state.pairs = undefined;
}
