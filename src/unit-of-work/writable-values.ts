import { DiscriminatorError } from '../errors/family-errors.ts';
import { BadValueError } from '../errors/flush-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';

/** @throws {BadValueError} SESSION_BAD_VALUE - the program assigned a column that only the database writes. */
export function refuseReadOnly(state: InstanceState, columns: readonly ColumnProperty[]): void {
  const readOnly = columns.find((column) => !column.isWritable);
  if (readOnly !== undefined) throw BadValueError.readOnly(`${state.mapper.name}.${readOnly.property}`, String(state));
}

/** @throws {DiscriminatorError} STATE_DISCRIMINATOR - the program assigned another class to an object. */
export function keepIdentity(state: InstanceState): void {
  const { inheritance, name } = state.mapper;
  if (inheritance === undefined) return;
  const { discriminator } = inheritance.family;
  if (!Object.hasOwn(state.entity, discriminator.property)) return;
  const value = valueOf(state, discriminator);
  if (value === null) assignColumn(state, discriminator, inheritance.identity);
  else if (value !== inheritance.identity) throw DiscriminatorError.of(`${name}.${discriminator.property}`);
}

/** Writes keys as the database will give them back, so that one row has one key. */
export function normaliseKey(state: InstanceState): void {
  for (const column of state.mapper.primaryKey) {
    if (column.type.name !== 'uuid') continue;
    const value = valueOf(state, column);
    if (typeof value === 'string' && value !== value.toLowerCase()) assignColumn(state, column, value.toLowerCase());
  }
}
