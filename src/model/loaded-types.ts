import type { Held, KeyedCollection, ListOf } from './model-types.ts';

/**
 * `E` with the relationships on the paths `P` known to be loaded; still an `E`, with its methods and private fields.
 *
 * @example function print(order: Loaded<Order, 'customer' | 'lines.product'>) { … }
 */
export type Loaded<E, P extends AttributePath<E>> = LoadedAlong<E, P>;

/** What `P` may be: a property, or a path that begins with one. */
export type AttributePath<E> = (keyof E & string) | `${keyof E & string}.${string}`;

/** A subject of `session.load`, one object or many, with what was loaded. */
export type LoadedSubject<T, P extends string> = T extends readonly (infer E)[]
  ? ListOf<LoadedAlong<E, P>>
  : LoadedAlong<T, P>;

/** The objects that a subject is or has. */
export type SubjectOf<T> = T extends readonly (infer E)[] ? E : T;

// For paths that were checked elsewhere.
type LoadedAlong<E, P extends string> = {
  [K in HeadOf<P> & keyof E]: LoadedMembers<Held<E[K]>, RestOf<P, K & string>>;
} & E;

type HeadOf<P extends string> = P extends `${infer Head}.${string}` ? Head : P;
type RestOf<P extends string, Head extends string> = P extends `${Head}.${infer Rest}` ? Rest : never;

type LoadedMembers<V, P extends string> = [P] extends [never]
  ? V
  : V extends readonly (infer E)[]
    ? ListOf<LoadedAlong<E, P>>
    : V extends KeyedCollection<infer K, infer E>
      ? KeyedCollection<K, LoadedAlong<E, P>>
      : V extends null
        ? null
        : LoadedAlong<V, P>;

/** Carries, for the compiler alone, what is read as the members of a relationship. */
export interface Reads<E> {
  readonly '~reads': E;
}

/** `E` with everything known to be loaded that one call of `with` named; nothing of a list that is not written out. */
export type With<E, L extends readonly unknown[]> = number extends L['length']
  ? E
  : WithReads<WithPaths<E, Extract<L[number], string>>, Exclude<L[number], string>>;

type WithPaths<E, P extends string> = [P] extends [never] ? E : LoadedAlong<E, P>;

// What the functions of `{ relationship: function }` read: written out here, or the compiler shows the functions.
type WithReads<E, W> = [W] extends [never]
  ? E
  : LoadedAs<E, { [K in keyof W]: W[K] extends (...related: never) => Reads<infer R> ? R : never }>;

/** `E` with relationships that hold what `R` says. Members that were read in part make the whole something else than an `E`. */
export type LoadedAs<E, R> = { [K in keyof R & keyof E]: MembersAs<Held<E[K]>, R[K]> } & Without<E, InPart<E, R>>;

type MembersAs<V, R> = V extends readonly unknown[]
  ? ListOf<R>
  : V extends KeyedCollection<infer K, unknown>
    ? KeyedCollection<K, R>
    : V extends null
      ? null
      : R;

type InPart<E, R> = { [K in keyof R & keyof E]: MembersAs<Held<E[K]>, R[K]> extends E[K] ? never : K }[keyof R &
  keyof E];

type Without<E, K extends keyof E> = [K] extends [never] ? E : Omit<E, K>;
