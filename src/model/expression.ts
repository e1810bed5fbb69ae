import type { Expression, ExpressionBuilder } from 'kysely';

import type { ModelClass } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import type { It } from './query-types.ts';

/**
 * SQL to assign to a column: the next flush writes it, and the object then shows the value that came of it. Until then the
 * attribute holds the expression.
 *
 * @param build - over the columns of `model`, by their property names.
 * @param sqlText - or any Kysely expression, such as its `sql` template; there columns go by their database names.
 * @example user.logins = expression(User, (eb) => eb('logins', '+', 1));
 * @example user.seenAt = expression(sql<Date>`now()`);
 */
export function expression<C extends ModelClass, V>(
  model: C,
  build: (eb: ExpressionBuilder<It<C>, 'it'>) => Expression<V>,
): V;
export function expression<V>(sqlText: Expression<V>): V;
export function expression(first: unknown, build?: (eb: never) => unknown): unknown {
  return new SqlExpression(build === undefined ? () => first : (eb) => build(eb as never));
}
