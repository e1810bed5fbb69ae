import { PoolCheckoutAbortedError, PoolClosedError } from '../errors/pool-errors.ts';
import { captureContext, clockInContext } from '../util/async-context.ts';
import { aborted, bounded } from '../util/bounded.ts';
import { callSiteCapture } from '../util/call-site-budget.ts';
import type { CallSiteCapture } from '../util/call-site-budget.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Clock } from '../util/clock.ts';
import { checkoutFault, disposeFault } from './checkout-fault.ts';
import { databaseTrouble } from './database-trouble.ts';
import { LastResort } from './last-resort.ts';
import { LeakWatch } from './leak-watch.ts';
import type { Watched } from './leak-watch.ts';
import { PoolLease } from './lease.ts';
import type { Lease, Lender } from './lease.ts';
import { listenerFault } from './listener-fault.ts';
import type { Loan } from './loan.ts';
import { OverdueWatch } from './overdue-watch.ts';
import { PoolAnnouncements } from './pool-announcements.ts';
import type { PoolEventName, PoolListener } from './pool-announcements.ts';
import { PoolDates } from './pool-dates.ts';
import type { PoolEntry } from './pool-entry.ts';
import { currentScope } from './pool-scope.ts';
import { usageByLabel } from './pool-usage.ts';
import { PoolTally } from './pool-tally.ts';
import type { PoolSettings } from './pool-settings.ts';
import { PoolStock } from './pool-stock.ts';
import type { StockOwner } from './pool-stock.ts';
import type {
  CheckoutOptions,
  Connector,
  DisposalReport,
  DisposeOptions,
  PoolHolder,
  PoolStatus,
  PoolTotals,
  PoolUsage,
} from './pool.ts';
import { checkoutsAreTraced, traceCheckout } from './pool-traces.ts';
import { timeoutErrors } from './timeout-report.ts';
import { WaitingLine } from './waiting-line.ts';

const NO_OPTIONS: CheckoutOptions = {};

/** What each kind of pool decides for itself: who gets which connection, and what becomes of it afterwards. */
export interface PoolRules<C> extends StockOwner<C> {
  /** A caller whose options are right. */
  serve(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>>;
  readonly isSuspended: boolean;
  status(): PoolStatus;
  holders(): PoolHolder[];
  loans(): Iterable<Watched<C>>;
  /** The loan has ended; the lease will not be used again. */
  checkin(entry: PoolEntry<C>, loan: Loan): Promise<void>;
  invalidate: Lender<C>['invalidate'];
  detach: Lender<C>['detach'];
}

/** What all pools have in common: the counter at which callers ask, wait and give back, with the stock behind it. */
export class PoolDesk<C> implements Lender<C> {
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly dates: PoolDates;
  readonly stock: PoolStock<C>;
  readonly line: WaitingLine<C>;
  readonly announcements = new PoolAnnouncements();
  readonly #tally = new PoolTally();
  readonly #rules: PoolRules<C>;
  readonly #captureCallSite: CallSiteCapture;
  readonly #leakWatch: LeakWatch<C> | undefined;
  readonly #overdueWatch: OverdueWatch | undefined;
  readonly #lastResort: LastResort | undefined;
  #disposal: Promise<DisposalReport> | undefined = undefined;
  #isDisposed = false;
  /** Aborted when a disposal must not wait any longer. */
  readonly #hurry = new AbortController();

