import type { ColumnProperty } from '../mapping/mapper.ts';
import { keyOfValues, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';

export interface KeyGroup {
  readonly values: readonly unknown[];
  readonly states: InstanceState[];
}

/** Objects by the values of `columns`; those with a null among them are left out. */
export function groupByKey(
  states: readonly InstanceState[],
  columns: readonly ColumnProperty[],
): Map<unknown, KeyGroup> {
  const groups = new Map<unknown, KeyGroup>();
  for (const state of states) {
    const values = valuesOf(state, columns);
    const key = keyOfValues(values);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { values, states: [state] });
    else group.states.push(state);
  }
  return groups;
}

/** Whether the program has left a key as the database knows it. */
export function isKeyKept(state: InstanceState, columns: readonly ColumnProperty[]): boolean {
  return keyOfValues(valuesOf(state, columns)) === committedKeyOf(state, columns);
}

/** The key that the database knows, whatever the program has done to the object since. */
export function committedKeyOf(state: InstanceState, columns: readonly ColumnProperty[]): unknown {
  return keyOfValues(columns.map((column) => state.committed?.[column.index]));
}

/** Objects by the key that the database knows; those without one are left out. */
export function byCommittedKey(
  states: readonly InstanceState[],
  columns: readonly ColumnProperty[],
): Map<unknown, InstanceState> {
  const byKey = new Map(states.map((state) => [committedKeyOf(state, columns), state]));
  byKey.delete(undefined);
  return byKey;
}

export function committedKeys(states: Iterable<InstanceState>, columns: readonly ColumnProperty[]): unknown[][] {
  return Array.from(states, (state) => valuesAt(columns, state.committed ?? []));
}

/** The object's present values, or the committed ones of columns that it does not show. */
function valuesOf(state: InstanceState, columns: readonly ColumnProperty[]): unknown[] {
  return columns.map((column) => {
    if (Object.hasOwn(state.entity, column.property)) return valueOf(state, column);
    const committed = state.committed?.[column.index];
    return committed === ABSENT ? null : committed;
  });
}
