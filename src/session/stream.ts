import { QueryArgumentError } from '../errors/session-errors.ts';
import type { PageLoad } from '../loading/load-page.ts';
import type { Position, QuerySpec } from '../loading/query-spec.ts';
import { wholeNumber } from './query-arguments.ts';
import { totalOrder } from './total-order.ts';

/** How `stream` reads. */
export interface StreamOptions {
  /** Objects that each statement reads. Default: 500. */
  readonly batch?: number;
}

/** Reads one page. */
type ReadPage<E> = (load: PageLoad) => Promise<{ readonly objects: E[]; readonly last: Position | undefined }>;

const BATCH = 500;

/**
 * The objects of a query, page by page: each page begins after the last row of the one before, so rows that are inserted
 * or deleted meanwhile neither repeat nor hide others.
 */
export async function* streamPages<E>(
  spec: QuerySpec,
  options: StreamOptions,
  read: ReadPage<E>,
): AsyncGenerator<E, void, undefined> {
  const batch = batchOf(options);
  let remaining = spec.limit ?? Infinity;
  let page: QuerySpec = { ...spec, orderings: totalOrder(spec, 'stream') };
  while (remaining > 0) {
    const size = Math.min(batch, remaining);
    const { objects, last } = await read({ spec: page, size, looksFurther: false });
    yield* objects;
    if (objects.length < size) return;
    remaining -= size;
    page = { ...page, after: last, offset: undefined };
  }
}

function batchOf({ batch = BATCH }: StreamOptions): number {
  if (wholeNumber('stream', batch) > 0) return batch;
  throw QueryArgumentError.of('stream', 'a batch of 0 objects reads nothing', 'Write stream({ batch: 500 }).');
}
