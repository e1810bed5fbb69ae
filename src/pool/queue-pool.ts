import { PoolCheckoutAbortedError, PoolClosedError } from '../errors/pool-errors.ts';
import type { PoolTimeoutReport } from '../errors/pool-errors.ts';
import { captureContext, clockInContext } from '../util/async-context.ts';
import { callSiteCapture } from '../util/call-site-budget.ts';
import type { CallSiteCapture } from '../util/call-site-budget.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Clock } from '../util/clock.ts';
import { LeakWatch } from './leak-watch.ts';
import { PoolLease } from './lease.ts';
import type { Lease, Lender } from './lease.ts';
import { Loan } from './loan.ts';
import type { Borrower } from './loan.ts';
import type { PoolEntry } from './pool-entry.ts';
import { checkoutsAreTraced, publishInvalidate, publishRelease, traceCheckout } from './pool-events.ts';
import { PoolSettings, checkoutFault } from './pool-options.ts';
import type { PoolOptions } from './pool-options.ts';
import { PoolStock } from './pool-stock.ts';
import type { CheckoutOptions, Connector, Pool, PoolHolder, PoolStatus, PoolWaiting } from './pool.ts';
import { reportTimeout } from './timeout-report.ts';
import type { WaitCourse } from './timeout-report.ts';
import { WaitingLine } from './waiting-line.ts';

const NO_OPTIONS: CheckoutOptions = {};

/**
 * Keeps up to `size` connections, opens up to `maxOverflow` more while they are needed, and lets callers wait in line
 * beyond that. Opens nothing until it is asked.
 *
 * @example
 * const pool = new QueuePool(connector, { size: 5, maxOverflow: 10, timeout: 30_000 });
 * await using lease = await pool.checkout({ label: 'GET /users' });
 * await lease.connection.query('select 1');
 */
