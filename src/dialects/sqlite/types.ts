import { EngineOptionError } from '../../errors/engine-errors.ts';
import type { ColumnType, ColumnTypeName, CustomCodec } from '../../sql/column-type.ts';
import type { Codec } from '../dialect.ts';
import * as expected from '../expected.ts';

type Decode = (value: unknown) => unknown;

const same: Decode = (value) => value;

/** Texts of any spelling that SQLite's own functions write; without a zone they are UTC. */
export function decodeTimestamp(value: unknown): unknown {
  if (typeof value === 'number') return new Date(value);
  if (typeof value !== 'string') return value;
  const zoned = /[zZ]$|[+-]\d\d:?\d\d$/.test(value);
  return new Date(zoned ? value : `${value.replace(' ', 'T')}${value.length > 10 ? 'Z' : ''}`);
}

const decodeBoolean: Decode = (value) => (typeof value === 'boolean' ? value : Number(value) !== 0);
const decodeBigint: Decode = (value) => (typeof value === 'bigint' ? value : BigInt(value as number | string));
const decodeNumber: Decode = (value) => (typeof value === 'number' ? value : Number(value));
const decodeText: Decode = (value) => (typeof value === 'string' ? value : String(value));
const decodeJson: Decode = (value) => (typeof value === 'string' ? JSON.parse(value) : narrowJson(value));
const decodeBytes: Decode = (value) => (Buffer.isBuffer(value) ? new Uint8Array(value) : value);

/** The column's affinity may have turned a JSON text that is a number into one. */
const narrowJson: Decode = (value) => (typeof value === 'bigint' ? Number(value) : value);

const encodeTimestamp = (value: unknown): string => expected.date(value).toISOString();

/** As many digits after the point as the column has: texts are compared as texts. */
function encodeNumeric(scale: number | undefined): (value: unknown) => string {
  return (value) => {
    const [whole = '', fraction = ''] = expected.numeric(value).split('.');
    const digits = scale === undefined ? fraction : fraction.padEnd(scale, '0');
    return digits === '' ? whole : `${whole}.${digits}`;
  };
}

const CODECS: Partial<Record<ColumnTypeName, (type: ColumnType) => Codec>> = {
  integer: () => ({ encode: expected.integer, decode: same }),
  bigint: () => ({ encode: expected.bigint, decode: decodeBigint }),
  text: () => ({ encode: expected.text, decode: decodeText }),
  varchar: ({ length }) => ({ encode: expected.varchar(length), decode: decodeText }),
  boolean: () => ({ encode: (value) => (expected.boolean(value) ? 1 : 0), decode: decodeBoolean }),
  real: () => ({ encode: expected.number, decode: decodeNumber }),
  double: () => ({ encode: expected.number, decode: decodeNumber }),
  numeric: ({ scale }) => ({ encode: encodeNumeric(scale), decode: decodeText }),
  timestamp: () => ({ encode: encodeTimestamp, decode: decodeTimestamp }),
  date: () => ({ encode: expected.calendarDay, decode: decodeText }),
  uuid: () => ({ encode: expected.uuid, decode: decodeText }),
  json: () => ({ encode: expected.jsonText, decode: decodeJson }),
  bytes: () => ({ encode: expected.bytes, decode: decodeBytes }),
  enum: ({ values = [] }) => ({ encode: expected.oneOf(values), decode: decodeText }),
  custom: (type) => custom(codec(expected.elementOf(type)), type.codec),
};

/** @throws {EngineOptionError} ENGINE_UNSUPPORTED_TYPE - for arrays and xmin. */
export function codec(type: ColumnType): Codec {
  const make = CODECS[type.name];
  if (make === undefined) throw EngineOptionError.unsupportedType(type.name, 'SQLite');
  return Object.freeze(make(type));
}

function custom(element: Codec, outer: CustomCodec | undefined): Codec {
  if (outer === undefined) return element;
  return {
    encode: (value) => element.encode(outer.encode(value)),
    decode: (value) => outer.decode(element.decode(value)),
  };
}

/** How a column of this type is declared. The names matter: SQLite derives affinity from them, `typed` results their parser. */
export function declaredType(type: ColumnType, where: string): string {
  switch (type.name) {
    case 'varchar':
      return type.length === undefined ? 'VARCHAR' : `VARCHAR(${type.length})`;
    case 'numeric':
      return `NUMERIC TEXT${digits(type)}`;
    case 'bytes':
      return 'BLOB';
    case 'uuid':
    case 'enum':
      return 'TEXT';
    case 'custom':
      return declaredType(expected.elementOf(type), where);
    case 'array':
    case 'xid':
      throw EngineOptionError.unsupportedType(type.name, 'SQLite', where);
    default:
      return type.name.toUpperCase();
  }
}

function digits({ precision, scale }: ColumnType): string {
  if (precision === undefined) return '';
  return scale === undefined ? `(${precision})` : `(${precision}, ${scale})`;
}

/** Declared type, without digits → parser of `typed` results. */
const PARSERS: Readonly<Record<string, Decode>> = {
  BIGINT: decodeBigint,
  BOOLEAN: decodeBoolean,
  BOOL: decodeBoolean,
  TIMESTAMP: decodeTimestamp,
  DATETIME: decodeTimestamp,
  JSON: decodeJson,
  JSONB: decodeJson,
  NUMERIC: decodeText,
  'NUMERIC TEXT': decodeText,
  DECIMAL: decodeText,
  BLOB: decodeBytes,
};

/** How values of a column that was declared so are parsed, or undefined when they come right from the driver. */
export function parserOf(declared: string | undefined): Decode | undefined {
  if (declared === undefined) return undefined;
  return PARSERS[declared.replace(/\s*\(.*$/, '').toUpperCase()];
}

/** A program's value as SQLite can bind it, for texts that come without codecs. */
export function bindValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return null;
    default:
      return value === null ? null : bindObject(value);
  }
}

function bindObject(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return encodeTimestamp(value);
  return expected.jsonText(value);
}
