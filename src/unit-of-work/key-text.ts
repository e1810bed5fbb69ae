import type { Codec } from '../dialects/dialect.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import type { ColumnType } from '../sql/column-type.ts';

/** Encoded values of key columns as one text. A driver's value must go through its codec both ways before. */
export function keyText(encoded: readonly unknown[]): string {
  return encoded.length === 1 ? partText(encoded[0]) : JSON.stringify(encoded.map(partText));
}

/** The key of a decoded full row; undefined when a part of it is missing. */
export function keyTextOf(
  codecs: readonly Codec[],
  columns: readonly ColumnProperty[],
  row: readonly unknown[],
): string | undefined {
  const parts: unknown[] = [];
  for (const { index } of columns) {
    const value = row[index];
    if (value === null || value === undefined || typeof value === 'symbol') return undefined;
    parts.push(codecs[index]?.encode(value));
  }
  return keyText(parts);
}

/** Whether what the database gives back for a value of this type is encoded just as the value was. */
export function isExact(type: ColumnType): boolean {
  if (type.name === 'custom') return type.element !== undefined && isExact(type.element);
  return !INEXACT.has(type.name);
}

const INEXACT = new Set(['numeric', 'real', 'double', 'json', 'array']);

function partText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
