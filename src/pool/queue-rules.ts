import {
  PoolConnectTimeoutError,
  PoolOverloadedError,
  PoolSelfStarvationError,
  PoolUnavailableError,
} from '../errors/pool-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Watched } from './leak-watch.ts';
import type { Lease, Lender } from './lease.ts';
import { Loan } from './loan.ts';
import type { Borrower } from './loan.ts';
import { Pace } from './pace.ts';
import { PoolDesk } from './pool-desk.ts';
import type { PoolRules } from './pool-desk.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { ConnectFault } from './pool-stock.ts';
import type { CheckoutOptions, Connector, PoolHolder, PoolStatus } from './pool.ts';
import { isPreparing } from './preparation.ts';
import { StarvationWatch } from './starvation-watch.ts';
import { LATE_MS } from './supply.ts';
import type { PoolWaiter } from './waiter.ts';

/** Who gets which connection in a pool with a limit: one borrower for each, the others in line. */
export class QueueRules<C> implements PoolRules<C> {
  readonly desk: PoolDesk<C>;
  readonly #settings: PoolSettings;
  readonly #pace: Pace | undefined;
  readonly #starvation: StarvationWatch<C> | undefined;
  /** Those who were let in line though the database counts as down: to find out whether it is back. */
  readonly #probing: PoolWaiter<C>[] = [];
  #isSuspended = false;

