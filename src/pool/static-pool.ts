import { PoolCheckoutAbortedError, PoolClosedError } from '../errors/pool-errors.ts';
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

/** The options of a pool of one shared connection. */
export type StaticPoolOptions = Omit<PoolOptions, 'size' | 'maxOverflow' | 'recycle' | 'prePing' | 'useLifo'>;

/**
 * One connection for everybody at the same time: each checkout is a lease of its own on it.
 *
 * The borrowers see each other's transactions. It is reset when the last of them has given it back.
 */
export class StaticPool<C> implements Pool<C> {
  readonly #settings: PoolSettings;
  readonly #clock: Clock;
  readonly #captureCallSite: CallSiteCapture;
  readonly #stock: PoolStock<C>;
  readonly #line: WaitingLine<C>;
  readonly #lender: Lender<C>;
  readonly #loans = new Set<Loan>();
  readonly #leakWatch: LeakWatch<C> | undefined;
  /** The connection while it is lent. */
  #shared: PoolEntry<C> | undefined = undefined;
  #disposal: Promise<void> | undefined = undefined;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: StaticPoolOptions = {}) {
    this.#settings = PoolSettings.forStaticPool(options);
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
      report: (course) => ({
        ...this.#report(course),
        status: this.status(),
        holders: this.holders(),
      }),
      left: () => this.#pump(),
    });
    this.#leakWatch = this.#settings.options.leakWatch ? this.#watchLeaks() : undefined;
  }

  get name(): string {
    return this.#settings.options.name;
  }

  /**
   * Lends the one connection, opening it first where need be.
   *
   * @throws {PoolTimeoutError} POOL_TIMEOUT - opening or resetting it took longer than `timeout`.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   */
  checkout(options: CheckoutOptions = {}): Promise<Lease<C>> {
    const callSite = options.callSite ?? this.#captureCallSite(this.checkout);
    if (!checkoutsAreTraced()) return this.#checkout(options, callSite);
    return traceCheckout(this.name, options, () => this.#checkout(options, callSite));
  }

  /** `checkedOut` counts leases here: many may share the one connection. */
  status(): PoolStatus {
    const status = this.#stock.roster.status(1, this.#line.length);
    return { ...status, checkedOut: this.#loans.size };
  }

  /** Longest held first. */
  holders(): PoolHolder[] {
    const now = this.#clock.now();
    return [...this.#loans].map((loan) => loan.toHolder(now)).sort((a, b) => b.heldMs - a.heldMs);
  }

  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[] {
    return this.#line.waiting();
  }

  dispose(): Promise<void> {
    if (this.#disposal !== undefined) return this.#disposal;
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
    const { timeout, connectTimeout } = this.#settings.options;
    const waiter = this.#line.join(options, {
      callSite,
      timeoutMs: options.timeout ?? timeout,
      connectTimeoutMs: connectTimeout,
    });
    this.#pump();
    return waiter.promise;
  }

  #refusal(options: CheckoutOptions): Error | undefined {
    if (this.#disposal !== undefined) return PoolClosedError.afterDispose(this.name);
    const fault = checkoutFault(options);
    if (fault !== undefined) return fault;
    return options.signal?.aborted === true ? PoolCheckoutAbortedError.after(0, options.signal.reason) : undefined;
  }

  /** Serves everybody when there is a connection, and opens one when there is none. */
  #pump(): void {
    if (this.#line.length === 0) return this.#stock.shed(0);
    const entry = this.#shared ?? this.#stock.takeIdle();
    if (entry !== undefined) this.#lendToAll(entry);
    else if (this.#stock.coming === 0 && !this.#stock.isFull) this.#stock.open();
  }

  #ready(entry: PoolEntry<C>): void {
    if (this.#line.length > 0) this.#lendToAll(entry);
    else this.#stock.keep(entry);
  }

  #lendToAll(entry: PoolEntry<C>): void {
    if (this.#shared === undefined) this.#stock.roster.move(entry, 'leased');
    this.#shared = entry;
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.serve(this.#lend(entry, waiter));
    }
  }

  #lend(entry: PoolEntry<C>, borrower: Borrower): Lease<C> {
    const loan = new Loan(borrower, borrower.callSite, this.#clock.now());
    this.#loans.add(loan);
    const lease = new PoolLease(this.#lender, entry, loan);
    this.#leakWatch?.follow(loan, lease);
    return lease;
  }

  /** Nobody can be served now: all who wait hear why. */
  #connectFailed(error: unknown): void {
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) waiter.refuse(error);
  }

  #report(course: WaitCourse): ReturnType<typeof reportTimeout> {
    const { kind, options } = this.#settings;
    return reportTimeout({
      kind,
      name: options.name,
      size: 1,
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
        if (this.#unshare(entry)) this.#stock.discard(entry);
        publishInvalidate({ pool: this.name, label: loan.label, ...reason });
        this.#pump();
      },
      detach: (entry) => {
        if (this.#unshare(entry)) this.#stock.roster.move(entry, 'gone');
        this.#pump();
      },
    };
  }

  #checkin(entry: PoolEntry<C>, loan: Loan): Promise<void> {
    this.#leakWatch?.forget(loan);
    publishRelease(this.name, loan, this.#lender.now);
    // A loan of a connection that was thrown away meanwhile is no longer among the loans.
    const isLast = this.#loans.delete(loan) && this.#loans.size === 0;
    return isLast && this.#unshare(entry) ? this.#stock.takeBack(entry) : Promise.resolve();
  }

  /** Ends all loans of the shared connection. False when `entry` is not it any more. */
  #unshare(entry: PoolEntry<C>): boolean {
    if (this.#shared !== entry) return false;
    this.#shared = undefined;
    for (const loan of this.#loans) this.#leakWatch?.forget(loan);
    this.#loans.clear();
    return true;
  }

  #watchLeaks(): LeakWatch<C> {
    const shared = (): PoolEntry<C> | undefined => this.#shared;
    const all = this.#loans;
    return new LeakWatch<C>({
      name: this.name,
      clock: this.#clock,
      *loans() {
        const entry = shared();
        if (entry !== undefined) for (const loan of all) yield { entry, loan };
      },
      reclaim: (entry, loan) => void this.#checkin(entry, loan),
    });
  }
}
