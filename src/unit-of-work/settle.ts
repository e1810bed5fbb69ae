import { countAbsent } from '../state/absent.ts';
import { Collection } from '../state/collection.ts';
import type { InstanceState, RelatedSlot } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import type { FlushContext } from './flush-context.ts';

/** After its row was inserted: this is what the database has, and all of it is fresh. */
export function settleInserted(context: FlushContext, state: InstanceState, committed: unknown[]): void {
  state.committed = committed;
  if (state.absentCount > 0) state.absentCount = countAbsent(state.mapper, committed);
  state.seenIn = context.transaction;
}

/** After its row was updated. What an earlier transaction knew to be empty may not be so any more. */
export function settleUpdated(context: FlushContext, state: InstanceState, committed: unknown[]): void {
  if (state.seenIn !== context.transaction) state.isBorn = false;
  state.seenIn = context.transaction;
  state.committed = committed;
  if (state.absentCount > 0) state.absentCount = countAbsent(state.mapper, committed);
}

/** What a relationship held when a flush was planned. */
export interface RelatedMark {
  readonly slot: RelatedSlot;
  readonly held: RelatedSlot['committed'];
  /** All of it is the program's: an object, or the collection of a new object. Rows may belong to others that nobody read. */
  readonly isWhole: boolean;
}

/** Notes what relationships hold that a flush is about to write; what the program changes meanwhile stays a change. */
export function markRelated(states: Iterable<InstanceState>): RelatedMark[] {
  const marks: RelatedMark[] = [];
  for (const state of states) {
    for (const slot of state.related ?? []) {
      if (slot === undefined) continue;
      const { value } = slot;
      if (!(value instanceof Collection)) {
        if (value !== slot.committed || state.key === undefined) marks.push({ slot, held: value, isWhole: true });
      } else if (value.isChanged || state.key === undefined)
        marks.push({ slot, held: value.items.slice(), isWhole: state.key === undefined });
    }
  }
  return marks;
}

/** What was noted is now what the database has. */
export function settleRelated(marks: readonly RelatedMark[], transaction: number): void {
  for (const { slot, held, isWhole } of marks) {
    slot.committed = held;
    if (isWhole) slot.seenIn = transaction;
    const { value } = slot;
    if (!(value instanceof Collection)) continue;
    // The members have their rows, and nobody reads them from here.
    if (value.relationship.lazy === 'writeonly') unload(value.parent, value.relationship);
    else value.isChanged = !holdsExactly(value, held as readonly object[]);
  }
}

function holdsExactly({ members }: Collection, held: readonly object[]): boolean {
  return members.size === held.length && held.every((item) => members.has(item));
}
