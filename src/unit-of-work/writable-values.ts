import { BadValueError } from '../errors/flush-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';

/** @throws {BadValueError} SESSION_BAD_VALUE - the program assigned a column that only the database writes. */
export function refuseReadOnly(state: InstanceState, columns: readonly ColumnProperty[]): void {
  const readOnly = columns.find((column) => !column.isWritable);
  if (readOnly !== undefined) throw BadValueError.readOnly(`${state.mapper.name}.${readOnly.property}`, String(state));
}

/** Writes keys as the database will give them back, so that one row has one key. */
export function normaliseKey(state: InstanceState): void {
  for (const column of state.mapper.primaryKey) {
    if (column.type.name !== 'uuid') continue;
    const value = valueOf(state, column);
    if (typeof value === 'string' && value !== value.toLowerCase()) assignColumn(state, column, value.toLowerCase());
  }
}
