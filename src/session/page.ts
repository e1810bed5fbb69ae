import { QueryArgumentError } from '../errors/session-errors.ts';
import type { LoadedPage, PageLoad } from '../loading/load-page.ts';
import type { ColumnOrdering, Position, QuerySpec } from '../loading/query-spec.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { Cursor } from './cursor.ts';
import { Cursors } from './cursor.ts';
import { totalOrder } from './total-order.ts';

/** Which page. Without a cursor, the first one. */
export interface PageOptions<C extends ModelClass> {
  /** Objects at most. Default: 50. */
  readonly size?: number;
  /** The page behind this place: `next` of the page before it. */
  readonly after?: Cursor<C> | null | undefined;
  /** The page that ends there: `previous` of the page behind it. */
  readonly before?: Cursor<C> | null | undefined;
}

/** A page of a query's objects, in its order. */
export interface Page<C extends ModelClass, E> {
  readonly items: E[];
  /** For `after`; null on the last page. */
  readonly next: Cursor<C> | null;
  /** For `before`; null on the first page. */
  readonly previous: Cursor<C> | null;
  readonly hasNext: boolean;
  /** What lies on the side that a cursor came from is not looked at again: true there, even if it is gone by now. */
  readonly hasPrevious: boolean;
}

/** Reads objects from a place on, and says where they are. */
export type ReadPage<E> = (load: PageLoad) => Promise<Omit<LoadedPage, 'states'> & { readonly objects: E[] }>;

interface PageRequest {
  readonly size: number;
  readonly from: Position | undefined;
  readonly isBackwards: boolean;
}

/**
 * One page, read in one statement.
 *
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - both cursors; ordered by an expression; after `limit` or `offset`.
 * @throws {CursorError} QUERY_CURSOR_ALTERED @throws {CursorError} QUERY_CURSOR_FOREIGN
 */
export async function readPage<C extends ModelClass, E>(
  spec: QuerySpec,
  { options, secret }: { readonly options: PageOptions<C>; readonly secret: string | undefined },
  read: ReadPage<E>,
): Promise<Page<C, E>> {
  refuseSliced(spec);
  const orderings = totalOrder(spec, 'page');
  const cursors = new Cursors({ ...spec, orderings }, secret);
  const request = requestOf(spec, options, cursors);
  const ordered = { ...spec, orderings: request.isBackwards ? orderings.map(reversed) : orderings };
  const page = await read({ spec: { ...ordered, after: request.from }, size: request.size, looksFurther: true });
  return toPage(page, request, cursors);
}

function toPage<C extends ModelClass, E>(
  { objects, first, last, hasMore }: Awaited<ReturnType<ReadPage<E>>>,
  { from, isBackwards }: PageRequest,
  cursors: Cursors,
): Page<C, E> {
  const cameFrom = from !== undefined;
  // Nothing is left behind the place: the way back begins at the place itself.
  const turn = from && { values: from.values, isInclusive: !from.isInclusive };
  const [start, end] = objects.length === 0 ? [turn, undefined] : [first, last];
  const back = cameFrom && start !== undefined ? cursors.write(start) : null;
  const on = hasMore && end !== undefined ? cursors.write(end) : null;
  const [next, previous] = isBackwards ? [back, on] : [on, back];
  const items = isBackwards ? objects.toReversed() : objects;
  return { items, next, previous, hasNext: next !== null, hasPrevious: previous !== null };
}

function requestOf<C extends ModelClass>(
  { mapper }: QuerySpec,
  { size = 50, after, before }: PageOptions<C>,
  cursors: Cursors,
): PageRequest {
  const call = `find(${mapper.name}).page`;
  if (!Number.isSafeInteger(size) || size < 1)
    throw QueryArgumentError.of(call, 'the size is no whole number from 1 on', 'Write page({ size: 50 }).');
  const isBackwards = before !== undefined && before !== null;
  const cursor = isBackwards ? before : (after ?? undefined);
  if (isBackwards && after !== undefined && after !== null)
    throw QueryArgumentError.of(call, 'after and before exclude each other', 'Give one of them.');
  return { size, isBackwards, from: cursor === undefined ? undefined : cursors.read(cursor) };
}

function reversed(ordering: ColumnOrdering): ColumnOrdering {
  const { direction, nulls } = ordering;
  return {
    ...ordering,
    direction: direction === 'asc' ? 'desc' : 'asc',
    nulls: nulls && (nulls === 'first' ? 'last' : 'first'),
  };
}

function refuseSliced({ mapper, limit, offset }: QuerySpec): void {
  if (limit === undefined && offset === undefined) return;
  throw QueryArgumentError.of(
    `find(${mapper.name}).page`,
    `${limit === undefined ? 'offset' : 'limit'} does not go with pages`,
    'Leave limit and offset out: the size and the cursors say what they would.',
  );
}
