import { PoolCheckoutAbortedError, PoolClosedError, PoolTimeoutError } from '../errors/pool-errors.ts';
import type { PoolTimeoutReport } from '../errors/pool-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Clock } from '../util/clock.ts';
import { DeadlineQueue } from '../util/deadline.ts';
import { LinkedQueue } from '../util/linked-queue.ts';
import { LoopWatch } from './loop-watch.ts';
import { publishTimeout } from './pool-events.ts';
import type { CheckoutOptions, PoolWaiting } from './pool.ts';
import type { WaitCourse } from './timeout-report.ts';
import { PoolWaiter } from './waiter.ts';

/** Who is asked about, and told of, callers that leave the line unserved. */
export interface LineOwner {
  /** What the pool knows now; `course` is that of the first that times out. */
  report(course: WaitCourse): PoolTimeoutReport;
  /** Somebody gave up waiting. */
  left(): void;
}

/** How a caller waits. */
export interface WaitTerms {
  readonly callSite: CallSite | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** The callers that wait for a connection: first come, first served, each until its deadline or its signal. */
export class WaitingLine<C> implements Iterable<PoolWaiter<C>> {
  readonly #queue = new LinkedQueue<PoolWaiter<C>>();
  readonly #deadlines: DeadlineQueue<PoolWaiter<C>>;
  readonly #clock: Clock;
  readonly #pool: string;
  readonly #owner: LineOwner;
  readonly #loop: LoopWatch;

  constructor(clock: Clock, pool: string, owner: LineOwner) {
    this.#clock = clock;
    this.#pool = pool;
    this.#owner = owner;
    this.#loop = new LoopWatch(clock, () => this.#deadlines.size > 0);
    this.#deadlines = new DeadlineQueue(clock, (due, lateMs) => this.expire(due, lateMs));
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Puts a caller at the end. */
  join(options: CheckoutOptions, { callSite, timeoutMs, connectTimeoutMs }: WaitTerms): PoolWaiter<C> {
    // Who does not want to stand in line still gets the time that a connection of its own takes to open.
    const patienceMs = timeoutMs === 0 ? connectTimeoutMs : timeoutMs;
    const waiter = new PoolWaiter<C>(options, callSite, { since: this.#clock.now(), timeoutMs, patienceMs });
    this.#queue.push(waiter);
    if (patienceMs !== Infinity) {
      this.#deadlines.add(waiter);
      this.#loop.begin();
    }
    const { signal } = options;
    if (signal !== undefined) waiter.listen(signal, () => this.#abort(waiter, signal.reason));
    return waiter;
  }

  /** Takes the head out. */
  shift(): PoolWaiter<C> | undefined {
    const waiter = this.#queue.shift();
    if (waiter !== undefined) this.#deadlines.remove(waiter);
    return waiter;
  }

  /** Refuses these with a `PoolTimeoutError` each. */
  expire(due: readonly PoolWaiter<C>[], lateMs: number): void {
    const now = this.#clock.now();
    const waitedMs = now - (due[0]?.since ?? now);
    const blockedMs = this.#loop.blockedDuring(waitedMs);
    const makeError = PoolTimeoutError.maker(this.#owner.report({ waitedMs, lateMs, blockedMs }));
    for (const waiter of due) {
      const error = makeError(now - waiter.since, waiter.timeoutMs);
      this.#leave(waiter);
      waiter.refuse(error);
      publishTimeout({ pool: this.#pool, label: waiter.label, error });
    }
    this.#owner.left();
  }

  /** Who stands here, first come first. */
  waiting(): PoolWaiting[] {
    const now = this.#clock.now();
    return [...this.#queue].map((waiter) => waiter.toWaiting(now));
  }

  /** Refuses everybody: the pool is disposed of. */
  close(): void {
    for (let waiter = this.shift(); waiter !== undefined; waiter = this.shift()) {
      waiter.refuse(PoolClosedError.whileWaiting(this.#pool, this.#clock.now() - waiter.since));
    }
  }

  [Symbol.iterator](): Iterator<PoolWaiter<C>> {
    return this.#queue[Symbol.iterator]();
  }

  #abort(waiter: PoolWaiter<C>, reason: unknown): void {
    this.#leave(waiter);
    waiter.refuse(PoolCheckoutAbortedError.after(this.#clock.now() - waiter.since, reason));
    this.#owner.left();
  }

  #leave(waiter: PoolWaiter<C>): void {
    this.#queue.remove(waiter);
    this.#deadlines.remove(waiter);
  }
}
