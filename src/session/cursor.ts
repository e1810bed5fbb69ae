import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { CursorError } from '../errors/cursor-errors.ts';
import type { Position, QuerySpec } from '../loading/query-spec.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import { scopeOf } from './cursor-scope.ts';

declare const cursorOf: unique symbol;

/**
 * A place in the order of a query: a text that may go to a browser and back. Signed, not encrypted: whoever has it can read
 * the values in it. For the compiler a plain text will do, a cursor of another model will not.
 */
export type Cursor<C extends ModelClass = ModelClass> = string & { readonly [cursorOf]?: (of: C) => C };

/** Without a secret the signature finds edits and mix-ups, but whoever knows this library can make one. */
const NO_SECRET = 'hermetic cursor';
const SIGNATURE_LENGTH = 22;

/** Writes and reads the cursors of one query. */
export class Cursors {
  readonly #spec: QuerySpec;
  readonly #secret: string;

  /** @param spec - with its total order. */
  constructor(spec: QuerySpec, secret: string | undefined) {
    this.#spec = spec;
    this.#secret = secret ?? NO_SECRET;
  }

  write({ values, isInclusive }: Position): string {
    const content = JSON.stringify([this.#scope(), isInclusive ? 1 : 0, ...values.map(toJson)]);
    const payload = Buffer.from(content).toString('base64url');
    return `${payload}.${this.#signed(payload)}`;
  }

  /** @throws {CursorError} QUERY_CURSOR_ALTERED @throws {CursorError} QUERY_CURSOR_FOREIGN */
  read(cursor: unknown): Position {
    const model = this.#spec.mapper.name;
    const [payload = '', signature = '', ...rest] = typeof cursor === 'string' ? cursor.split('.') : [];
    if (rest.length > 0 || !isEqual(signature, this.#signed(payload))) throw CursorError.altered(model);
    const content: readonly unknown[] = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const [scope, inclusive, ...values] = content;
    if (scope !== this.#scope()) throw CursorError.foreign(model);
    return { values: values.map(fromJson), isInclusive: inclusive === 1 };
  }

  #signed(payload: string): string {
    return createHmac('sha256', this.#secret).update(payload).digest('base64url').slice(0, SIGNATURE_LENGTH);
  }

  #scope(): string {
    return createHash('sha256').update(scopeOf(this.#spec)).digest('base64url').slice(0, 12);
  }
}

/** In a time that does not tell how much of them is alike. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What drivers take as parameters and JSON does not have. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return { n: String(value) };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64url') };
  return typeof value === 'number' && !Number.isFinite(value) ? { f: String(value) } : value;
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('n' in value) return BigInt(String(value.n));
  if ('f' in value) return Number(value.f);
  return 'b' in value ? new Uint8Array(Buffer.from(String(value.b), 'base64url')) : null;
}
