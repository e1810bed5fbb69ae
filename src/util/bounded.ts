import type { Clock } from './clock.ts';

/** How a bounded piece of work ended. */
export type BoundedOutcome<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'failed'; readonly error: unknown }
  | { readonly outcome: 'timed out' };

/**
 * Runs `work` and waits for it at most `ms` milliseconds. Never rejects.
 *
 * Work that is late goes on; what it does afterwards is ignored.
 */
export function bounded<T>(clock: Clock, ms: number, work: () => PromiseLike<T> | T): Promise<BoundedOutcome<T>> {
  return new Promise((settle) => {
    const cancel = ms === Infinity ? () => {} : clock.setTimer(ms, () => settle({ outcome: 'timed out' }));
    const end = (outcome: BoundedOutcome<T>): void => {
      cancel();
      settle(outcome);
    };
    start(work).then(
      (value) => end({ outcome: 'done', value }),
      (error: unknown) => end({ outcome: 'failed', error }),
    );
  });
}

/** Turns a synchronous throw into a rejection. */
async function start<T>(work: () => PromiseLike<T> | T): Promise<T> {
  return work();
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
