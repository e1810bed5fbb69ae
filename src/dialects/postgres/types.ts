import type { ColumnType, ColumnTypeName, CustomCodec } from '../../sql/column-type.ts';
import type { Codec } from '../dialect.ts';
import * as expected from '../expected.ts';
import { readArray, writeArray } from './array-literal.ts';
import { readBoolean, readBytes, readTimestamp, writeBytes, writeTimestamp } from './text-forms.ts';

/** Raw values are the server's texts. */
type Read = (text: string) => unknown;

const same: Read = (text) => text;

function fromText(encode: (value: unknown) => unknown, read: Read): Codec {
  return { encode, decode: (value) => read(value as string) };
}

const CODECS: Record<ColumnTypeName, (type: ColumnType) => Codec> = {
  integer: () => fromText(expected.integer, Number),
  bigint: () => fromText((value) => String(expected.bigint(value)), BigInt),
  text: () => fromText(expected.text, same),
  varchar: ({ length }) => fromText(expected.varchar(length), same),
  boolean: () => fromText(expected.boolean, readBoolean),
  real: () => fromText(expected.number, Number),
  double: () => fromText(expected.number, Number),
  numeric: () => fromText(expected.numeric, same),
  timestamp: () => fromText((value) => writeTimestamp(expected.date(value)), readTimestamp),
  date: () => fromText(expected.calendarDay, same),
  uuid: () => fromText(expected.uuid, same),
  json: () => fromText(expected.jsonText, JSON.parse),
  bytes: () => fromText(expected.bytes, readBytes),
  enum: ({ values = [] }) => fromText(expected.oneOf(values), same),
  xid: () => fromText(expected.integer, Number),
  array: (type) => arrayOf(codec(expected.elementOf(type))),
  custom: (type) => custom(codec(expected.elementOf(type)), type.codec),
};

export function codec(type: ColumnType): Codec {
  return Object.freeze(CODECS[type.name](type));
}

function arrayOf(element: Codec): Codec {
  return {
    encode: (value) => writeArray(expected.array(value), (one) => String(parameterText(element.encode(one)))),
    decode: (value) => readArray(value as string, (text) => element.decode(text)),
  };
}

function custom(element: Codec, outer: CustomCodec | undefined): Codec {
  if (outer === undefined) return element;
  return {
    encode: (value) => element.encode(outer.encode(value)),
    decode: (value) => outer.decode(element.decode(value)),
  };
}

function parameterText(value: unknown): unknown {
  return value instanceof Uint8Array ? writeBytes(value) : value;
}

/** An array parameter that carries one column of many encoded values. */
export function columnArray(values: readonly unknown[]): string {
  return writeArray(values, (value) => String(parameterText(value)));
}

/** How a column of this type is declared. */
export function declaredType(type: ColumnType): string {
  switch (type.name) {
    case 'varchar':
      return type.length === undefined ? 'varchar' : `varchar(${type.length})`;
    case 'numeric':
      return `numeric${digits(type)}`;
    case 'array':
      return `${declaredType(expected.elementOf(type))}[]`;
    case 'custom':
      return declaredType(expected.elementOf(type));
    default:
      return PLAIN_NAMES[type.name];
  }
}

function digits({ precision, scale }: ColumnType): string {
  if (precision === undefined) return '';
  return scale === undefined ? `(${precision})` : `(${precision}, ${scale})`;
}

const PLAIN_NAMES: Record<Exclude<ColumnTypeName, 'array' | 'custom'>, string> = {
  integer: 'integer',
  bigint: 'bigint',
  text: 'text',
  varchar: 'text',
  boolean: 'boolean',
  real: 'real',
  double: 'double precision',
  numeric: 'numeric',
  timestamp: 'timestamptz',
  date: 'date',
  uuid: 'uuid',
  json: 'jsonb',
  bytes: 'bytea',
  enum: 'text',
  xid: 'xid',
};

/** How one column travels in bulk: the element type of its array parameter, and a cast for what comes out of it. */
export interface BulkType {
  readonly element: string;
  readonly cast: string | undefined;
}

/**
 * Lengths and digits are left out: a cast to `varchar(3)` would cut without a word where assignment refuses.
 * JSON and arrays travel as text, since arrays do not nest with unequal lengths and JSON needs no second escaping.
 */
export function bulkType(type: ColumnType): BulkType {
  switch (type.name) {
    case 'custom':
      return bulkType(expected.elementOf(type));
    case 'json':
    case 'array':
      return { element: 'text', cast: declaredType(type) };
    default:
      return { element: PLAIN_NAMES[type.name], cast: undefined };
  }
}

/** Type OID → parser of `typed` results; other types stay text. */
const PARSERS = new Map<number, Read>();

function register(oid: number, arrayOid: number, read: Read): void {
  PARSERS.set(oid, read);
  PARSERS.set(arrayOid, (text) => readArray(text, read));
}

register(16, 1000, readBoolean);
register(17, 1001, readBytes);
register(20, 1016, BigInt);
register(21, 1005, Number);
register(23, 1007, Number);
register(26, 1028, Number);
register(114, 199, JSON.parse);
register(700, 1021, Number);
register(701, 1022, Number);
register(1114, 1115, readTimestamp);
register(1184, 1185, readTimestamp);
register(3802, 3807, JSON.parse);
for (const textArray of [1002, 1003, 1009, 1014, 1015, 1182, 1183, 1231, 1270, 2951])
  PARSERS.set(textArray, (text) => readArray(text, same));

/** How a result column of this type is parsed, or undefined when its text is the value. */
export function parserOf(oid: number): Read | undefined {
  return PARSERS.get(oid);
}

/** A program's value as a parameter: a text, bytes, or null. For texts without codecs, and for what codecs made. */
export function bindValue(value: unknown): string | Buffer | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return null;
    default:
      return value === null ? null : bindObject(value);
  }
}

function bindObject(value: unknown): string | Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Date) return writeTimestamp(expected.date(value));
  if (Array.isArray(value)) return writeArray(value, elementText);
  return expected.jsonText(value);
}

function elementText(value: unknown): string {
  const bound = bindValue(value);
  return typeof bound === 'string' ? bound : bound === null ? 'NULL' : writeBytes(bound);
}
