import type {
  Expression,
  ExpressionBuilder,
  ExpressionWrapper,
  QueryCreator,
  SelectQueryBuilder,
  SqlBool,
} from 'kysely';
import { expressionBuilder } from 'kysely';

/** Stands for tables that only a mapper knows: Kysely's types have nothing to say about them. */
type Unknowable = any;

export type AnyBuilder = ExpressionBuilder<Unknowable, Unknowable>;
export type AnySelect = SelectQueryBuilder<Unknowable, Unknowable, Unknowable>;
export type AnyCreator = QueryCreator<Unknowable>;
export type AnyExpression = Expression<Unknowable>;
export type AnyWrapper = ExpressionWrapper<Unknowable, Unknowable, Unknowable>;
export type Truth = Expression<SqlBool>;

/** Kysely's, over any tables. */
export const eb: AnyBuilder = expressionBuilder<Unknowable, Unknowable>();