export class QueuePool<C> implements Pool<C> {
  readonly #settings: PoolSettings;
  readonly #clock: Clock;
  readonly #captureCallSite: CallSiteCapture;
  readonly #stock: PoolStock<C>;
  readonly #line: WaitingLine<C>;
  readonly #lender: Lender<C>;
  readonly #leakWatch: LeakWatch<C> | undefined;
  #disposal: Promise<void> | undefined = undefined;
  #isDisposed = false;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: PoolOptions | PoolSettings = {}) {
    this.#settings = options instanceof PoolSettings ? options : PoolSettings.forQueue(options, connector);
    const context = captureContext();
    this.#clock = clockInContext(this.#settings.options.clock, context);
    this.#captureCallSite = callSiteCapture(this.#settings.options.captureCallSites, this.#clock);
    this.#lender = this.#makeLender();
    this.#stock = new PoolStock(
      { connector, settings: this.#settings, clock: this.#clock, context },
      {
        ready: (entry) => this.#ready(entry),
        connectFailed: (error) => this.#connectFailed(error),
        freed: () => this.#pump(),
      },
    );
    this.#line = new WaitingLine(this.#clock, this.name, {
      report: (course) => this.#report(course),
      left: () => this.#pump(),
    });
    this.#leakWatch = this.#settings.options.leakWatch ? this.#watchLeaks() : undefined;
  }

  /**
   * Lends a connection, waiting in line when none is free and none may be opened.
   *
   * @returns A lease. Give it back with `release()` or `await using`.
   * @throws {PoolTimeoutError} POOL_TIMEOUT - nothing became free in time; it says who holds what, and why.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   * @throws Whatever the connector rejected with, when a connection could not be opened.
   */
  checkout(options: CheckoutOptions = NO_OPTIONS): Promise<Lease<C>> {
    const callSite = options.callSite ?? this.#captureCallSite(this.checkout);
    if (!checkoutsAreTraced()) return this.#checkout(options, callSite);
    return traceCheckout(this.name, options, () => this.#checkout(options, callSite));
  }

  get name(): string {
    return this.#settings.options.name;
  }

  status(): PoolStatus {
    return this.#stock.roster.status(this.#settings.options.size, this.#line.length);
  }

  /** `Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15`. */
  statusText(): string {
    const { size, checkedIn, overflow, checkedOut } = this.status();
    return `Pool size: ${size}  Connections in pool: ${checkedIn} Current Overflow: ${overflow} Current Checked out connections: ${checkedOut}`;
  }

  holders(): PoolHolder[] {
    return this.#stock.roster.holders(this.#clock.now());
  }

  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[] {
    return this.#line.waiting();
  }

  /** Replaces every connection opened before now: idle ones at once, lent ones when they come back. */
  invalidateAll(cause?: unknown): void {
    this.#stock.invalidateAll();
    publishInvalidate({ pool: this.name, label: undefined, cause, all: true });
    this.#pump();
  }

  dispose(): Promise<void> {
    if (this.#disposal !== undefined) return this.#disposal;
    this.#isDisposed = true;
    this.#disposal = this.#stock.close();
    this.#line.close();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #checkout(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const refusal = this.#refusal(options);
    if (refusal !== undefined) return Promise.reject(refusal);
    // Newcomers never overtake: an idle connection is theirs only when nobody waits.
    if (this.#line.length === 0 && !this.#settings.options.prePing) {
      const entry = this.#stock.takeIdle();
      if (entry !== undefined) return Promise.resolve(this.#lend(entry, options, callSite));
    }
    return this.#wait(options, callSite);
  }

  #refusal(options: CheckoutOptions): Error | undefined {
    if (this.#isDisposed) return PoolClosedError.afterDispose(this.name);
    if (options === NO_OPTIONS) return undefined;
    const fault = checkoutFault(options);
    if (fault !== undefined) return fault;
    return options.signal?.aborted === true ? PoolCheckoutAbortedError.after(0, options.signal.reason) : undefined;
  }

  #wait(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const { timeout, connectTimeout } = this.#settings.options;
    const waiter = this.#line.join(options, {
      callSite,
      timeoutMs: options.timeout ?? timeout,
      connectTimeoutMs: connectTimeout,
    });
    this.#pump();
    if (waiter.timeoutMs === 0 && waiter.isWaiting && this.#line.length > this.#stock.coming)
      this.#line.expire([waiter], 0);
    return waiter.promise;
  }

  /** The one place where waiters and capacity meet: run by every path that frees capacity or changes the line. */
  #pump(): void {
    if (this.#settings.options.prePing) this.#checkIdle();
    else this.#lendIdle();
    while (this.#line.length > this.#stock.coming && !this.#stock.isFull) this.#stock.open();
    this.#stock.shed(this.#line.length);
  }

  #lendIdle(): void {
    while (this.#line.length > 0) {
      const entry = this.#stock.takeIdle();
      if (entry === undefined) return;
      this.#serve(entry);
    }
  }

  #checkIdle(): void {
    // A connect under way does not count: a test is quicker, and whatever arrives later can be kept.
    while (this.#line.length > this.#stock.roster.count('checking')) {
      const entry = this.#stock.takeIdle();
      if (entry === undefined) return;
      this.#stock.check(entry);
    }
  }

  #ready(entry: PoolEntry<C>): void {
    if (this.#line.length > 0) this.#serve(entry);
    else this.#stock.keep(entry);
    // One waiter fewer for one connection fewer on its way: only a surplus can have come of it, never a lack.
    if (this.#stock.coming > this.#line.length) this.#stock.shed(this.#line.length);
  }

  #serve(entry: PoolEntry<C>): void {
    const waiter = this.#line.shift();
    if (waiter !== undefined) waiter.serve(this.#lend(entry, waiter, waiter.callSite));
  }

  #lend(entry: PoolEntry<C>, borrower: Borrower, callSite: CallSite | undefined): Lease<C> {
    const loan = new Loan(borrower, callSite, this.#clock.now());
    this.#stock.roster.move(entry, 'leased');
    entry.loan = loan;
    const lease = new PoolLease(this.#lender, entry, loan);
    this.#leakWatch?.follow(loan, lease);
    return lease;
  }

  #connectFailed(error: unknown): void {
    // One failure, one refusal: those for whom another connection is on its way go on waiting.
    if (this.#line.length > this.#stock.coming) this.#line.shift()?.refuse(error);
    this.#pump();
  }

  #report(course: WaitCourse): PoolTimeoutReport {
    const { kind, options } = this.#settings;
    return reportTimeout({
      kind,
      name: options.name,
      size: options.size,
      course,
      stock: this.#stock,
      waiters: this.#line,
    });
  }

  #makeLender(): Lender<C> {
    return {
      now: () => this.#clock.now(),
      checkin: (entry, loan) => this.#checkin(entry, loan),
      invalidate: (entry, loan, reason) => {
        this.#endLoan(entry, loan);
        if (reason.all && this.#stock.isOfLatest(entry)) this.#stock.invalidateAll();
        this.#stock.discard(entry);
        publishInvalidate({ pool: this.name, label: loan.label, ...reason });
        this.#pump();
      },
      detach: (entry, loan) => {
        this.#endLoan(entry, loan);
        this.#stock.roster.move(entry, 'gone');
        this.#pump();
      },
    };
  }

  #checkin(entry: PoolEntry<C>, loan: Loan): Promise<void> {
    this.#endLoan(entry, loan);
    publishRelease(this.name, loan, this.#lender.now);
    return this.#stock.takeBack(entry);
  }

  #endLoan(entry: PoolEntry<C>, loan: Loan): void {
    entry.loan = undefined;
    this.#leakWatch?.forget(loan);
  }

  #watchLeaks(): LeakWatch<C> {
    const { roster } = this.#stock;
    return new LeakWatch<C>({
      name: this.name,
      clock: this.#clock,
      *loans() {
        for (const entry of roster) if (entry.loan !== undefined) yield { entry, loan: entry.loan };
      },
      reclaim: (entry, loan) => void this.#checkin(entry, loan),
    });
  }
}