  constructor(connector: Connector<C>, settings: PoolSettings) {
    this.#settings = settings;
    this.#pace = settings.options.refuseHopeless ? new Pace() : undefined;
    this.desk = new PoolDesk(connector, settings, this);
    this.#starvation = settings.options.refuseSelfStarvation ? this.#watchStarvation() : undefined;
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  get waiting(): number {
    return this.desk.line.length;
  }

  get patienceMs(): number {
    return this.desk.line.first?.patienceMs ?? Infinity;
  }

  arrivalAt(place: number): number {
    return this.desk.line.arrivalAt(place);
  }

  waitingUpTo(arrival: number, most: number): number {
    return this.desk.line.countUpTo(arrival, most);
  }

  suspend(): void {
    this.#isSuspended = true;
  }

  resume(): void {
    this.#isSuspended = false;
    this.pump();
  }

  status(): PoolStatus {
    return this.desk.stock.roster.status(this.#settings.limits.size, this.desk.line.length + this.desk.line.heldBack);
  }

  holders(): PoolHolder[] {
    return this.desk.stock.roster.holders(this.desk.clock.now());
  }

  *loans(): Generator<Watched<C>, void, undefined> {
    for (const entry of this.desk.stock.roster) if (entry.loan !== undefined) yield { entry, loan: entry.loan };
  }

  serve(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const { stock, line, dates } = this.desk;
    // Newcomers never overtake: an idle connection is theirs only when nobody waits.
    if (line.length > 0 || this.#isSuspended || line.isCapped(options.label)) return this.#wait(options, callSite);
    const now = dates.now();
    const entry = stock.takeIdle(now);
    if (entry === undefined) return this.#wait(options, callSite);
    if (stock.renewal.needsTest(entry, now)) return this.#waitForTest(entry, options, callSite);
    const lease = this.#lend(entry, new Loan(options, callSite, now));
    line.noteServed(options.label);
    if (stock.supply.isFilling) this.pump();
    return Promise.resolve(lease);
  }

  /** The one place where waiters and capacity meet: run by every path that frees capacity or changes the line. */
  pump(): void {
    this.#starvation?.look();
    if (this.#isSuspended) return;
    const { stock, line } = this.desk;
    if (line.length > 0 && stock.idleCount > 0) this.#lendIdle();
    stock.balance();
  }

  ready(entry: PoolEntry<C>): void {
    const { stock, line } = this.desk;
    if (line.length > 0 && !this.#isSuspended) this.#serveNext(entry);
    else stock.keep(entry);
    if (this.#probing.length > 0 && !stock.connects.isOpen) this.#probing.length = 0;
    if ((line.length > 0 && stock.vacancies > 0) || stock.supply.isActive) this.pump();
  }

  connectFailed({ error, isPassing, arrival }: ConnectFault): void {
    const { line, stock } = this.desk;
    // Those who may wait for the next attempt do, unless this one took as long as attempts may.
    const isFinal = !isPassing || error instanceof PoolConnectTimeoutError;
    // One failure, one refusal: others, and those for whom another is on its way, go on waiting.
    if (isFinal && line.length > stock.supply.coming) line.refuseOwner(error, arrival);
    if (isPassing) this.#refuseHasty(error);
    this.pump();
  }

  testFailed(error: unknown): void {
    const { line, stock } = this.desk;
    if (line.length > stock.supply.coming) line.refuseFirst(error);
  }

  checkin(entry: PoolEntry<C>, loan: Loan): Promise<void> {
    this.#pace?.noteUse(this.desk.dates.now() - loan.takenAt);
    entry.loan = undefined;
    return entry.state === 'gone' ? Promise.resolve() : this.desk.stock.renewal.takeBack(entry);
  }

  invalidate(...[entry, loan, reason]: Parameters<Lender<C>['invalidate']>): void {
    const { stock } = this.desk;
    this.#endLoan(entry, loan);
    if (entry.state !== 'gone') {
      if (reason.all && stock.isOfLatest(entry)) stock.invalidateAll();
      stock.discard(entry);
    }
    this.desk.tellInvalid(entry, loan, reason);
    this.pump();
  }

  /** What is older than this call is lent to nobody any more. */
  invalidateAll(cause: unknown): void {
    this.desk.stock.invalidateAll();
    this.desk.tellAllInvalid(cause);
    this.pump();
  }

  detach(entry: PoolEntry<C>, loan: Loan): void {
    this.#endLoan(entry, loan);
    if (entry.state !== 'gone') this.desk.stock.detach(entry);
    this.pump();
  }

  #wait(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const refusal =
      this.#unavailable() ?? (this.#pace && this.#hopeless(this.#pace, options)) ?? this.#endless(options);
    if (refusal !== undefined) return this.desk.refuse(refusal);
    const waiter = this.desk.line.join(options, callSite);
    this.pump();
    if (this.desk.stock.connects.isOpen && !this.desk.stock.hasReturning) this.#probing.push(waiter);
    if (waiter.isWaiting) this.#refuseToWait(waiter);
    this.#starvation?.look();
    return waiter.promise;
  }

  #waitForTest(entry: PoolEntry<C>, options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const waiter = this.desk.line.join(options, callSite);
    this.desk.stock.renewal.check(entry, true);
    return waiter.promise;
  }

  /** Refuses a caller whom no connection on its way and no free place will reach, if it or the pool wants no line. */
  #refuseToWait(waiter: PoolWaiter<C>): void {
    const { stock, line, name } = this.desk;
    const { maxWaiting } = this.#settings.options;
    if (maxWaiting === Infinity && waiter.timeoutMs !== 0) return;
    const lacking = line.length - (this.#isSuspended ? 0 : stock.supply.coming + stock.vacancies);
    if (lacking <= 0 && !line.isHeldBack(waiter)) return;
    const inLine = Math.max(0, lacking) + line.heldBack;
    if (waiter.timeoutMs === 0) line.expire([waiter], 0);
    else if (inLine > maxWaiting) line.refuse(waiter, PoolOverloadedError.full(name, inLine - 1, maxWaiting));
  }

  #watchStarvation(): StarvationWatch<C> {
    const { name, clock, stock, line } = this.desk;
    return new StarvationWatch({ name, clock, stock, line, loans: () => this.loans(), left: () => this.pump() });
  }

  /** While the database counts as down nobody waits long to hear it. Who comes when an attempt is due makes it. */
  #unavailable(): PoolUnavailableError | undefined {
    const { stock, clock } = this.desk;
    const { connects, roster } = stock;
    if (!connects.isOpen || stock.hasReturning) return undefined;
    const now = clock.now();
    const pauseMs = stock.supply.coming > 0 ? 0 : connects.pauseMs(now);
    const failures = connects.failures(now);
    // One that is answered at all is answered soon, so newcomers may wait for it.
    const isHopeless = pauseMs > 0 || (roster.oldestConnectMs(now) ?? 0) > LATE_MS;
    return failures === undefined || !isHopeless ? undefined : PoolUnavailableError.after(failures, pauseMs);
  }

  #hopeless(pace: Pace, { timeout, priority }: CheckoutOptions): PoolOverloadedError | undefined {
    const patienceMs = timeout ?? this.#settings.options.timeout;
    if (patienceMs === 0) return undefined;
    const { line, stock, name, clock } = this.desk;
    const before = line.countBefore(priority);
    // Whom a new connection will reach need not wait for a used one.
    const ahead = before - stock.supply.coming - stock.vacancies;
    if (before === 0 || ahead < 0) return undefined;
    const expectedMs = pace.expectedMs(ahead, stock.roster.heldMs(clock.now()));
    if (expectedMs === undefined || expectedMs <= patienceMs) return undefined;
    return PoolOverloadedError.hopeless(name, expectedMs, patienceMs);
  }

  /** Whoever makes a connection ready must not wait for another one: that may be waiting for this one. */
  #endless({ scope }: CheckoutOptions & Pick<Borrower, 'scope'>): PoolSelfStarvationError | undefined {
    if (scope === undefined || !isPreparing(scope, this.#settings)) return undefined;
    return PoolSelfStarvationError.ofPreparation(this.desk.name);
  }

  /** The next attempt comes later: too late for those who will not wait, and for those who asked although it is down. */
  #refuseHasty(error: unknown): void {
    const { line, stock } = this.desk;
    for (const waiter of line) {
      if (line.length <= stock.supply.coming) break;
      if (waiter.timeoutMs === 0) line.refuse(waiter, error);
    }
    for (const waiter of this.#probing.splice(0)) line.refuse(waiter, error);
  }

  #lendIdle(): void {
    const { stock, line, dates } = this.desk;
    const now = dates.now();
    // Whoever a test is under way for is as good as served.
    while (line.length > stock.renewal.testsForCallers) {
      const entry = stock.takeIdle(now);
      if (entry === undefined) return;
      if (stock.renewal.needsTest(entry, now)) stock.renewal.check(entry, true);
      else this.#serveNext(entry);
    }
  }

  #serveNext(entry: PoolEntry<C>): void {
    const { line, dates } = this.desk;
    const waiter = line.shift();
    if (waiter === undefined) return;
    waiter.serve(this.#lend(entry, new Loan(waiter, waiter.callSite, dates.now())));
    this.#starvation?.look();
  }

  #lend(entry: PoolEntry<C>, loan: Loan): Lease<C> {
    this.desk.stock.roster.move(entry, 'leased');
    this.#starvation?.noteGrant(loan);
    entry.loan = loan;
    return this.desk.issue(entry, loan);
  }

  #endLoan(entry: PoolEntry<C>, loan: Loan): void {
    this.#pace?.noteUse(this.desk.dates.now() - loan.takenAt);
    entry.loan = undefined;
    this.desk.forget(loan);
  }
}
