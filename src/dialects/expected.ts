import type { ColumnType } from '../sql/column-type.ts';

/** Pure checks that codecs make before they send a value. Each throws a `TypeError` that names no value. */

export function text(value: unknown): string {
  if (typeof value !== 'string') throw unlike('a string', value);
  return value;
}

/** A text of at most `length` characters: databases differ in what they do with a longer one. */
export function varchar(length: number | undefined): (value: unknown) => string {
  return (value) => {
    const given = text(value);
    if (length !== undefined && given.length > length && [...given].length > length) {
      throw new TypeError(`expected a text of at most ${length} characters, got a longer one`);
    }
    return given;
  };
}

export function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw unlike('a boolean', value);
  return value;
}

export function integer(value: unknown): number | bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value as number | bigint;
  throw unlike('an integer', value);
}

export function bigint(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  throw unlike('a bigint', value);
}

export function number(value: unknown): number {
  if (typeof value !== 'number') throw unlike('a number', value);
  return value;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** An exact decimal as text. */
export function numeric(value: unknown): string {
  const given = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof given === 'string' && DECIMAL.test(given)) return given;
  throw unlike('a decimal number such as "12.50"', value);
}

export function date(value: unknown): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw unlike('a valid Date', value);
}

const CALENDAR_DAY = /^\d{4,6}-\d\d-\d\d$/;

export function calendarDay(value: unknown): string {
  if (typeof value === 'string' && CALENDAR_DAY.test(value)) return value;
  throw unlike('a day as "YYYY-MM-DD"', value);
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** In lower case, as PostgreSQL writes it. */
export function uuid(value: unknown): string {
  if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
  throw unlike('a UUID', value);
}

export function jsonText(value: unknown): string {
  const encoded = JSON.stringify(value);
  if (encoded === undefined) throw unlike('a value that JSON can hold', value);
  return encoded;
}

export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw unlike('a Uint8Array', value);
}

export function oneOf(values: readonly string[]): (value: unknown) => string {
  const allowed = new Set(values);
  return (value) => {
    if (typeof value === 'string' && allowed.has(value)) return value;
    throw unlike(`one of ${values.map((one) => `'${one}'`).join(', ')}`, value);
  };
}

export function array(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unlike('an array', value);
}

/** The type inside an `array` or `custom` type. */
export function elementOf(type: ColumnType): ColumnType {
  if (type.element !== undefined) return type.element;
  throw new TypeError(`the column type '${type.name}' names no element type`);
}

function unlike(expected: string, value: unknown): TypeError {
  return new TypeError(`expected ${expected}, got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  return `a ${typeof value}`;
}
