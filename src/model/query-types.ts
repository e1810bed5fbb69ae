import type { ComparisonOperatorExpression, Expression, ExpressionBuilder, OrderByModifiers, SqlBool } from 'kysely';

import type { ColumnBuilder, Need } from '../mapping/column-builder.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { ColumnName, Row, ShapeOf } from './model-types.ts';
import type {
  Checked,
  ColumnPath,
  ColumnValue,
  KnownColumn,
  PathValue,
  RelationshipPath,
  TargetAt,
} from './path-types.ts';

/** One model as a Kysely database: its rows are called `it`, its columns by their properties. */
export interface It<C extends ModelClass> {
  readonly it: Row<ShapeOf<C>>;
}

/** What column or expression `R` can be compared with: a value, a list or an expression of its type. */
// In brackets, or the compiler works through every column each time to see what might be meant.
export type OperandFor<C extends ModelClass, R> = [R] extends [keyof ShapeOf<C>]
  ? Operand<ColumnValue<ShapeOf<C>, R>>
  : [R] extends [string]
    ? Operand<PathValue<ShapeOf<C>, R>>
    : [R] extends [Expression<infer V>]
      ? Operand<V>
      : never;

// Kysely's own operand also takes functions of an expression builder, which is most of what such a call costs to check.
type Operand<V> = V | null | readonly V[] | Expression<V | null> | Expression<Record<string, V>>;

export type Operator = ComparisonOperatorExpression;

/** Column → value it equals; a list means any of its values, null means IS NULL. */
export type Conditions<C extends ModelClass> = {
  readonly [K in keyof ShapeOf<C>]?: Condition<ShapeOf<C>[K]>;
} & { readonly [path: `${string}.${string}`]: unknown };

type Condition<D> =
  D extends ColumnBuilder<infer V, Need, boolean>
    ? V | readonly NonNullable<V>[]
    : 'this is a relationship: ask with has, any or hasNone';

/** Any condition at all, made with Kysely's expression builder; the second argument speaks of related rows. */
export type ConditionBuilder<C extends ModelClass> = (
  eb: ExpressionBuilder<It<C>, 'it'>,
  it: RelatedTerms<C>,
) => Expression<SqlBool>;

/** What to ask of related rows. Each call gives a new filter; several are joined by AND. */
export interface RowFilter<C extends ModelClass> extends RelatedConditions<C, RowFilter<C>> {
  readonly where: Where<C, RowFilter<C>>;
}

/** Narrows to the related rows that matter. */
export type FilterRows<C extends ModelClass> = (rows: RowFilter<C>) => RowFilter<C>;

/** Conditions on whether there are related rows. */
export interface RelatedConditions<C extends ModelClass, Result> {
  has<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
  any<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
  hasNone<const P extends string>(
    relationship: RelationshipPath<ShapeOf<C>, P>,
    filter?: FilterRows<TargetAt<ShapeOf<C>, P>>,
  ): Result;
}

/** Related rows, for use in a free expression. */
export interface RelatedTerms<C extends ModelClass> extends RelatedConditions<C, Expression<SqlBool>> {
  /** The column that a path along to-one relationships leads to; null where there is no such row. */
  path<const P extends string>(path: ColumnPath<ShapeOf<C>, P>): Expression<PathValue<ShapeOf<C>, P> | null>;
}

/** What a comparison has to know of its left side: whether there is such a column, and what it can be compared with. */
interface ColumnFacts {
  readonly known: unknown;
  readonly operand: unknown;
}

interface Referenced<C extends ModelClass, R> {
  readonly known: KnownColumn<ShapeOf<C>, R>;
  readonly operand: OperandFor<C, R>;
}

/** The ways to call `where`. */
export interface Where<C extends ModelClass, Result> {
  // What depends on `R` is a parameter that is never inferred: the compiler then works it out once.
  <
    const R extends (keyof ShapeOf<C> & string) | `${string}.${string}` | Expression<unknown>,
    F extends ColumnFacts = Referenced<C, R>,
  >(
    column: Checked<R, F['known']>,
    operator: Operator,
    value: NoInfer<F['operand']>,
  ): Result;
  (condition: Conditions<C> | ConditionBuilder<C>): Result;
}

/** The arguments of `where` in any of its forms, for passing them on. */
export type WhereArgs =
  | readonly [column: string | Expression<unknown>, operator: Operator, value: unknown]
  | readonly [condition: object];

/** What `orderBy` takes first: a column, or an expression over columns. */
export type OrderReference<C extends ModelClass> =
  | (keyof ShapeOf<C> & string)
  | `${string}.${string}`
  | Expression<unknown>
  | ((eb: ExpressionBuilder<It<C>, 'it'>) => Expression<unknown>);

/** What `orderBy` takes second: `'asc'`, `'desc'`, or `(order) => order.desc().nullsLast()`. */
export type OrderDirection = OrderByModifiers;

/** New values for a set-based update: by column, plain or computed from the row. */
export type Changes<C extends ModelClass> = {
  readonly [K in ColumnName<ShapeOf<C>>]?:
    | ColumnValue<ShapeOf<C>, K>
    | Expression<ColumnValue<ShapeOf<C>, K>>
    | ((eb: ExpressionBuilder<It<C>, 'it'>) => Expression<ColumnValue<ShapeOf<C>, K>>);
};
