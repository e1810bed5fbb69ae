import type { Relationship } from '../mapping/mapper.ts';
import { nameOf } from '../state/collection.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { forgetPair } from '../state/pairs.ts';
import type { FlushContext } from './flush-context.ts';
import { isOver } from './resolve-links.ts';

/** Links to objects that nobody added cannot be written: they are dropped, with a warning. */
export function skipStrangers(context: FlushContext, state: InstanceState): void {
  for (const [link, parent] of state.links ?? []) {
    if (parent === null || parent.owner === context.owner) continue;
    state.links?.delete(link);
    const relationships = [...state.mapper.relationships, ...parent.mapper.relationships];
    warnOfStranger(
      state,
      parent,
      relationships.find((each) => isOver(each, link)),
    );
  }
  if (state.links?.size === 0) state.links = undefined;
  for (const [relationship, changes] of state.pairs ?? []) {
    for (const [other, change] of changes) {
      // A row that goes needs no object at its other end, only its key.
      if (other.owner === context.owner || (change === 'unlink' && other.committed !== undefined)) continue;
      forgetPair(state, relationship, other);
      if (change === 'link') warnOfStranger(state, other, relationship);
    }
  }
}

function warnOfStranger(state: InstanceState, other: InstanceState, relationship: Relationship | undefined): void {
  const path = relationship === undefined ? 'its foreign key' : nameOf(relationship);
  const message = `${String(other)} is not in the session, so ${String(state)} is not linked to it by ${path}. Add it to the session first.`;
  process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_NOT_IN_SESSION' });
}
