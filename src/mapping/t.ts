import type { ColumnType, CustomCodec } from '../sql/column-type.ts';
import { ColumnBuilder, columnDefinitionOf, type ColumnDefinition, type Need } from './column-builder.ts';

/** A column type of the program's own: how its values become those of `type`, and back. Neither side ever sees null. */
export interface CustomType<V, S> {
  readonly type: ColumnBuilder<S, Need, boolean>;
  encode(value: V): S;
  decode(stored: S): V;
}

/**
 * The column types.
 *
 * @example
 * const shape = { id: t.serial().primaryKey(), email: t.text().nullable().unique(), tags: t.array(t.text()) };
 */
export const t = Object.freeze({
  /** 32 bits, signed. */
  integer: (): ColumnBuilder<number, 'required'> => column({ name: 'integer' }),
  /** 64 bits, signed, as a JavaScript `bigint`. */
  bigint: (): ColumnBuilder<bigint, 'required'> => column({ name: 'bigint' }),
  /** An integer that the database numbers itself. */
  serial: (): ColumnBuilder<number, 'generated'> => column({ name: 'integer' }, { autoIncrement: true }),
  /** A bigint that the database numbers itself. */
  bigserial: (): ColumnBuilder<bigint, 'generated'> => column({ name: 'bigint' }, { autoIncrement: true }),
  text: (): ColumnBuilder<string, 'required'> => column({ name: 'text' }),
  /** @param length - most characters. */
  varchar: (length: number): ColumnBuilder<string, 'required'> => column({ name: 'varchar', length }),
  boolean: (): ColumnBuilder<boolean, 'required'> => column({ name: 'boolean' }),
  /** A 32-bit floating point number. */
  real: (): ColumnBuilder<number, 'required'> => column({ name: 'real' }),
  /** A 64-bit floating point number, as JavaScript's own. */
  double: (): ColumnBuilder<number, 'required'> => column({ name: 'double' }),
  /** An exact decimal number, as text so that no digit is lost. */
  numeric: (digits: { precision?: number; scale?: number } = {}): ColumnBuilder<string, 'required'> =>
    column({ name: 'numeric', ...digits }),
  /** A point in time, as a `Date`. */
  timestamp: (): ColumnBuilder<Date, 'required'> => column({ name: 'timestamp' }),
  /** A calendar day, as `'YYYY-MM-DD'`: no time zone can move it. */
  date: (): ColumnBuilder<string, 'required'> => column({ name: 'date' }),
  uuid: (): ColumnBuilder<string, 'required'> => column({ name: 'uuid' }),
  /** Anything that JSON can hold; changes inside the value are found when the session flushes. */
  json: <T = unknown>(): ColumnBuilder<T, 'required'> => column({ name: 'json' }),
  bytes: (): ColumnBuilder<Uint8Array, 'required'> => column({ name: 'bytes' }),
  /**
   * PostgreSQL's own mark of the transaction that last wrote a row; makes a version without a column of its own.
   *
   * @example rowVersion: t.xmin().version()
   */
  xmin: (): ColumnBuilder<number, 'generated'> =>
    column({ name: 'xid' }, { name: 'xmin', system: true, serverUpdate: true }),
  /** One of the given texts. */
  enum: <const V extends readonly string[]>(...values: V): ColumnBuilder<V[number], 'required'> =>
    column({ name: 'enum', values: Object.freeze([...values]) }),
  /** A list of values of one type. */
  array: <V>(element: ColumnBuilder<V, Need, boolean>): ColumnBuilder<V[], 'required'> =>
    column(withElement({ name: 'array' }, element)),
  /**
   * Values of a type that the database does not know.
   *
   * @example
   * const money = t.custom({ type: t.integer(), encode: (price: Money) => price.cents, decode: (cents) => new Money(cents) });
   */
  custom: <V, S>(custom: CustomType<V, S>): ColumnBuilder<V, 'required'> =>
    column(withElement(withCodec({ name: 'custom' }, custom), custom.type)),
});

function column<V, N extends Need>(type: ColumnType, more: Partial<ColumnDefinition> = {}): ColumnBuilder<V, N> {
  return new ColumnBuilder({
    type: Object.freeze(type),
    nullable: false,
    autoIncrement: false,
    primaryKey: false,
    unique: false,
    index: false,
    ...more,
  });
}

/** Something that is not a column leaves `element` out, which `configure` reports by the attribute's name. */
function withElement(type: ColumnType, element: unknown): ColumnType {
  const definition = columnDefinitionOf(element);
  return definition === undefined ? type : { ...type, element: definition.type };
}

function withCodec<V, S>(type: ColumnType, custom: CustomType<V, S>): ColumnType {
  if (typeof custom.encode !== 'function' || typeof custom.decode !== 'function') return type;
  const codec: CustomCodec = {
    encode: (value) => custom.encode(value as V),
    decode: (stored) => custom.decode(stored as S),
  };
  return { ...type, codec: Object.freeze(codec) };
}
