import type {
  ComparisonOperatorExpression,
  Expression,
  ExpressionBuilder,
  OrderByExpression,
  OrderByModifiers,
  SqlBool,
} from 'kysely';

import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, Row, ShapeOf } from './model-types.ts';

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
};

type Condition<V> = V | readonly NonNullable<V>[];

/** The value of one column on the object. */
export type ColumnValue<S, K extends keyof S> = S[K] extends {
  readonly '~types': { readonly value: infer V; readonly need: unknown };
}
  ? V
  : never;

/** Any condition at all, made with Kysely's expression builder. */
export type ConditionBuilder<C extends ModelClass> = (eb: ExpressionBuilder<It<C>, 'it'>) => Expression<SqlBool>;

/** The ways to call `where`. */
export interface Where<C extends ModelClass, Result> {
  <R extends ColumnReference<C>>(column: R, operator: Operator, value: Operand<C, R>): Result;
  (conditions: Conditions<C>): Result;
  (build: ConditionBuilder<C>): Result;
}

/** The arguments of `where` in any of its forms, for passing them on. */
export type WhereArgs<C extends ModelClass> =
  | readonly [column: ColumnReference<C>, operator: Operator, value: unknown]
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
