import type { HybridDefinition } from './hybrid-builder.ts';
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
  /** The value that this column is a member of; undefined for an attribute of its own. */
  readonly embedded: EmbeddedMember | undefined;
  /** A copy that later in-place changes of `value` do not reach. The value itself when it is immutable. */
  copy(value: unknown): unknown;
}

/** A column's place in an embedded value: `home.city` is member `city` of attribute `home`. */
export interface EmbeddedMember {
  readonly property: string;
  readonly member: string;
  /** The whole value may be null. */
  readonly isNullable: boolean;
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

/** How a relationship is read where a query does not say otherwise. */
export type LazyStrategy = 'select' | 'selectin' | 'joined' | 'json' | 'raise' | 'writeonly';

/** One column that puts the members of a collection in order. */
export interface MemberOrdering {
  readonly column: ColumnProperty;
  readonly direction: 'asc' | 'desc';
}

/** What all kinds of relationships have. */
interface RelationshipTraits {
  readonly kind: 'relationship';
  readonly property: string;
  /** Position in the mapper's relationships. */
  readonly index: number;
  readonly mapper: Mapper;
  readonly target: Mapper;
  readonly cascade: ReadonlySet<CascadeRule>;
  /** No object is held by two parents at once; what lets it go for good makes it an orphan. */
  readonly singleParent: boolean;
  /** Read, never written. */
  readonly viewonly: boolean;
  readonly lazy: LazyStrategy;
  /** Empty where members come by primary key; empty for relationships to one object. */
  readonly orderBy: readonly MemberOrdering[];
  /** The column of the members by which the collection, a `Map`, names them. */
  readonly keyedBy: ColumnProperty | undefined;
  /** The column of the members that holds their place in the collection: the flush writes it. */
  readonly numberedBy: ColumnProperty | undefined;
  /** The foreign key is written by an UPDATE of its own where its parent's row comes later. */
  readonly postUpdate: boolean;
  /** Children, or rows of an association, are left to the database when their parent is deleted: those not loaded (true), or all. */
  readonly passiveDeletes: boolean | 'all';
  /** The database carries a parent's new key to its children (ON UPDATE CASCADE). */
  readonly passiveUpdates: boolean;
}

/** This class holds the foreign key of one target. */
export interface ManyToOne extends RelationshipTraits {
  readonly direction: 'many-to-one';
  readonly isCollection: false;
  readonly link: ForeignKeyLink;
  /** The relationship of the target over the same link, if it declares one. */
  readonly inverse: OneToMany | undefined;
}

/** The target holds the foreign key: any number of objects, or, where it is no collection, at most one. */
export interface OneToMany extends RelationshipTraits {
  readonly direction: 'one-to-many';
  readonly isCollection: boolean;
  readonly link: ForeignKeyLink;
  readonly inverse: ManyToOne | undefined;
}

/** A table between the two holds a pair of foreign keys for each pair of objects. */
export interface ManyToMany extends RelationshipTraits {
  readonly direction: 'many-to-many';
  readonly isCollection: true;
  readonly through: Association;
  /** The relationship of the target over the same pair of foreign keys. */
  readonly inverse: ManyToMany | undefined;
}

/** The table behind a many-to-many, seen from one side. */
export interface Association {
  /** A mapped class, or one that stands for a table without a class: nothing makes objects of that. */
  readonly mapper: Mapper;
  /** From the association to the class that declares the relationship. */
  readonly source: ForeignKeyLink;
  /** From the association to the target. */
  readonly target: ForeignKeyLink;
}

/** A relationship over one foreign key. */
export type LinkedRelationship = ManyToOne | OneToMany;

/** One relationship of one class. */
export type Relationship = LinkedRelationship | ManyToMany;

/** What the discriminator says of the rows of one class. */
export type Identity = string | number;

/**
 * The classes that extend one root, whose objects have keys in common, and the column that tells whose a row is.
 * The one thing about mappers that grows: each `configure` may bring further subclasses.
 */
export interface Family {
  readonly root: Mapper;
  readonly discriminator: ColumnProperty;
  /** Parents before their subclasses. */
  readonly members: readonly Mapper[];
  readonly byIdentity: ReadonlyMap<unknown, Mapper>;
}

/** Where a class stands among the classes of its family. */
export interface Inheritance {
  readonly family: Family;
  /** Undefined for the root. */
  readonly parent: Mapper | undefined;
  /** Undefined for a root that no row is an object of, only those of its subclasses. */
  readonly identity: Identity | undefined;
}

/** What one class means: compiled by `configure`, frozen, without behaviour. */
export interface Mapper {
  /** The class's name, for errors and keys. */
  readonly name: string;
  readonly model: ModelClass;
  /** Nobody wrote a class for the table: it stands between the two sides of many-to-many relationships. */
  readonly isAssociation: boolean;
  readonly table: Table;
  /** Undefined for a class that stands alone. Otherwise columns and relationships begin with those of the parent, the same objects. */
  readonly inheritance: Inheritance | undefined;
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
  /** Property name → what is computed, in memory or by SQL. */
  readonly hybrids: ReadonlyMap<string, HybridDefinition>;
  /** Database column name → column. */
  readonly byColumn: ReadonlyMap<string, ColumnProperty>;
}
