/** What a value is called in every database; each dialect says how it is declared, sent and read. */
export type ColumnTypeName =
  | 'integer'
  | 'bigint'
  | 'text'
  | 'varchar'
  | 'boolean'
  | 'real'
  | 'double'
  | 'numeric'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'json'
  | 'bytes'
  | 'enum'
  | 'array'
  | 'xid'
  | 'custom';

/** Turns a program's value into that of an underlying type and back; never sees null. */
export interface CustomCodec {
  encode(value: unknown): unknown;
  decode(value: unknown): unknown;
}

/** One column type: plain data, frozen. */
export interface ColumnType {
  readonly name: ColumnTypeName;
  /** `varchar`: most characters. */
  readonly length?: number;
  /** `numeric`: total digits, and digits after the point. */
  readonly precision?: number;
  readonly scale?: number;
  /** `enum`: the allowed texts. */
  readonly values?: readonly string[];
  /** `array`: its elements. `custom`: the type it is stored as. */
  readonly element?: ColumnType;
  /** `custom` only. */
  readonly codec?: CustomCodec;
}
