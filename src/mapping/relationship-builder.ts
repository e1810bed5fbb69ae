import type { ReferentialActions } from './column-builder.ts';
import type { CascadeRule, ModelClass } from './mapper.ts';

/** `'all'`, `'none'`, one rule, or a list of rules with commas between them, such as `'all, delete-orphan'`. */
export type Cascade = CascadeRule | 'all' | 'none' | 'all, delete-orphan' | (string & {});

export interface RelationshipOptions {
  /** What a session does to related objects along with this one. Default `'save-update, merge'`. */
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
}

export interface ToOneOptions extends RelationshipOptions, ReferentialActions {}

export interface ToManyOptions extends RelationshipOptions {
  /**
   * When a parent is deleted: false (default) loads its children to delete them or cut them off; true does so for loaded
   * children only and leaves the rest to ON DELETE; `'all'` leaves every child to the database.
   */
  readonly passiveDeletes?: boolean | 'all';
}

/** What a relationship declaration says. */
export interface RelationshipDefinition extends ToOneOptions, ToManyOptions {
  readonly side: 'one' | 'many';
  readonly target: () => unknown;
  /** Properties of the class that holds the foreign key; empty when there is only one foreign key to choose. */
  readonly columns: readonly string[];
  readonly nullable: boolean;
}

let readOne: (builder: ToOne<ModelClass, string, boolean>) => RelationshipDefinition;
let readMany: (builder: ToMany<ModelClass>) => RelationshipDefinition;

/** A relationship to at most one object; made by `one`. `K` names the foreign key's properties. */
export class ToOne<C extends ModelClass, K extends string, N extends boolean> {
  /** For the compiler alone: what the type parameters stand for. */
  declare readonly '~types': { readonly target: C; readonly columns: K; readonly nullable: N };
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

/** A relationship to any number of objects; made by `many`. */
export class ToMany<C extends ModelClass> {
  declare readonly '~types': { readonly target: C };
  readonly #definition: RelationshipDefinition;

  static {
    readMany = (builder) => builder.#definition;
  }

  constructor(definition: RelationshipDefinition) {
    this.#definition = Object.freeze(definition);
  }
}

/**
 * The object that this one points at. Write it in a getter, so that models can name each other.
 *
 * @param columns - this model's foreign key properties, made to point at the target's primary key.
 * May be left out when exactly one foreign key leads to the target.
 * @example get owner() { return one(() => User, 'ownerId'); }
 */
export function one<C extends ModelClass>(target: () => C, options?: ToOneOptions): ToOne<C, never, false>;
export function one<C extends ModelClass, const K extends string>(
  target: () => C,
  columns: K | readonly K[],
  options?: ToOneOptions,
): ToOne<C, K, false>;
export function one(
  target: () => ModelClass,
  second?: string | readonly string[] | ToOneOptions,
  third?: ToOneOptions,
): ToOne<ModelClass, never, false> {
  return new ToOne(definition('one', target, second, third));
}

/**
 * The objects that point at this one. Write it in a getter, so that models can name each other.
 *
 * @param columns - the target's foreign key properties; may be left out when only one foreign key of the target leads here.
 * @example get jobs() { return many(() => ReportingJob, 'ownerId', { cascade: 'all, delete-orphan' }); }
 */
export function many<C extends ModelClass>(target: () => C, options?: ToManyOptions): ToMany<C>;
export function many<C extends ModelClass>(
  target: () => C,
  columns: string | readonly string[],
  options?: ToManyOptions,
): ToMany<C>;
export function many(
  target: () => ModelClass,
  second?: string | readonly string[] | ToManyOptions,
  third?: ToManyOptions,
): ToMany<ModelClass> {
  return new ToMany(definition('many', target, second, third));
}

/** What `builder` declares; undefined when it is not a relationship. */
export function relationshipDefinitionOf(builder: unknown): RelationshipDefinition | undefined {
  if (builder instanceof ToOne) return readOne(builder);
  return builder instanceof ToMany ? readMany(builder) : undefined;
}

function definition(
  side: 'one' | 'many',
  target: () => unknown,
  second: string | readonly string[] | ToOneOptions | ToManyOptions | undefined,
  third: ToOneOptions | ToManyOptions | undefined,
): RelationshipDefinition {
  const options = isColumns(second) ? third : second;
  const columns = isColumns(second) ? Object.freeze([second].flat()) : [];
  return { ...options, side, target, columns, nullable: false };
}

function isColumns(
  argument: string | readonly string[] | ToOneOptions | ToManyOptions | undefined,
): argument is string | readonly string[] {
  return typeof argument === 'string' || Array.isArray(argument);
}
