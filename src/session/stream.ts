import { QueryArgumentError } from '../errors/session-errors.ts';
import type { ColumnOrdering, QuerySpec } from '../loading/query-spec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { requireState } from '../state/entity.ts';
import { wholeNumber } from './query-arguments.ts';

/** How `stream` reads. */
export interface StreamOptions {
  /** Objects that each statement reads. Default: 500. */
  readonly batch?: number;
}

/** Reads one page. */
type LoadPage<E> = (spec: QuerySpec) => Promise<E[]>;

const BATCH = 500;

/**
 * The objects of a query, page by page: each page begins after the last row of the one before, so rows that are inserted
 * or deleted meanwhile neither repeat nor hide others.
 */
export async function* streamPages<E>(
  spec: QuerySpec,
  options: StreamOptions,
  load: LoadPage<E>,
): AsyncGenerator<E, void, undefined> {
  const batch = batchOf(options);
  const orderings = totalOrder(spec);
  let remaining = spec.limit ?? Infinity;
  let page = { ...spec, orderings };
  while (remaining > 0) {
    const size = Math.min(batch, remaining);
    const objects = await load({ ...page, limit: size });
    const last = objects.at(-1);
    if (last === undefined) return;
    const after = positionOf(last, orderings);
    yield* objects;
    if (objects.length < size) return;
    remaining -= size;
    page = { ...page, after, offset: undefined };
  }
}

/** The query's order, made total by the primary key. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT */
function totalOrder({ mapper, orderings }: QuerySpec): ColumnOrdering[] {
  const given = orderings.map((ordering) => {
    if (ordering.kind === 'expression') throw unordered(mapper, 'an expression');
    const { column, isDeferred, property } = ordering.column;
    if (column.nullable || isDeferred)
      throw unordered(mapper, `'${property}', which may be ${isDeferred ? 'unloaded' : 'null'}`);
    return ordering;
  });
  const ordered = new Set(given.map(({ column }) => column));
  const rest = mapper.primaryKey.filter((column) => !ordered.has(column));
  return [...given, ...rest.map((column) => ({ kind: 'column', column, direction: 'asc' }) as const)];
}

/** Where a page ended, as the database has it: edits that the program makes meanwhile do not move the place. */
function positionOf(object: unknown, orderings: readonly ColumnOrdering[]): unknown[] {
  const { committed } = requireState(object);
  return orderings.map(({ column }) => committed?.[column.index]);
}

function batchOf({ batch = BATCH }: StreamOptions): number {
  if (wholeNumber('stream', batch) > 0) return batch;
  throw QueryArgumentError.of('stream', 'a batch of 0 objects reads nothing', 'Write stream({ batch: 500 }).');
}

function unordered(mapper: Mapper, by: string): QueryArgumentError {
  const cure = 'Order by columns that are never null; the primary key decides among equals by itself.';
  return QueryArgumentError.of(
    `find(${mapper.name}).stream`,
    `it cannot find its place again when ordered by ${by}`,
    cure,
  );
}
