import { Collection } from '../state/collection.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { FlushContext } from './flush-context.ts';

/** After its row was written: what the object shows is now what the database has. */
export function settleWritten(context: FlushContext, state: InstanceState, committed: unknown[]): void {
  state.committed = committed;
  state.seenIn = context.transaction;
  state.links = undefined;
  settleRelated(context, state);
}

/** What the object's relationships hold is now what the database has. */
export function settleRelated(context: FlushContext, state: InstanceState): void {
  for (const slot of state.related ?? []) {
    if (slot === undefined) continue;
    slot.committed = slot.value instanceof Collection ? slot.value.items.slice() : slot.value;
    slot.seenIn = context.transaction;
  }
}
