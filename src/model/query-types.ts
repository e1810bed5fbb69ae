import type {
  ComparisonOperatorExpression,
  Expression,
  ExpressionBuilder,
  OrderByExpression,
  OrderByModifiers,
  SqlBool,
} from 'kysely';

import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, RelationshipPath, Row, ShapeOf, TargetAt } from './model-types.ts';

/** One model as a Kysely database: its rows are called `it`, its columns by their properties. */
export interface It<C extends ModelClass> {
  readonly it: Row<ShapeOf<C>>;
}

/** A column of the model, or an expression over its columns. */
export type ColumnReference<C extends ModelClass> = ColumnName<ShapeOf<C>> | Expression<any>;

/** What `R` can be compared with: a value, a list or an expression of its type. */
// Kysely's own operand also takes functions of an expression builder, which is most of what such a call costs to check.
export type Operand<C extends ModelClass, R> = OperandOf<ReferencedValue<C, R>>;

type OperandOf<V> = V | null | readonly V[] | Expression<V | null> | Expression<Record<string, V>>;

// In brackets, or the compiler works through every column each time to see what might be meant.
type ReferencedValue<C extends ModelClass, R> = [R] extends [ColumnName<ShapeOf<C>>]
  ? ColumnValue<ShapeOf<C>, R>
  : [R] extends [Expression<infer V>]
    ? V
    : never;

export type Operator = ComparisonOperatorExpression;

/** Column → value it equals; a list means any of its values, null means IS NULL. */
export type Conditions<C extends ModelClass> = {
  readonly [K in ColumnName<ShapeOf<C>>]?: Condition<ColumnValue<ShapeOf<C>, K>>;
} & { readonly [path: `${string}.${string}`]: unknown };

type Condition<V> = V | readonly NonNullable<V>[];

/** The value of one column on the object. */
export type ColumnValue<S, K extends keyof S> = S[K] extends {
  readonly '~types': { readonly value: infer V; readonly need: unknown };
}
  ? V
  : never;

/** Any condition at all, made with Kysely's expression builder; the second argument speaks of related rows. */
export type ConditionBuilder<C extends ModelClass> = (
  eb: ExpressionBuilder<It<C>, 'it'>,
  it: RelatedTerms<C>,
) => Expression<SqlBool>;

/**
 * `P` itself when it leads along to-one relationships to a column, such as `'owner.name'`; else what could have been
 * meant, which the compiler then shows.
 */
export type ColumnPath<S, P extends string> = P extends `${infer Head extends keyof S & string}.${infer Rest}`
  ? S[Head] extends TargetingOne<infer C extends ModelClass>
    ? `${Head}.${ColumnPath<ShapeOf<C>, Rest>}`
    : ColumnName<S>
  : ColumnName<S>;

/** The value of the column that a path leads to. */
export type PathValue<S, P extends string> = P extends `${infer Head extends keyof S & string}.${infer Rest}`
  ? S[Head] extends TargetingOne<infer C extends ModelClass>
    ? PathValue<ShapeOf<C>, Rest>
    : never
  : P extends keyof S
    ? ColumnValue<S, P>
    : never;

/** A relationship to one object. */
interface TargetingOne<C> {
  readonly '~types': { readonly target: C; readonly nullable: unknown };
}

/** What to ask of related rows. Each call gives a new filter; several are joined by AND. */
export interface RowFilter<C extends ModelClass> extends RelatedConditions<C, RowFilter<C>> {
  readonly where: Where<C, RowFilter<C>>;
}

/** Narrows to the related rows that matter. */
export type FilterRows<C extends ModelClass> = (rows: RowFilter<C>) => RowFilter<C>;

/** Conditions on whether there are related rows. */
export interface RelatedConditions<C extends ModelClass, Result> {
  has<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P> & P,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
  any<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P> & P,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
  hasNone<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P> & P,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
}

/** Related rows, for use in a free expression. */
export interface RelatedTerms<C extends ModelClass> extends RelatedConditions<C, Expression<SqlBool>> {
  /** The column that a path along to-one relationships leads to; null where there is no such row. */
  path<const P extends string>(path: ColumnPath<ShapeOf<C>, P> & P): Expression<PathValue<ShapeOf<C>, P> | null>;
}

/** The ways to call `where`. */
export interface Where<C extends ModelClass, Result> {
  <R extends ColumnReference<C>>(column: R, operator: Operator, value: Operand<C, R>): Result;
  <const P extends string>(
    path: ColumnPath<ShapeOf<C>, P> & P,
    operator: Operator,
    value: OperandOf<PathValue<ShapeOf<C>, P>>,
  ): Result;
  (conditions: Conditions<C>): Result;
  (build: ConditionBuilder<C>): Result;
}

/** The arguments of `where` in any of its forms, for passing them on. */
export type WhereArgs<C extends ModelClass> =
  | readonly [column: ColumnReference<C> | `${string}.${string}`, operator: Operator, value: unknown]
  | readonly [conditions: Conditions<C>]
  | readonly [build: ConditionBuilder<C>];

/** What `orderBy` takes first: a column, or an expression over columns. */
export type OrderColumn<C extends ModelClass> = OrderByExpression<It<C>, 'it', object>;

/** What `orderBy` takes second: `'asc'`, `'desc'`, or `(order) => order.desc().nullsLast()`. */
export type OrderDirection = OrderByModifiers;

/** New values for a set-based update: by column, plain or computed from the row. */
export type Changes<C extends ModelClass> = {
  readonly [K in ColumnName<ShapeOf<C>>]?:
    | ColumnValue<ShapeOf<C>, K>
    | Expression<ColumnValue<ShapeOf<C>, K>>
    | ((eb: ExpressionBuilder<It<C>, 'it'>) => Expression<ColumnValue<ShapeOf<C>, K>>);
};
