import type { Kysely } from 'kysely';

import type { Driver } from '../driver/driver.ts';
import type { ColumnType } from '../sql/column-type.ts';
import type { Column, Table } from '../sql/table.ts';
import type { JsonRows } from './json-rows.ts';

/** Between a program's value and the driver's, for one column type. Neither side ever sees null or undefined. */
export interface Codec {
  /** The program's value, ready to be bound. Throws a `TypeError` naming what was expected, never the value. */
  encode(value: unknown): unknown;
  /** A `raw` result value as the program knows it. */
  decode(value: unknown): unknown;
}

/** A bulk statement: one text for `rowCount` rows, and how rows become its parameters. */
export interface BulkStatement {
  readonly sql: string;
  /** @param rows - encoded values, row-major, in the order of the columns the statement was made for. */
  parameters(rows: readonly (readonly unknown[])[]): unknown[];
}

export interface BulkInsert {
  readonly table: Table;
  readonly columns: readonly Column[];
  /** Columns to return, in order; the rows come back in no promised order. */
  readonly returning: readonly Column[];
  readonly rowCount: number;
}

/** An INSERT that meets rows which are there already: in them, `update` is set to the new values, or nothing when it is empty. */
export interface BulkUpsert extends BulkInsert {
  /** The columns by which a row is there already. MariaDB asks all unique keys instead, whatever is given here. */
  readonly conflict: readonly Column[];
  readonly update: readonly Column[];
  /** Goes up by one in rows that are there, where `update` is not empty. */
  readonly increment?: Column | undefined;
}

export interface BulkUpdate {
  readonly table: Table;
  /** Columns of the WHERE; their values come first in each row. */
  readonly keys: readonly Column[];
  /** Columns to set; their values come after the keys. */
  readonly columns: readonly Column[];
  /** Columns to return of each row that was met, in no promised order. */
  readonly returning?: readonly Column[];
  readonly rowCount: number;
}

export interface BulkDelete {
  readonly table: Table;
  readonly keys: readonly Column[];
  readonly rowCount: number;
}

/** How flushes write many rows in one statement. Texts for one row are ordinary single-row statements. */
export interface BulkStatements {
  /** Server-numbered keys are assigned in row order, so that sorting the returned keys gives the rows back. */
  insert(bulk: BulkInsert): BulkStatement;
  /** Rows that meet a row and set nothing are not among the answers. */
  upsert(bulk: BulkUpsert): BulkStatement;
  update(bulk: BulkUpdate): BulkStatement;
  delete(bulk: BulkDelete): BulkStatement;
  /** Most rows that one statement may carry when each takes `columns` parameters. */
  maxRows(columns: number): number;
}

/** When a transaction's BEGIN goes out: with its first statement, or only before its first write. */
export type BeginTime = 'first-statement' | 'first-write';

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

/** Everything that differs per database. One frozen object each; knows no connection. */
export interface Dialect {
  readonly name: 'postgres' | 'sqlite';
  /** Compiles, never runs: `dialect.kysely.selectFrom(…).compile()`. */
  readonly kysely: Kysely<any>;
  codec(type: ColumnType): Codec;
  readonly json: JsonRows;
  readonly bulk: BulkStatements;
  /** The statements that create, or drop, a table with its indexes. Foreign keys included where the database allows. */
  createTable(table: Table, options: { ifNotExists: boolean }): string[];
  dropTable(table: Table, options: { ifExists: boolean }): string[];
  /** The statements that add foreign keys which `createTable` could not carry because two tables name each other. */
  addForeignKeys(table: Table): string[];
  /** What to say outside the transaction in which many tables are dropped, so that rows may point anywhere meanwhile. */
  readonly aroundDrop: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** @param readOnly - have the database refuse to write, if it can. */
  begin(level: IsolationLevel | undefined, readOnly: boolean): { readonly sql: string; readonly when: BeginTime };
  /** Whether a transaction can be prepared under a name and committed later. */
  readonly supportsTwoPhase: boolean;
  /** True when `sql` may write: decides locks and BEGIN for texts that the program wrote itself. */
  mayWrite(sql: string): boolean;
  /** Whether RETURNING tells what triggers made of a row; where it does not, the row is read again. */
  readonly returnsAfterTriggers: boolean;
  /** Whether `SELECT … FOR UPDATE` locks rows; where it does not exist, a locking read takes the lock of a write. */
  readonly locksRows: boolean;
  /** Where an order puts nulls that says nothing of them: after all values when it ascends, or before them. */
  readonly nullsAre: 'greatest' | 'least';
  /** Whether a statement is a trip to a server: fewer of them then save time. */
  readonly isRemote: boolean;
  /** Most parameters in one statement. */
  readonly maxParameters: number;
}

/** What `createEngine` needs to open one database. */
export interface DialectWithDriver {
  readonly dialect: Dialect;
  readonly driver: Driver;
  /** False for a database that only one connection can see, such as SQLite in memory. */
  readonly supportsManyConnections: boolean;
  /** Host, port and database, or the file: what errors and events may say. Never a password. */
  readonly address: string;
}
