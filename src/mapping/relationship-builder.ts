import type { ReferentialActions } from './column-builder.ts';
import type { CascadeRule, LazyStrategy, ModelClass } from './mapper.ts';

/** `'all'`, `'none'`, one rule, or a list of rules with commas between them, such as `'all, delete-orphan'`. */
export type Cascade = CascadeRule | 'all' | 'none' | 'all, delete-orphan' | (string & {});

export interface RelationshipOptions {
  /** What a session does to related objects along with this one. Default `'save-update, merge'`; `'none'` where `viewonly`. */
  readonly cascade?: Cascade;
  /** The target's relationship over the same foreign key, where there are several to choose from. */
  readonly backPopulates?: string;
  /**
   * True: where the foreign key's parent is new too, the child is inserted without it and an UPDATE follows; before a
   * delete an UPDATE takes it away. Makes rows that need each other possible. The foreign key must be nullable.
   */
  readonly postUpdate?: boolean;
  /**
   * True (default): when a parent's key changes, the database carries it to the children, as ON UPDATE CASCADE does.
   * False: the flush updates the children itself.
   */
  readonly passiveUpdates?: boolean;
  /**
   * When a parent is deleted: false (default) loads its children to delete them or cut them off; true does so for loaded
   * children only and leaves the rest to ON DELETE; `'all'` leaves every child to the database.
   */
  readonly passiveDeletes?: boolean | 'all';
  /** True: for reading only. Assigning it is refused, nothing cascades along it, and it has no other side to keep in step. */
  readonly viewonly?: boolean;
  /** True: an object has at most one parent here; a second one is refused. Lets a many-to-one or many-to-many delete orphans. */
  readonly singleParent?: boolean;
  /** How it is read where a query does not say otherwise. Default `'select'`: when it is awaited. */
  readonly lazy?: LazyStrategy;
}

export interface ToOneOptions extends RelationshipOptions, ReferentialActions {}

/** For the side of a one-to-one whose row does not hold the foreign key. */
export interface KeylessOptions extends RelationshipOptions {
  /** The target's foreign key properties. */
  readonly foreignKey: string | readonly string[];
}

export interface ToManyOptions<
  K extends string = string,
  L extends LazyStrategy = LazyStrategy,
> extends RelationshipOptions {
  readonly lazy?: L;
  /** The table between the two sides of a many-to-many. */
  readonly through?: Through;
  /** Properties of the members that put them in order; `'-createdAt'` for descending. Default: by primary key. */
  readonly orderBy?: string | readonly string[];
  /** A property of the members: the collection is a `Map` by it. */
  readonly keyedBy?: K;
  /**
   * An integer property of the members that holds their place in the collection, 0 for the first: it puts them in order when they
   * are loaded, and takes part in every change of the array, as an edit that the next flush writes.
   */
  readonly numberedBy?: string;
}

/** The table of a many-to-many: its name, its name and columns, or a mapped class. */
export type Through = string | AssociationTable | (() => ModelClass) | AssociationModel;

/** A table that has no class. Columns that are not named are called after the tables that they point at: `post_id`. */
export interface AssociationTable {
  readonly table: string;
  /** The columns that point at the class with the relationship, by their names in the database. */
  readonly from?: string | readonly string[];
  /** The columns that point at the target. */
  readonly to?: string | readonly string[];
}

/** A mapped class as the table between. */
export interface AssociationModel {
  readonly model: () => ModelClass;
  /** Its foreign key properties that lead to the class with the relationship, where there are several. */
  readonly from?: string | readonly string[];
  /** Its foreign key properties that lead to the target. */
  readonly to?: string | readonly string[];
}

/** What a relationship declaration says. */
export interface RelationshipDefinition extends ToOneOptions, ToManyOptions, Partial<KeylessOptions> {
  readonly side: 'one' | 'many';
  readonly target: () => unknown;
  /** Properties of the class that holds the foreign key; empty when there is only one foreign key to choose. */
  readonly columns: readonly string[];
  readonly nullable: boolean;
}

let readOne: (builder: ToOne<ModelClass, string, boolean>) => RelationshipDefinition;
let readMany: (builder: ToMany<ModelClass, string, LazyStrategy>) => RelationshipDefinition;

