import type { ColumnType } from '../sql/column-type.ts';
import { SqlExpression } from '../sql/sql-expression.ts';

/** How the values of one column type are compared and copied. */
export interface ValueSemantics {
  /** True when a value can change in place. */
  readonly isMutable: boolean;
  /** Whether both values, either possibly null or undefined, would be stored alike. */
  equals(left: unknown, right: unknown): boolean;
  /** A copy that later in-place changes do not reach. */
  copy(value: unknown): unknown;
}

type Equality = (left: unknown, right: unknown) => boolean;
type Copy = (value: unknown) => unknown;

/** How values of `type` are compared and copied. */
export function valueSemantics(type: ColumnType): ValueSemantics {
  switch (type.name) {
    case 'bigint':
      return immutable((left, right) => String(left) === String(right));
    case 'numeric':
      return immutable((left, right) => plainDecimal(left) === plainDecimal(right));
    case 'uuid':
      return immutable((left, right) => String(left).toLowerCase() === String(right).toLowerCase());
    case 'timestamp':
      return mutable(sameInstant, (value) => (value instanceof Date ? new Date(value.getTime()) : value));
    case 'json':
      return mutable(sameJson, copyJson);
    case 'bytes':
      // Not value.slice(): that of a Buffer shares its memory.
      return mutable(sameBytes, (value) =>
        value instanceof Uint8Array ? Uint8Array.prototype.slice.call(value) : value,
      );
    case 'array':
      return arraySemantics(type);
    case 'custom':
      return customSemantics(type);
    default:
      return immutable(() => false);
  }
}

function immutable(equals: Equality): ValueSemantics {
  return Object.freeze({ isMutable: false, equals: nullAware(equals), copy: (value: unknown) => value });
}

function mutable(equals: Equality, copy: Copy): ValueSemantics {
  return Object.freeze({
    isMutable: true,
    equals: nullAware(equals),
    copy: (value: unknown) =>
      value === null || value === undefined || value instanceof SqlExpression ? value : copy(value),
  });
}

/** Null and undefined are one value; identical values are equal; the rest is asked of `equals`. */
function nullAware(equals: Equality): Equality {
  return (left, right) => {
    if (Object.is(left, right) || left === right) return true;
    if (left === null || left === undefined) return right === null || right === undefined;
    if (left instanceof SqlExpression || right instanceof SqlExpression) return false;
    return right !== null && right !== undefined && equals(left, right);
  };
}

/** `'+01.50'` → `'1.5'`; texts that are not plain decimals stay as they are. */
function plainDecimal(value: unknown): string {
  const text = String(value).trim();
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (parts === null) return text.toLowerCase();
  const whole = (parts[2] ?? '').replace(/^0+/, '') || '0';
  const fraction = (parts[3] ?? '').replace(/0+$/, '');
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return parts[1] === '-' && digits !== '0' ? `-${digits}` : digits;
}

function sameInstant(left: unknown, right: unknown): boolean {
  return left instanceof Date && right instanceof Date && Object.is(left.getTime(), right.getTime());
}

function sameBytes(left: unknown, right: unknown): boolean {
  if (!(left instanceof Uint8Array && right instanceof Uint8Array) || left.length !== right.length) return false;
  return left.every((byte, index) => byte === right[index]);
}

function arraySemantics(type: ColumnType): ValueSemantics {
  const element = type.element === undefined ? immutable(Object.is) : valueSemantics(type.element);
  return mutable(
    (left, right) =>
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((value, index) => element.equals(value, right[index])),
    (value) => (Array.isArray(value) ? value.map((item) => element.copy(item)) : value),
  );
}

/** A custom value may be any object: only its codec knows what would be stored, and how to make another one. */
function customSemantics(type: ColumnType): ValueSemantics {
  const { codec, element } = type;
  if (codec === undefined || element === undefined) return immutable(Object.is);
  const stored = valueSemantics(element);
  return mutable(
    (left, right) => stored.equals(codec.encode(left), codec.encode(right)),
    (value) => (typeof value === 'object' ? codec.decode(stored.copy(codec.encode(value))) : value),
  );
}

function sameJson(left: unknown, right: unknown): boolean {
  const a = jsonValue(left);
  const b = jsonValue(right);
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameJsonArray(a, b);
  return sameJsonObject(a, b);
}

function sameJsonArray(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  return left.every((item, index) => sameJson(item ?? null, right[index] ?? null));
}

function sameJsonObject(left: object, right: object): boolean {
  const members = storedMembers(right);
  const own = storedMembers(left);
  if (own.size !== members.size) return false;
  return [...own].every(([key, item]) => members.has(key) && sameJson(item, members.get(key)));
}

/** JSON leaves members out whose value it cannot say. */
function storedMembers(object: object): Map<string, unknown> {
  return new Map(Object.entries(object).filter(([, item]) => isStored(item)));
}

function isStored(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

/** What `JSON.stringify` would look at in place of `value`. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return isStored(value) ? value : null;
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value;
}

function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  const plain = jsonValue(value);
  if (plain !== value) return copyJson(plain);
  // Not assignment: a member named __proto__ would set the copy's prototype.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyJson(item)]));
}
