import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';

/**
 * Values of one or more columns as a `Map` key: the value itself for one plain column, a text otherwise.
 * Undefined when any of them is missing.
 */
export function keyOfValues(values: readonly unknown[]): unknown {
  if (values.length === 1) return plainKey(values[0]);
  const parts: unknown[] = [];
  for (const value of values) {
    const part = plainKey(value);
    if (part === undefined) return undefined;
    parts.push(typeof part === 'bigint' ? `${part}n` : part);
  }
  return JSON.stringify(parts);
}

/** The identity key of a full row of the mapper. */
export function keyOfRow(mapper: Mapper, row: readonly unknown[]): unknown {
  const first = mapper.primaryKey[0];
  if (first !== undefined && mapper.primaryKey.length === 1) return plainKey(row[first.index]);
  return keyOfValues(valuesAt(mapper.primaryKey, row));
}

/** The values of `columns` in a full row. */
export function valuesAt(columns: readonly ColumnProperty[], row: readonly unknown[]): unknown[] {
  return columns.map((column) => row[column.index]);
}

function plainKey(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return `date:${value.getTime()}`;
  return `json:${JSON.stringify(value instanceof Uint8Array ? [...value] : value)}`;
}
