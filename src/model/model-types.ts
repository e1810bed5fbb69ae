import type { Generated } from 'kysely';

import type { AnyColumn, ColumnBuilder, Need } from '../mapping/column-builder.ts';
import type { LazyStrategy, ModelClass } from '../mapping/mapper.ts';
import type { ToMany, ToOne } from '../mapping/relationship-builder.ts';
import type { Via } from '../mapping/via-builder.ts';
import type { PlainObject, ToObjectOptions } from '../state/serialize.ts';

declare const lazyValue: unique symbol;

/** A relationship that is not loaded: `await` loads it. Awaiting one that is loaded gives it at once. */
export interface Lazy<V> extends PromiseLike<V> {
  /** For the compiler alone: tells a relationship from any other promise. */
  readonly [lazyValue]: V;
}

/** Property → column or relationship. A stricter constraint would have the compiler look into the getters too early. */
export type Shape = Record<string, any>;

/** What an attribute declared as `D` in shape `S` holds on an object. */
export type Value<D, S = unknown> =
  D extends ColumnBuilder<infer V, Need, boolean>
    ? V
    : D extends ToOne<infer C, infer K, infer N>
      ? Related<InstanceOf<C> | (N extends true ? null : NullOf<S, K>)>
      : D extends ToMany<infer C, never, ReadStrategy>
        ? Related<ListOf<InstanceOf<C>>>
        : D extends ToMany<infer C, infer K, infer L>
          ? L extends ReadStrategy
            ? Related<KeyedCollection<KeyIn<ShapeOf<C>, K>, InstanceOf<C>>>
            : WriteOnly<C>
          : D extends Via<infer R, infer P>
            ? Related<ViaView<FarOf<S, R, P>>>
            : never;

/** Whatever lets a collection be read. */
type ReadStrategy = Exclude<LazyStrategy, 'writeonly'>;

type KeyIn<S, K> = K extends keyof S ? (S[K] extends ColumnBuilder<infer V, Need, boolean> ? V : never) : never;

/** What the members of collection `R` of shape `S` have as `P`. */
type FarOf<S, R extends string, P extends string> = R extends keyof S
  ? S[R] extends Targeting<infer C extends ModelClass>
    ? P extends keyof ShapeOf<C>
      ? Given<ShapeOf<C>[P], ShapeOf<C>>
      : never
    : never
  : never;

/** What a `via` shows: an array to be read, which association objects follow. */
export interface ViaView<V> extends ReadonlyArray<V> {
  /** Makes an association object for each value. @returns the new length. */
  push(...values: V[]): number;
  /** Drops the association objects of these values; what is not there is left alone. */
  remove(...values: V[]): void;
}

/** A collection that is never loaded: what is put in and taken out is written, and the members are found by queries. */
export interface WriteOnly<C extends ModelClass> {
  /** Puts objects in; in a session they come into it. Runs no SQL. @throws {RelationshipTypeError} STATE_WRONG_TARGET */
  add(...members: InstanceOf<C>[]): void;
  /** Takes objects out, which the next flush writes; those that are no members are left alone. */
  remove(...members: InstanceOf<C>[]): void;
}

/** The members of a collection by a property of theirs. */
export interface KeyedCollection<K, V> extends Map<K, V> {
  /** Puts a member under its own key. @throws {MemberKeyError} STATE_WRONG_KEY - it has none. */
  add(member: V): this;
}

/**
 * The objects of class `C`: what a class declares as its prototype. Cheaper than `InstanceType`, which has the compiler
 * work out the constructor's input; only what `Model` gave, not extended by a class, has no prototype but `any`.
 */
export type InstanceOf<C extends ModelClass> = 0 extends 1 & C['prototype'] ? InstanceType<C> : C['prototype'];

/** A relationship as it is read and written: the thing itself when loaded, else the promise of it. */
export type Related<V> = V | Lazy<V>;

// Written `E[]` in the middle of another type, the compiler keeps it as a type of its own, unlike any other `E[]`.
export type ListOf<E> = { list: E[] }['list'];

/** Null when one of the foreign key's columns may be. */
type NullOf<S, K extends string> = K extends keyof S
  ? S[K] extends ColumnBuilder<infer V, Need, boolean>
    ? Extract<V, null>
    : never
  : never;

/** What every object can do. */
export interface Serializable {
  /** For the compiler alone: no object is a `Lazy`, so that what is known to be loaded is not taken for both. */
  readonly [lazyValue]?: undefined;
  /**
   * The object as plain data: its columns, and the relationships that were asked for (`with`, `load`, `await`, read, assigned)
   * as plain data too. Never loads anything; circles are cut.
   *
   * @throws {SerializationError} STATE_BAD_DEPTH
   * @example order.toObject({ depth: 1 }) // { id: 7, placedAt: Date, lines: [{ id: 1, … }, …] }
   */
  toObject(options?: ToObjectOptions): PlainObject;
}

