import {
  PoolCheckoutAbortedError,
  PoolClosedError,
  PoolOptionError,
  PoolOverloadedError,
  PoolSelfStarvationError,
  PoolTimeoutError,
  PoolUnavailableError,
} from '../errors/pool-errors.ts';
import type { PoolTotals } from './pool.ts';

const REFUSALS = [PoolClosedError, PoolOptionError, PoolOverloadedError, PoolSelfStarvationError, PoolUnavailableError];

/** What has happened in a pool since it was made. Each count is raised at the one place where that happens. */
export class PoolTally {
  direct = 0;
  waited = 0;
  opened = 0;
  closed = 0;
  detached = 0;
  connectsFailed = 0;
  #timedOut = 0;
  #aborted = 0;
  #refused = 0;
  #failed = 0;

  /** A checkout ended with this error. */
  noteError(error: unknown): void {
    if (error instanceof PoolTimeoutError) this.#timedOut += 1;
    else if (error instanceof PoolCheckoutAbortedError) this.#aborted += 1;
    else if (REFUSALS.some((refusal) => error instanceof refusal)) this.#refused += 1;
    else this.#failed += 1;
  }

  /** @param waiting - callers whose checkout has not ended. */
  totals(waiting: number): PoolTotals {
    const { direct, waited, opened, closed, detached, connectsFailed } = this;
    const [timedOut, aborted, refused, failed] = [this.#timedOut, this.#aborted, this.#refused, this.#failed];
    const started = direct + waited + timedOut + aborted + refused + failed + waiting;
    return { started, direct, waited, timedOut, aborted, refused, failed, opened, closed, detached, connectsFailed };
  }
}
