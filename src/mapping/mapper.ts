import type { ColumnType } from '../sql/column-type.ts';
import type { Column, Table } from '../sql/table.ts';

/**
 * The least that a mapped class is: what `Model(table, shape)` makes, and its subclasses.
 *
 * The compiler compares nothing with `(...init: any[]) => any`; any other parameter would have it work out the
 * constructor's input, which ends in a circle while two models that name each other are still being declared.
 */
export interface ModelClass {
  new (...init: any[]): any;
  readonly prototype: any;
  readonly table: string;
  readonly shape: any;
}

/** One column of one class: where its value lives on the object and in a row. */
export interface ColumnProperty {
  readonly kind: 'column';
  readonly property: string;
  /** The database's side. */
  readonly column: Column;
  /** Position in the mapper's columns, and so in every full row. */
  readonly index: number;
  readonly type: ColumnType;
  readonly isPrimaryKey: boolean;
  /** Fills the value in at INSERT when the program gave none; undefined when there is no client-side default. */
  readonly makeDefault: (() => unknown) | undefined;
  /** The database fills the value in when INSERT leaves it out: numbering or a server default. */
  readonly isServerGenerated: boolean;
  /** The database may change the value whenever the row is written, so that every write asks for it. */
  readonly isServerUpdated: boolean;
  /** False for what the database computes: the program never writes it. */
  readonly isWritable: boolean;
  /** Makes the next version of a row; undefined for other columns and for versions that somebody else makes. */
  readonly nextVersion: ((previous: unknown) => unknown) | undefined;
  /** The next version is the one before, plus one: SQL can say so for rows that nobody read. */
  readonly countsVersions: boolean;
  /** Left out of a SELECT unless asked for. */
  readonly isDeferred: boolean;
  /** Deferred columns of one group are asked for together. */
  readonly deferredGroup: string | undefined;
  /** True when the value can change in place (JSON, Date, bytes, array), so that the snapshot must be a copy. */
  readonly isMutable: boolean;
  /** Whether two values, either possibly null or undefined, would be stored alike. */
  equals(left: unknown, right: unknown): boolean;
  /** A copy that later in-place changes of `value` do not reach. The value itself when it is immutable. */
  copy(value: unknown): unknown;
}

export type CascadeRule = 'save-update' | 'merge' | 'refresh-expire' | 'expunge' | 'delete' | 'delete-orphan';

/** The columns by which a child row points at its parent. One object, shared by both relationships that use it. */
export interface ForeignKeyLink {
  /** The class whose table holds the foreign key. */
  readonly child: Mapper;
  readonly parent: Mapper;
  /** Pairwise: `childColumns[i]` holds the value of `parentColumns[i]`. */
  readonly childColumns: readonly ColumnProperty[];
  readonly parentColumns: readonly ColumnProperty[];
  /** Every child column may be null, so the link can be cut without deleting the child. */
  readonly isNullable: boolean;
}

/** One relationship of one class. */
export interface Relationship {
  readonly kind: 'relationship';
  readonly property: string;
  /** Position in the mapper's relationships. */
  readonly index: number;
  /** `many-to-one`: this class holds the foreign key. `one-to-many`: the target does. */
  readonly direction: 'many-to-one' | 'one-to-many';
  readonly mapper: Mapper;
  readonly target: Mapper;
  readonly link: ForeignKeyLink;
  /** The relationship of the target over the same link, if it declares one. */
  readonly inverse: Relationship | undefined;
  readonly cascade: ReadonlySet<CascadeRule>;
  /** The foreign key is written by an UPDATE of its own where its parent's row comes later. */
  readonly postUpdate: boolean;
  /** Children are left to the database when their parent is deleted: those not loaded (true), or all of them. */
  readonly passiveDeletes: boolean | 'all';
  /** The database carries a parent's new key to its children (ON UPDATE CASCADE). */
  readonly passiveUpdates: boolean;
}

/** What one class means: compiled by `configure`, frozen, without behaviour. */
export interface Mapper {
  /** The class's name, for errors and keys. */
  readonly name: string;
  readonly model: ModelClass;
  readonly table: Table;
  /** In declaration order; a full row has its values at the same positions. */
  readonly columns: readonly ColumnProperty[];
  readonly primaryKey: readonly ColumnProperty[];
  /** Tells versions of a row apart; undefined for rows that anybody may overwrite. */
  readonly version: ColumnProperty | undefined;
  /** What an UPDATE must ask for, because the database may have changed it. */
  readonly serverUpdated: readonly ColumnProperty[];
  /** Whether to say when a DELETE finds fewer rows than there were objects. */
  readonly confirmDeletedRows: boolean;
  /** The foreign keys of this class's table, in the order of `table.foreignKeys`. */
  readonly links: readonly ForeignKeyLink[];
  /** The columns that a SELECT leaves out unless asked for them. */
  readonly deferred: readonly ColumnProperty[];
  readonly relationships: readonly Relationship[];
  /** Property name → column or relationship. */
  readonly attributes: ReadonlyMap<string, ColumnProperty | Relationship>;
  /** Database column name → column. */
  readonly byColumn: ReadonlyMap<string, ColumnProperty>;
}