/** An object of a class with shape `S`. */
export type Entity<S> = { -readonly [K in keyof S]: Value<S[K], S> };

/** The properties of `S` that are columns. */
export type ColumnName<S> = { [K in keyof S]: S[K] extends AnyColumn ? K : never }[keyof S] & string;

/** Columns that a `one(…, columns)` names: the object can be given in their place. */
type KeyedName<S extends Shape> = S[keyof S]['~types']['keyed'];

/** Columns that the constructor cannot do without. */
type NeededName<S extends Shape> = Exclude<
  { [K in keyof S]: S[K] extends ColumnBuilder<any, 'required', any> ? K : never }[keyof S],
  KeyedName<S>
>;

type Given<D, S> =
  D extends ColumnBuilder<infer V, Need, boolean>
    ? V
    : D extends ToOne<infer C, infer K, infer N>
      ? InstanceOf<C> | (N extends true ? null : NullOf<S, K>)
      : D extends ToMany<infer C, never, LazyStrategy>
        ? readonly InstanceOf<C>[]
        : D extends ToMany<infer C, string, LazyStrategy>
          ? Iterable<InstanceOf<C>> | ReadonlyMap<unknown, InstanceOf<C>>
          : never;

/** What the constructor takes: columns without null or default are required, unless an object can stand for them. */
export type Init<S extends Shape> = InitOf<S, NeededName<S>>;

// The first half says which names there must be, the second what each may hold, so that each is worked out once.
type InitOf<S, Needed extends PropertyKey> = { [K in Needed]: {} | null } & {
  [K in keyof S]?: Given<S[K], S> | undefined;
};

/** The constructor's arguments: none is needed when no column is. */
export type InitArguments<S extends Shape> = ArgumentsOf<S, NeededName<S>>;

// The names are a parameter: a condition on anything that holds `S` itself would be worked out three times.
type ArgumentsOf<S, Needed extends PropertyKey> = [Needed] extends [never]
  ? [init?: InitOf<S, Needed>]
  : [init: InitOf<S, Needed>];

/** The columns of `S` as Kysely sees a table, by property name. */
export type Row<S> = {
  [K in keyof S as S[K] extends AnyColumn ? K : never]: S[K] extends ColumnBuilder<infer V, infer N, boolean>
    ? N extends 'generated'
      ? Generated<V>
      : V
    : never;
};

/** What `Model(table, shape)` gives: a class to extend. */
export interface MappedClass<T extends string, S extends Shape> {
  new (...init: InitArguments<S>): Entity<S> & Serializable;
  readonly table: T;
  readonly shape: S;
}

/** What `Submodel(parent, identity, shape)` gives: a class to extend, whose objects are objects of the parent. */
export interface MappedSubclass<P extends ModelClass, S, T extends string = P['table']> {
  new (...init: InitArguments<ShapeOf<P> & S>): InstanceOf<P> & Entity<S>;
  readonly table: T;
  readonly shape: ShapeOf<P> & S;
}

/** Shape `S` with column `D` filled in by the class itself. */
export type Discriminated<S, D> = {
  [K in keyof S]: K extends D
    ? S[K] extends ColumnBuilder<infer V, Need, infer P>
      ? ColumnBuilder<V, 'optional', P>
      : S[K]
    : S[K];
};

/** A relationship of any kind. */
export interface Targeting<C> {
  readonly '~types': { readonly target: C };
}

/** The shape that a class was declared with. */
export type ShapeOf<C extends ModelClass> = C['shape'];

/** What a relationship holds once it is loaded. */
export type Held<V> = V extends { readonly [lazyValue]: unknown } ? never : V;

/** The columns of `S` that make its primary key, with their values. */
type KeyColumns<S> = {
  [K in keyof S as S[K] extends { readonly '~types': { readonly key: true } } ? K : never]: S[K] extends ColumnBuilder<
    infer V,
    Need,
    boolean
  >
    ? V
    : never;
};

/** The primary key of a model's rows: its value, or, for a key of several columns, an object of them. */
export type KeyOf<C extends ModelClass> = KeyValue<KeyColumns<ShapeOf<C>>>;

type KeyValue<K> = IsUnion<keyof K> extends true ? Readonly<K> : K[keyof K];

type IsUnion<T, All = T> = [T] extends [never] ? false : T extends unknown ? ([All] extends [T] ? false : true) : never;

/** Models by the names that a program gives them. */
export type Models = Readonly<Record<string, ModelClass>>;

/** The Kysely database of some models: table name → row. */
export type DatabaseOf<M extends Models> = { [K in keyof M as M[K]['table']]: Row<ShapeOf<M[K]>> };
