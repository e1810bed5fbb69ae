import { removeColumn } from './embedded-value.ts';
import { ObjectStateError } from '../errors/session-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import { countAbsent } from './absent.ts';
import { Collection } from './collection.ts';
import { requireState } from './entity.ts';
import { isGiven } from './given.ts';
import { keyOfRow } from './identity-key.ts';
import type { InstanceState, RelatedSlot } from './instance-state.ts';
import { ABSENT, UNLOADED } from './instance-state.ts';
import { forgetPairs } from './pairs.ts';
import { reconcileTouched } from './related.ts';
import { assignColumn, valueOf } from './row-comparer.ts';

/**
 * Makes an object new: it leaves its session and forgets its row, and keeps the values that it has. Once added, it is
 * inserted; clear a key that the database should number.
 *
 * @throws {UnmappedInstanceError} MAPPING_UNMAPPED_INSTANCE
 * @example
 * makeTransient(job);
 * Object.assign(job, { id: undefined, title: 'Copy' });
 * session.add(job);
 */
export function makeTransient(object: object): void {
  const state = requireState(object);
  reconcileTouched();
  state.owner?.release(state);
  state.moveTo('transient');
  state.owner = undefined;
  state.key = undefined;
  state.committed = undefined;
  state.absentCount = 0;
  state.siblings = undefined;
  state.filled = undefined;
  state.replacing = undefined;
  forgetPairs(state);
  state.seenIn = -1;
  state.isBorn = true;
  for (const column of state.mapper.columns)
    if (!column.isDeferred && !Object.hasOwn(object, column.property)) assignColumn(state, column, undefined);
  for (const slot of state.related ?? []) if (slot !== undefined) forgetCommitted(slot);
}

/**
 * Makes a new object stand for a row that is known to be there, without reading it: attributes that it has are taken to be
 * as in the row, the others are expired. Added to a session it can be updated, deleted or refreshed.
 *
 * @throws {ObjectStateError} STATE_NOT_TRANSIENT - the object has a row or a session.
 * @throws {ObjectStateError} SESSION_NULL_KEY - its primary key is incomplete.
 * @example
 * const job = new ReportingJob({ id: 7, title: 'Q3' });
 * makeTransientToDetached(job);
 * session.add(job); // persistent; no SQL
 */
export function makeTransientToDetached(object: object): void {
  const state = requireState(object);
  if (state.lifecycle !== 'transient') throw ObjectStateError.notTransient(String(state));
  reconcileTouched();
  requireKey(state);
  const committed = state.mapper.columns.map((column) => committedValue(state, column));
  state.key = keyOfRow(state.mapper, committed);
  state.committed = committed;
  state.absentCount = countAbsent(state.mapper, committed);
  state.filled = undefined;
  state.links = undefined;
  state.replacing = undefined;
  forgetPairs(state);
  state.isBorn = false;
  state.related?.forEach((slot, at) => {
    if (slot !== undefined && !commit(slot) && state.related !== undefined) state.related[at] = undefined;
  });
  state.moveTo('detached');
}

function requireKey(state: InstanceState): void {
  const missing = state.mapper.primaryKey.filter((column) => valueOf(state, column) === null);
  if (missing.length > 0) {
    throw ObjectStateError.noKey(
      String(state),
      missing.map((column) => column.property),
    );
  }
}

/** What nobody gave is not known to be in the row. */
function committedValue(state: InstanceState, column: ColumnProperty): unknown {
  if (column.isPrimaryKey || isGiven(state, column)) return column.copy(valueOf(state, column));
  removeColumn(state.entity, column);
  return ABSENT;
}

function forgetCommitted(slot: RelatedSlot): void {
  slot.committed = slot.value instanceof Collection ? [] : UNLOADED;
  slot.seenIn = -1;
}

/** Returns false for a collection that nobody filled: it says nothing about the rows that are there. */
function commit(slot: RelatedSlot): boolean {
  const { value } = slot;
  slot.committed = value instanceof Collection ? value.items.slice() : value;
  return !(value instanceof Collection) || value.items.length > 0;
}
