import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { constructBare } from '../state/entity-class.ts';
import { requireState } from '../state/entity.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import { valueOf } from '../state/row-comparer.ts';
import { revertToCommitted } from '../state/memento.ts';
import { hasChangedColumns } from '../state/row-comparer.ts';
import type { LoadContext } from './load-context.ts';
import { rowCodecOf } from './row-codec.ts';

/**
 * Turns full rows of one mapper into states, in row order; each row is kept as its object's committed row.
 *
 * @param overwrite - also throw away edits of objects that the session already holds.
 */
export function hydrateRows(
  context: LoadContext,
  mapper: Mapper,
  rows: unknown[][],
  overwrite = false,
): InstanceState[] {
  const { decode, assign } = rowCodecOf(context.dialect, mapper);
  const known = context.identity.of(mapper);
  const states: InstanceState[] = new Array<InstanceState>(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as unknown[];
    decode(row);
    const key = keyOfRow(mapper, row);
    let state = known.get(key);
    if (state === undefined) {
      state = bear(context, mapper, key, row);
      assign(state.entity, row);
      known.set(key, state);
    } else meet(context, state, row, overwrite);
    states[at] = state;
  }
  return groupSiblings(states);
}

/** Brings an object up to date with its row, as any later read does. */
export function meet(context: LoadContext, state: InstanceState, row: unknown[], overwrite: boolean): void {
  if (overwrite) {
    state.committed = row;
    state.absentCount = 0;
    revertToCommitted(state);
    for (const relationship of state.mapper.relationships) unload(state, relationship);
  } else if (state.seenIn !== context.transaction) refresh(state, row);
  else if (state.absentCount > 0) fillAbsent(state, row);
  state.seenIn = context.transaction;
}

function bear(context: LoadContext, mapper: Mapper, key: unknown, row: unknown[]): InstanceState {
  const state = requireState(constructBare(mapper.model));
  state.key = key;
  state.committed = row;
  state.owner = context.owner;
  state.seenIn = context.transaction;
  state.moveTo('persistent');
  return state;
}

/** The row was read in an earlier transaction: attributes without edits take the new values. */
function refresh(state: InstanceState, row: unknown[]): void {
  const before = state.committed ?? [];
  keepEditedVersion(state, row);
  state.committed = row;
  state.absentCount = 0;
  state.isBorn = false;
  for (const column of state.mapper.columns) {
    if (!isEdited(state, column, before[column.index])) assignOne(state, column, row[column.index]);
  }
  for (const relationship of state.mapper.relationships) {
    const moved = relationship.link.childColumns.some(
      (column) => !column.equals(before[column.index], row[column.index]),
    );
    if (relationship.direction === 'many-to-one' && moved && !state.links?.has(relationship.link))
      unload(state, relationship);
  }
}

/** Edits were made of an older version, and that is the one their UPDATE must meet: or somebody's change would be lost. */
function keepEditedVersion(state: InstanceState, row: unknown[]): void {
  const { version } = state.mapper;
  const before = version === undefined ? ABSENT : state.committed?.[version.index];
  if (version !== undefined && before !== ABSENT && (state.links !== undefined || hasChangedColumns(state)))
    row[version.index] = before;
}

function fillAbsent(state: InstanceState, row: readonly unknown[]): void {
  const committed = (state.committed ?? []).slice();
  for (const column of state.mapper.columns) {
    if (committed[column.index] !== ABSENT) continue;
    committed[column.index] = row[column.index];
    if (!Object.hasOwn(state.entity, column.property)) assignOne(state, column, row[column.index]);
  }
  state.committed = committed;
  state.absentCount = 0;
}

/** Whether the program changed a column since its row was read or written. */
export function isEdited(state: InstanceState, column: ColumnProperty, committed: unknown): boolean {
  if (!Object.hasOwn(state.entity, column.property)) return false;
  return committed === ABSENT || !column.equals(valueOf(state, column), committed);
}

function assignOne(state: InstanceState, column: ColumnProperty, value: unknown): void {
  (state.entity as Record<string, unknown>)[column.property] = column.copy(value);
}

/** Objects of one result know each other, so that one lazy load can serve them all. */
export function groupSiblings(states: InstanceState[]): InstanceState[] {
  if (states.length > 1) for (const state of states) state.siblings = states;
  return states;
}
