import type { AnyColumn, ColumnBuilder, Need } from './column-builder.ts';
import { columnDefinitionOf } from './column-builder.ts';
import type { ModelClass } from './mapper.ts';

/** A class of values that objects hold: without a key, a session or a table of its own. */
export type ValueClass<V extends object> = abstract new (...args: never[]) => V;

export interface EmbeddedOptions {
  /** What the columns' names begin with. Default: the attribute's name in snake case and an underscore. */
  readonly prefix?: string;
  /** The attribute may be null: all its columns are then. */
  readonly nullable?: boolean;
}

/** What an `embedded` declaration says. */
export interface EmbeddedDefinition {
  readonly model: ValueClass<object>;
  /** Property of the value → its column. */
  readonly members: Readonly<Record<string, AnyColumn>>;
  readonly prefix: string | undefined;
  readonly nullable: boolean;
}

let readDefinition: (builder: Embedded) => EmbeddedDefinition;

/** An attribute whose value is an object in several columns; made by `embedded`. */
export class Embedded {
  readonly #definition: EmbeddedDefinition;

  static {
    readDefinition = (builder) => builder.#definition;
  }

  constructor(definition: EmbeddedDefinition) {
    this.#definition = Object.freeze(definition);
  }
}

/** For the compiler alone: conditions reach the members by a path, as those of a related object. */
export interface EmbeddedPath<M> {
  readonly '~types': { readonly target: ValueModel<M>; readonly nullable: boolean };
}

interface ValueModel<M> extends ModelClass {
  readonly shape: M;
}

type Members<V> = { readonly [K in keyof V]?: ColumnBuilder<V[K], Need, boolean> };

/**
 * A value of several columns: the attribute holds an object of a class of the program's. Changes within it are found at a flush.
 *
 * Objects of the class that come from rows are made without its constructor, so the class has no private fields (`#x`).
 *
 * @param model - the class of the values, or any class whose prototype they are to have.
 * @param members - the columns, by the value's properties.
 * @example
 * class Address { street = ''; city = ''; get label() { return `${this.street}, ${this.city}`; } }
 * class User extends Model('users', {
 *   id: t.serial().primaryKey(),
 *   home: embedded(Address, { street: t.text(), city: t.text() }),   // columns home_street, home_city
 * }) {}
 * await session.find(User).where('home.city', '=', 'Paris');
 */
export function embedded<V extends object, const M extends Members<V>>(
  model: ValueClass<V>,
  members: M,
  options: EmbeddedOptions & { readonly nullable: true },
): ColumnBuilder<V | null, 'optional'> & EmbeddedPath<M>;
export function embedded<V extends object, const M extends Members<V>>(
  model: ValueClass<V>,
  members: M,
  options?: EmbeddedOptions,
): ColumnBuilder<V, 'optional'> & EmbeddedPath<M>;
export function embedded(
  model: ValueClass<object>,
  members: Readonly<Record<string, AnyColumn>>,
  { prefix, nullable = false }: EmbeddedOptions = {},
): unknown {
  return new Embedded({ model, members, prefix, nullable });
}

/** What `builder` declares; undefined when it is no embedded value. */
export function embeddedDefinitionOf(builder: unknown): EmbeddedDefinition | undefined {
  return builder instanceof Embedded ? readDefinition(builder) : undefined;
}

/** The members that are columns. */
export function memberNames({ members }: EmbeddedDefinition): string[] {
  return Object.keys(members).filter((member) => columnDefinitionOf(members[member]) !== undefined);
}
