import type { AnyColumn } from '../mapping/column-builder.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, ShapeOf, Targeting } from './model-types.ts';

// Paths ask shapes, not objects: an object's properties include what the class body declares, whose types may still be open.

/** A relationship to one object. */
interface TargetingOne<C> {
  readonly '~types': { readonly target: C; readonly nullable: unknown };
}

/** The properties of `S` that are relationships. */
export type RelationshipName<S> = { [K in keyof S]: S[K] extends Targeting<unknown> ? K : never }[keyof S] & string;

/** The model that relationship `K` of shape `S` leads to. */
export type TargetOf<S, K> = K extends keyof S
  ? S[K] extends Targeting<infer C extends ModelClass>
    ? C
    : never
  : never;

/** The model that a path of relationships leads to. */
export type TargetAt<S, P extends string> = P extends `${infer Head}.${infer Rest}`
  ? TargetAt<ShapeOf<TargetOf<S, Head>>, Rest>
  : TargetOf<S, P>;

/**
 * `P` itself when it is a path of relationships from shape `S`, such as `'lines.product'`; else the paths that could
 * have been meant, which the compiler then shows.
 */
// What could have been meant is only worked out when it is needed.
export type RelationshipPath<S, P extends string> = P extends keyof S
  ? S[P] extends Targeting<unknown>
    ? P
    : RelationshipName<S>
  : P extends `${infer Head extends keyof S & string}.${infer Rest}`
    ? S[Head] extends Targeting<infer C extends ModelClass>
      ? `${Head}.${RelationshipPath<ShapeOf<C>, Rest>}`
      : RelationshipName<S>
    : RelationshipName<S>;

/**
 * `P` itself when it is a column of shape `S`, or leads along to-one relationships to one, such as `'owner.name'`; else what
 * could have been meant, which the compiler then shows.
 */
export type ColumnPath<S, P extends string> = P extends keyof S
  ? S[P] extends AnyColumn
    ? P
    : ColumnName<S>
  : P extends `${infer Head extends keyof S & string}.${infer Rest}`
    ? S[Head] extends TargetingOne<infer C extends ModelClass>
      ? `${Head}.${ColumnPath<ShapeOf<C>, Rest>}`
      : S[Head] extends Targeting<unknown>
        ? `${Head} holds many: ask with any('${Head}', …)`
        : ColumnName<S>
    : ColumnName<S>;

/** Anything, where `R` is a column or a path that leads to one. Else what the compiler shows beside the name. */
// For a parameter of type `R & KnownColumn<S, R>`: with a mere condition, the compiler works out all that might be meant.
export type KnownColumn<S, R> = [R] extends [keyof S]
  ? S[R] extends AnyColumn
    ? unknown
    : Unknown<`${R & string} is a relationship`>
  : [R] extends [`${string}.${string}`]
    ? [R] extends [ColumnPath<S, R>]
      ? unknown
      : Unknown<ColumnPath<S, R>>
    : unknown;

/** For each thing that `with` was given: anything, where it is no path or one that leads to a relationship. Else what the compiler shows. */
export type KnownLoads<S, L extends readonly unknown[]> = {
  [I in keyof L]: L[I] extends `${string}.${string}`
    ? L[I] extends RelationshipPath<S, L[I]>
      ? unknown
      : Unknown<RelationshipPath<S, L[I]>>
    : unknown;
};

/** What `with` takes: each as it is, beside what is known of it. */
export type CheckedLoads<L extends readonly unknown[], K> = { readonly [I in keyof L]: Checked<L[I], K[I & keyof K]> };

/** `R` as it was given, beside what is known of it, from which nothing is inferred. */
export type Checked<R, K> = R & NoInfer<K>;

/** Never found: shows what could have been meant. */
export interface Unknown<Meant> {
  readonly '~meant': Meant;
}

/** The value of the column that a path leads to. */
// In brackets, or the compiler works through every column each time to see what might be meant.
export type PathValue<S, P> = [P] extends [keyof S]
  ? ColumnValue<S, P>
  : [P] extends [`${infer Head}.${infer Rest}`]
    ? PathValue<ShapeOf<TargetOf<S, Head>>, Rest>
    : never;

/** The value of one column on the object. */
export type ColumnValue<S, K extends keyof S> = S[K] extends {
  readonly '~types': { readonly value: infer V; readonly need: unknown };
}
  ? V
  : never;
