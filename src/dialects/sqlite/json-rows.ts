import { sql } from 'kysely';

import type { ColumnType, ColumnTypeName } from '../../sql/column-type.ts';
import * as expected from '../expected.ts';
import type { JsonElement, JsonRows } from '../json-rows.ts';
import { customElement, plain } from '../json-rows.ts';
import { codec } from './types.ts';

/** Rows as `json_group_array` of `json_array`, whose functions take a hundred and more arguments. */
export const jsonRows: JsonRows = Object.freeze<JsonRows>({
  element,
  maxElements: 100,
  row: (elements) => sql`json_array(${sql.join(elements)})`,
  rows: (row, order) => sql`json_group_array(${row} order by ${order})`,
});

/** JSON of SQLite cuts to fifteen digits. */
const double: JsonElement = {
  write: (column) => sql`iif(typeof(${column}) = 'real', printf('%!.17g', ${column}), ${column})`,
  read: readNumber,
};

const SPECIAL: Partial<Record<ColumnTypeName, JsonElement>> = {
  real: double,
  double,
  bigint: { write: (column) => sql`cast(${column} as text)`, read: (digits) => BigInt(String(digits)) },
  bytes: { write: (column) => sql`iif(${column} is null, null, hex(${column}))`, read: readHex },
};

function element(type: ColumnType): JsonElement {
  if (type.name === 'custom') return customElement(type, element(expected.elementOf(type)));
  return SPECIAL[type.name] ?? plain(codec(type).decode);
}

function readNumber(text: unknown): number {
  return text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

/** The bytes have a buffer of their own: Node's small Buffers share theirs. */
function readHex(digits: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(digits), 'hex'));
}
