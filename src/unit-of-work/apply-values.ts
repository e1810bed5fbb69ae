import { isEdited } from '../loading/hydrate.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import { assignColumn } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';

/** What a row now holds in one column. */
export interface NewValue {
  readonly column: ColumnProperty;
  readonly value: unknown;
}

/** The row of a held object was changed by a statement: the object follows, but keeps what the program changed and did not flush. */
export function applyValues(context: FlushContext, state: InstanceState, values: readonly NewValue[]): void {
  context.remember(state);
  const before = state.committed ?? [];
  const committed = before.slice();
  for (const { column, value } of values) {
    if (before[column.index] === ABSENT) state.absentCount--;
    if (!isEdited(state, column, before[column.index])) assignColumn(state, column, column.copy(value));
    committed[column.index] = column.copy(value);
  }
  state.committed = committed;
  for (const relationship of state.mapper.relationships) {
    if (relationship.direction !== 'many-to-one') continue;
    const { link } = relationship;
    const moved = link.childColumns.some(({ index, equals }) => !equals(before[index], committed[index]));
    if (moved && !state.links?.has(link)) unload(state, relationship);
  }
}

/** The row of a held object was deleted by a statement: the object is deleted with it, as after a flush. */
export function applyDeletion(context: FlushContext, state: InstanceState): void {
  context.remember(state);
  context.identity.delete(state);
  state.links = undefined;
  state.moveTo('deleted');
  context.forget(state);
}
