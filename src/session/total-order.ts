import { QueryArgumentError } from '../errors/session-errors.ts';
import type { ColumnOrdering, QuerySpec } from '../loading/query-spec.ts';

/**
 * A query's order, made total by the primary key: each row has a place of its own in it.
 *
 * @param call - the method that needs one, for errors.
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - ordered by an expression.
 */
export function totalOrder({ mapper, orderings }: QuerySpec, call: string): ColumnOrdering[] {
  const given = orderings.map((ordering) => {
    if (ordering.kind === 'column') return ordering;
    throw QueryArgumentError.of(
      `find(${mapper.name}).${call}`,
      'it cannot find its place again when ordered by an expression',
      'Order by columns, also of related rows; the primary key decides among equals by itself.',
    );
  });
  const own = new Set(given.filter(({ path }) => path === undefined).map(({ column }) => column));
  const rest = mapper.primaryKey.filter((column) => !own.has(column));
  return [...given, ...rest.map((column) => ({ kind: 'column', column, direction: 'asc' }) as const)];
}
