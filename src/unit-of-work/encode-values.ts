import type { Dialect } from '../dialects/dialect.ts';
import { BadValueError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import type { InstanceState } from '../state/instance-state.ts';

/**
 * A value as the driver takes it; null and SQL stay as they are.
 *
 * @throws {BadValueError} SESSION_BAD_VALUE - the column's type cannot hold it.
 */
export function encodeValue(dialect: Dialect, state: InstanceState, column: ColumnProperty, value: unknown): unknown {
  if (value === null || value === undefined || value instanceof SqlExpression) return value ?? null;
  try {
    return codecsOf(dialect, state.mapper)[column.index]?.encode(value);
  } catch (error) {
    throw refused(state, column, error);
  }
}

/** The values that a write gave back, as the program knows them. */
export function decodeAnswer(
  dialect: Dialect,
  columns: readonly ColumnProperty[],
  row: readonly unknown[],
  mapper: InstanceState['mapper'],
): unknown[] {
  const codecs = codecsOf(dialect, mapper);
  return row.map((value, at) => (value === null ? null : codecs[columns[at]?.index ?? -1]?.decode(value)));
}

/** A program's own codec may say anything, values included; ours say what they expected. */
function refused(state: InstanceState, column: ColumnProperty, error: unknown): BadValueError {
  const isOurs = error instanceof TypeError && column.type.name !== 'custom';
  const expectation = isOurs ? error.message : "the column's custom type refused it";
  return BadValueError.of(`${state.mapper.name}.${column.property}`, String(state), { expectation, cause: error });
}
