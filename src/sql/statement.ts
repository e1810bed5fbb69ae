/**
 * What a statement does, as far as transactions and locks care:
 * `read` never writes; `write` may; `begin`, `commit`, `rollback` end or start a transaction;
 * `control` is the rest (savepoints, session settings).
 */
export type StatementKind = 'read' | 'write' | 'begin' | 'commit' | 'rollback' | 'control';

/** One SQL text, ready for a driver. Frozen, shared and cached: holds no parameter values. */
export interface Statement {
  readonly sql: string;
  readonly kind: StatementKind;
  /**
   * `raw` leaves result values in the driver's own form, for codecs to decode by column;
   * `typed` has the driver parse each value by the type that the database reports for its column.
   */
  readonly parse: 'raw' | 'typed';
  /** True for texts that come back again and again: prepared by name or cached per connection. */
  readonly prepare: boolean;
}