/** A relationship to at most one object; made by `one`. `K` names the foreign key's properties. */
export class ToOne<C extends ModelClass, K extends string, N extends boolean> {
  /** For the compiler alone: what the type parameters stand for. `keyed`: columns that an object can be given in place of. */
  declare readonly '~types': { readonly target: C; readonly keyed: K; readonly nullable: N };
  readonly #definition: RelationshipDefinition;

  static {
    readOne = (builder) => builder.#definition;
  }

  constructor(definition: RelationshipDefinition) {
    this.#definition = Object.freeze(definition);
  }

  /** There may be no such object; said by itself when the named foreign key is nullable. */
  nullable(): ToOne<C, K, true> {
    return new ToOne({ ...this.#definition, nullable: true });
  }
}

/**
 * A relationship to any number of objects; made by `many`. `K` names the property of the members by which it is a Map; `L` says
 * how it is loaded.
 */
export class ToMany<C extends ModelClass, K extends string = never, L extends LazyStrategy = 'select'> {
  declare readonly '~types': { readonly target: C; readonly keyed: never; readonly by: K; readonly lazy: L };
  readonly #definition: RelationshipDefinition;

  static {
    readMany = (builder) => builder.#definition;
  }

  constructor(definition: RelationshipDefinition) {
    this.#definition = Object.freeze(definition);
  }
}

/**
 * The object that this one points at, or, with `foreignKey`, the one that points at this one. Write it in a getter, so that
 * models can name each other.
 *
 * @param columns - this model's foreign key properties, made to point at the target's primary key.
 * May be left out when exactly one foreign key leads to the target.
 * @example get owner() { return one(() => User, 'ownerId'); }
 * @example get profile() { return one(() => Profile, { foreignKey: 'userId' }); } // a one-to-one: Profile holds the key
 */
export function one<C extends ModelClass>(target: () => C, options: KeylessOptions): ToOne<C, never, true>;
export function one<C extends ModelClass>(target: () => C, options?: ToOneOptions): ToOne<C, never, false>;
export function one<C extends ModelClass, const K extends string>(
  target: () => C,
  columns: K | readonly K[],
  options?: ToOneOptions,
): ToOne<C, K, false>;
export function one(
  target: () => ModelClass,
  second?: string | readonly string[] | ToOneOptions | KeylessOptions,
  third?: ToOneOptions,
): unknown {
  return new ToOne(definition('one', target, second, third));
}

/**
 * The objects that point at this one, or, with `through`, those that a table of pairs joins to it. Write it in a getter, so
 * that models can name each other.
 *
 * @param columns - the target's foreign key properties; may be left out when only one foreign key of the target leads here.
 * @example get jobs() { return many(() => ReportingJob, 'ownerId', { cascade: 'all, delete-orphan' }); }
 * @example get tags() { return many(() => Tag, { through: 'post_tags' }); } // createAll makes the table
 */
export function many<C extends ModelClass, const K extends string = never, const L extends LazyStrategy = 'select'>(
  target: () => C,
  options?: ToManyOptions<K, L>,
): ToMany<C, K, L>;
export function many<C extends ModelClass, const K extends string = never, const L extends LazyStrategy = 'select'>(
  target: () => C,
  columns: string | readonly string[],
  options?: ToManyOptions<K, L>,
): ToMany<C, K, L>;
export function many(
  target: () => ModelClass,
  second?: string | readonly string[] | ToManyOptions,
  third?: ToManyOptions,
): unknown {
  return new ToMany(definition('many', target, second, third));
}

/** What `builder` declares; undefined when it is not a relationship. */
export function relationshipDefinitionOf(builder: unknown): RelationshipDefinition | undefined {
  if (builder instanceof ToOne) return readOne(builder);
  return builder instanceof ToMany ? readMany(builder) : undefined;
}

type Options = ToOneOptions | KeylessOptions | ToManyOptions;

function definition(
  side: 'one' | 'many',
  target: () => unknown,
  second: string | readonly string[] | Options | undefined,
  third: Options | undefined,
): RelationshipDefinition {
  const options: Options = (isColumns(second) ? third : second) ?? {};
  if ('foreignKey' in options)
    return { ...options, side, target, columns: Object.freeze([options.foreignKey].flat()), nullable: true };
  const columns = isColumns(second) ? Object.freeze([second].flat()) : [];
  return { ...options, side, target, columns, nullable: false };
}

function isColumns(argument: string | readonly string[] | Options | undefined): argument is string | readonly string[] {
  return typeof argument === 'string' || Array.isArray(argument);
}
