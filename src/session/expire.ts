import { ObjectStateError } from '../errors/session-errors.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { expireAll, expireAttributes } from '../state/expiry.ts';
import { attributesOf } from '../state/inspect.ts';
import { reconcileTouched } from '../state/related.ts';
import { relatedStates } from '../unit-of-work/cascades.ts';
import type { SessionCore } from './session-core.ts';

/**
 * Forgets columns and relationships, all of them when none are named, which also follows the `refresh-expire` cascade. Runs
 * no SQL.
 */
export function expire(core: SessionCore, start: InstanceState, names: readonly string[]): void {
  requirePersistent(core, start, 'expire');
  const attributes = names.flatMap((name) => attributesOf(start, name));
  if (names.length > 0) return expireAttributes(start, attributes);
  const reached = refreshReach(core, start);
  dropOrphans(core, reached);
  for (const state of reached) if (isPersistentIn(core, state)) expireAll(state);
}

/** Forgets everything of every persistent object. */
export function expireEverything(core: SessionCore): void {
  for (const state of Array.from(core.identity)) expireAll(state);
}

/** @throws {ObjectStateError} SESSION_NOT_PERSISTENT */
export function requirePersistent(core: SessionCore, state: InstanceState, verb: string): void {
  if (!isPersistentIn(core, state)) throw ObjectStateError.notPersistent(String(state), verb);
}

/**
 * What the `refresh-expire` cascade reaches from an object, itself first. Pending objects only come along where they cannot
 * be without their parent.
 */
export function refreshReach(core: SessionCore, start: InstanceState): InstanceState[] {
  reconcileTouched();
  const reached = new Set([start]);
  for (const state of reached) {
    for (const relationship of state.mapper.relationships) {
      if (!relationship.cascade.has('refresh-expire')) continue;
      const isOwner = relationship.cascade.has('delete-orphan');
      for (const related of relatedStates(state, relationship))
        if (related.owner === core && (isOwner || related.lifecycle !== 'pending')) reached.add(related);
    }
  }
  return [...reached];
}

/** Pending objects that lose the collection that they were put into leave the session. */
export function dropOrphans(core: SessionCore, reached: readonly InstanceState[]): void {
  for (const state of reached) if (state.lifecycle === 'pending') core.objects.drop(state);
}

function isPersistentIn(core: SessionCore, state: InstanceState): boolean {
  return state.owner === core && state.lifecycle === 'persistent';
}
