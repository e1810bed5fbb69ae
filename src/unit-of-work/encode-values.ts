import type { Dialect } from '../dialects/dialect.ts';
import { BadValueError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import type { InstanceState } from '../state/instance-state.ts';

/** Gives a value of an object's column as the driver takes it; null and SQL stay as they are. */
export type EncodeValue = (state: InstanceState, column: ColumnProperty, value: unknown) => unknown;

/**
 * How values of a mapper's columns are sent.
 *
 * @throws {BadValueError} SESSION_BAD_VALUE - the returned function, where a column's type cannot hold the value.
 */
export function valueEncoder(dialect: Dialect, mapper: Mapper): EncodeValue {
  const codecs = codecsOf(dialect, mapper);
  return (state, column, value) => {
    if (value === null || value === undefined || value instanceof SqlExpression) return value ?? null;
    try {
      return codecs[column.index]?.encode(value);
    } catch (error) {
      throw refused(state, column, error);
    }
  };
}

/** Answers of a write, with the values of `columns` as the program knows them. */
export function decodeAnswers(
  dialect: Dialect,
  mapper: Mapper,
  { columns, rows }: { columns: readonly ColumnProperty[]; rows: readonly (readonly unknown[])[] },
): unknown[][] {
  const codecs = codecsOf(dialect, mapper);
  const byPosition = columns.map(({ index }) => codecs[index]);
  return rows.map((row) => row.map((value, at) => (value === null ? null : byPosition[at]?.decode(value))));
}

/** A program's own codec may say anything, values included; ours say what they expected. */
function refused(state: InstanceState, column: ColumnProperty, error: unknown): BadValueError {
  const isOurs = error instanceof TypeError && column.type.name !== 'custom';
  const expectation = isOurs ? error.message : "the column's custom type refused it";
  return BadValueError.of(`${state.mapper.name}.${column.property}`, String(state), { expectation, cause: error });
}