  constructor(connector: Connector<C>, settings: PoolSettings, rules: PoolRules<C>) {
    const context = captureContext();
    this.settings = settings;
    this.clock = clockInContext(settings.options.clock, context);
    this.dates = new PoolDates(this.clock, this.announcements);
    this.#rules = rules;
    this.#captureCallSite = callSiteCapture(settings.options.captureCallSites, this.clock);
    const { clock, dates, announcements } = this;
    const terms = { connector, settings, clock, dates, context, announcements, tally: this.#tally };
    this.stock = new PoolStock(terms, rules);
    this.line = new WaitingLine(
      { clock, pool: settings.options.name, options: settings.options, announcements, tally: this.#tally },
      {
        lastResort: (waitedMs) => this.#lastResort?.attempt(waitedMs),
        errorsFor: (due) => timeoutErrors(this, rules, due),
        left: () => rules.pump(),
        databaseTrouble: (waitedMs) => databaseTrouble(this.stock, waitedMs),
        withdrew: () => {
          rules.pump();
          this.stock.supply.withdraw();
        },
      },
    );
    const leakWatch = settings.options.leakWatch ? this.#watchLeaks() : undefined;
    this.#leakWatch = leakWatch;
    this.#overdueWatch = this.#watchOverdue();
    this.#lastResort = leakWatch && this.#makeLastResort(leakWatch);
  }

  get name(): string {
    return this.settings.options.name;
  }

  /** @param below - the pool's own method, which is no line of the program. */
  checkout(options: CheckoutOptions | undefined = NO_OPTIONS, below: Function): Promise<Lease<C>> {
    const fault = options === NO_OPTIONS ? undefined : checkoutFault(options);
    if (fault !== undefined) return this.refuse(this.#isDisposed ? PoolClosedError.afterDispose(this.name) : fault);
    const callSite = options.callSite ?? this.#captureCallSite(below);
    const scope = currentScope();
    const asked = scope === undefined ? options : { ...options, label: options.label ?? scope.label, scope };
    if (!checkoutsAreTraced()) return this.#checkout(asked, callSite);
    return traceCheckout(this, asked.label, () => this.#checkout(asked, callSite));
  }

  /** Ends a checkout that never stood in line. */
  refuse(error: Error): Promise<never> {
    this.#tally.noteError(error);
    return Promise.reject(error);
  }

  totals(): PoolTotals {
    return this.#tally.totals(this.line.length + this.line.heldBack);
  }

  usage(): PoolUsage[] {
    return usageByLabel(this.#rules.loans(), this.line, this.clock.now());
  }

  /** The lease of a connection that is lent now. */
  issue(entry: PoolEntry<C>, loan: Loan): Lease<C> {
    if (this.announcements.hearsCheckouts) this.#tellCheckout(entry, loan);
    const lease = new PoolLease(this, entry, loan);
    entry.uses += 1;
    this.#leakWatch?.follow(loan, lease);
    this.#overdueWatch?.noteLent(loan.takenAt);
    return lease;
  }

  now(): number {
    return this.clock.now();
  }

  noteIdleInTransaction(now: number): void {
    this.#overdueWatch?.noteIdleInTransaction(now);
  }

  checkin(entry: PoolEntry<C>, loan: Loan): Promise<void> {
    this.forget(loan);
    if (this.announcements.hearsReleases) this.#tellRelease(entry, loan);
    const returned = this.#rules.checkin(entry, loan);
    // Whom this label's return let through need not wait until the connection is reset or closed, if there is another.
    if (this.line.hasCaps) this.#rules.pump();
    return returned;
  }

  invalidate(...[entry, loan, reason]: Parameters<Lender<C>['invalidate']>): void {
    this.#rules.invalidate(entry, loan, reason);
  }

  invalidateSoftly(entry: PoolEntry<C>, loan: Loan, cause: unknown): void {
    entry.expiresAt = -Infinity;
    this.tellInvalid(entry, loan, { cause, all: false, soft: true });
  }

  detach(entry: PoolEntry<C>, loan: Loan): void {
    this.#rules.detach(entry, loan);
    const { name: pool } = this;
    this.announcements.tell('detach', () => ({ pool, connection: entry.connection, label: loan.label }));
  }

  /** @throws {PoolOptionError} POOL_BAD_OPTION */
  on<N extends PoolEventName>(name: N, listener: PoolListener<N>): () => void {
    const fault = listenerFault(name, listener);
    if (fault !== undefined) throw fault;
    return this.announcements.on(name, listener);
  }

  tellInvalid(
    { connection }: PoolEntry<C>,
    { label }: Loan,
    { cause, all, soft = false }: { readonly cause: unknown; readonly all: boolean; readonly soft?: boolean },
  ): void {
    this.announcements.tell('invalidate', () => ({ pool: this.name, connection, label, cause, all, soft }));
  }

  tellAllInvalid(cause: unknown): void {
    const { name: pool } = this;
    const event = { pool, connection: undefined, label: undefined, cause, all: true, soft: false };
    this.announcements.tell('invalidate', () => event);
  }

  /** The collector has nothing to look after any more. */
  forget(loan: Loan): void {
    this.line.noteReturned(loan.label);
    this.#leakWatch?.forget(loan);
    this.#overdueWatch?.forget(loan);
  }

  /** @throws {PoolTimeoutError} POOL_TIMEOUT */
  async warmUp(count: number): Promise<void> {
    if (this.#isDisposed) throw PoolClosedError.afterDispose(this.name);
    const since = this.clock.now();
    if (await this.stock.warmUp(count)) return;
    const waitedMs = this.clock.now() - since;
    const errorFor = timeoutErrors(this, this.#rules, []);
    throw errorFor({ waitedMs, lateMs: 0, blockedMs: 0, cap: undefined })(waitedMs, this.settings.options.timeout);
  }

  dispose(options: DisposeOptions = {}): Promise<DisposalReport> {
    const fault = disposeFault(options);
    if (fault !== undefined) return Promise.reject(fault);
    this.#isDisposed = true;
    if (this.#disposal !== undefined) this.#hasten(options);
    this.#disposal ??= this.#dispose(options);
    return this.#disposal;
  }

  /** A later call may be in more of a hurry than the first. */
  #hasten({ waiters, timeout }: DisposeOptions): void {
    if (waiters === 'refuse') this.line.close();
    if (timeout === undefined || timeout === Infinity) return;
    const cancel = this.clock.setTimer(timeout, () => this.#hurry.abort());
    void this.#disposal?.finally(cancel);
  }

  #checkout(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const refusal = this.#refusal(options);
    return refusal === undefined ? this.#rules.serve(options, callSite) : this.refuse(refusal);
  }

  #refusal(options: CheckoutOptions): Error | undefined {
    if (this.#isDisposed) return PoolClosedError.afterDispose(this.name);
    if (options === NO_OPTIONS) return undefined;
    return options.signal?.aborted === true
      ? PoolCheckoutAbortedError.after(0, options.signal.reason, { label: options.label })
      : undefined;
  }

  async #dispose(options: DisposeOptions): Promise<DisposalReport> {
    const { waiters, timeout = this.settings.options.closeTimeout, close = true } = options;
    const start = this.clock.now();
    if (close && waiters === 'serve') await bounded(this.clock, timeout, () => this.#servedOrHurried());
    if (close) this.stock.close();
    else this.stock.forget();
    this.line.close();
    const leftMs = Math.max(0, timeout - (this.clock.now() - start));
    if (await this.stock.closed(leftMs, this.#hurry.signal)) return { holders: [] };
    const holders = this.#rules.holders();
    this.stock.destroyAll();
    await this.stock.closed(this.settings.options.closeTimeout);
    return { holders };
  }

  async #servedOrHurried(): Promise<void> {
    await Promise.race([this.line.emptied(), aborted(this.#hurry.signal)]);
  }

  #tellCheckout({ connection }: PoolEntry<C>, { label }: Loan): void {
    this.announcements.tell('checkout', () => ({ pool: this.name, connection, label }));
  }

  #tellRelease({ connection }: PoolEntry<C>, { label, takenAt }: Loan): void {
    const heldMs = this.clock.now() - takenAt;
    this.announcements.tell('release', () => ({ pool: this.name, connection, label, heldMs }));
  }

  #makeLastResort(leakWatch: LeakWatch<C>): LastResort {
    return new LastResort({
      pool: this.name,
      announcements: this.announcements,
      clock: this.clock,
      collect: this.settings.options.collectBeforeTimeout,
      holders: () => this.#rules.holders(),
      letGo: () => leakWatch.sweep(),
    });
  }

  #watchOverdue(): OverdueWatch | undefined {
    const { warnHeldAfter, warnIdleInTransactionAfter } = this.settings.options;
    if (warnHeldAfter === Infinity && warnIdleInTransactionAfter === Infinity) return undefined;
    const limits = { held: warnHeldAfter, 'idle in transaction': warnIdleInTransactionAfter };
    const { name, clock, announcements } = this;
    return new OverdueWatch({ name, clock, announcements, loans: () => this.#rules.loans() }, limits);
  }

  #watchLeaks(): LeakWatch<C> {
    const rules = this.#rules;
    return new LeakWatch<C>({
      name: this.name,
      clock: this.clock,
      announcements: this.announcements,
      loans: () => rules.loans(),
      reclaim: (entry, loan) => {
        entry.isLost = true;
        void this.checkin(entry, loan);
      },
    });
  }
}
