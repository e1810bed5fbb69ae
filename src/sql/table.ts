import type { ColumnType } from './column-type.ts';

export type ReferentialAction = 'cascade' | 'set null' | 'set default' | 'restrict' | 'no action';

/** One column as the database knows it. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** The database numbers the rows itself (serial, rowid). */
  readonly autoIncrement: boolean;
  /** SQL text of the default that the database fills in, such as `now()`. */
  readonly serverDefault?: string;
  /** SQL text from which the database computes the value of every row. */
  readonly generated?: string;
  /** The database has it without a declaration. */
  readonly isSystem?: boolean;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly targetTable: string;
  readonly targetColumns: readonly string[];
  readonly onDelete?: ReferentialAction;
  readonly onUpdate?: ReferentialAction;
}

export interface Index {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** One table as the database knows it: plain data, frozen, database names throughout. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly indexes: readonly Index[];
}
