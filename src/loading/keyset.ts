import type { Dialect } from '../dialects/dialect.ts';
import type { Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import type { NextValue } from './conditions.ts';
import type { ColumnOrdering, QuerySpec } from './query-spec.ts';
import { codecsOf } from './row-codec.ts';
import type { SqlScope } from './sql-scope.ts';

/**
 * What comes after a position in an order of columns: later in the first column, or alike there and later in the
 * second, and so on. Asks for values in the order of `positionValues`.
 */
export function afterPosition(spec: QuerySpec, scope: SqlScope, next: NextValue): Truth {
  const columns = orderColumns(spec);
  const alternatives = columns.map(({ column, direction }, at) => {
    const alike = columns.slice(0, at).map((earlier) => eb(scope.ref(earlier.column), '=', next()));
    return eb.and([...alike, eb(scope.ref(column), direction === 'asc' ? '>' : '<', next())]);
  });
  return eb.or(alternatives);
}

/** The values of a position, encoded, once for each placeholder. */
export function positionValues(dialect: Dialect, spec: QuerySpec): unknown[] {
  const { after, mapper } = spec;
  if (after === undefined) return [];
  const codecs = codecsOf(dialect, mapper);
  const encoded = orderColumns(spec).map(({ column }, at) => codecs[column.index]?.encode(after[at]));
  return encoded.flatMap((_, at) => encoded.slice(0, at + 1));
}

function orderColumns({ orderings }: QuerySpec): ColumnOrdering[] {
  return orderings.filter((ordering) => ordering.kind === 'column');
}
