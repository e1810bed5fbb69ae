import type { CallSite } from '../util/call-site.ts';
import type { Deadlined } from '../util/deadline.ts';
import type { Ranked } from '../util/ranked-queue.ts';
import type { Moment } from './join-dates.ts';
import type { Lease } from './lease.ts';
import type { Borrower } from './loan.ts';
import type { PoolScope } from './pool-scope.ts';
import type { CheckoutOptions, PoolWaiting } from './pool.ts';
import { lineOf } from './waiter-groups.ts';

const RANKS = { high: 0, normal: 1, low: 2 };
export const RANK_COUNT = Object.keys(RANKS).length;

export function rankOf(priority: CheckoutOptions['priority'] = 'normal'): number {
  return RANKS[priority];
}

/** A caller in line for a connection, and the promise that it holds. */
export class PoolWaiter<C> implements Borrower, Deadlined, Ranked<PoolWaiter<C>> {
  // What is looked at when its turn comes stands together: by then it has left the processor's nearest memory.
  next: PoolWaiter<C> | undefined = undefined;
  previous: PoolWaiter<C> | undefined = undefined;
  queue: unknown = undefined;
  isInOrder = false;
  readonly label: string | undefined;
  readonly owner: object | undefined;
  readonly scope: PoolScope | undefined;
  readonly callSite: CallSite | undefined;
  #settle!: (outcome: Lease<C> | Promise<never>) => void;
  #unlisten: (() => void) | undefined = undefined;
  heapIndex = -1;
  /** When it came, as a number that grows. */
  arrival = 0;
  readonly rank: number;
  readonly promise: Promise<Lease<C>>;
  /** What the caller allowed, milliseconds. */
  readonly timeoutMs: number;
  /** What it gets, milliseconds. */
  readonly patienceMs: number;
  readonly #moment: Moment;

  constructor(
    options: CheckoutOptions & Pick<Borrower, 'scope'>,
    callSite: CallSite | undefined,
    wait: { moment: Moment; timeoutMs: number; patienceMs: number },
  ) {
    this.label = options.label;
    this.owner = options.owner;
    this.scope = options.scope;
    this.callSite = callSite;
    this.rank = rankOf(options.priority);
    this.timeoutMs = wait.timeoutMs;
    this.#moment = wait.moment;
    this.patienceMs = wait.patienceMs;
    this.promise = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get since(): number {
    return this.#moment.earliest;
  }

  get dueAt(): number {
    return this.#moment.latest + this.patienceMs;
  }

  get isWaiting(): boolean {
    return this.queue !== undefined;
  }

  toWaiting(now: number): PoolWaiting {
    const { label, timeoutMs, callSite } = this;
    return { label, waitedMs: now - this.since, timeoutMs, line: lineOf(callSite) };
  }

  /** Calls `onAbort` once `signal` aborts, until the waiter is settled. */
  listen(signal: AbortSignal, onAbort: () => void): void {
    signal.addEventListener('abort', onAbort);
    this.#unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  serve(lease: Lease<C>): void {
    this.#unlisten?.();
    this.#settle(lease);
  }

  refuse(error: unknown): void {
    this.#unlisten?.();
    this.#settle(Promise.reject(error));
  }
}
