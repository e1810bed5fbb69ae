import type { CallSite } from '../util/call-site.ts';
import type { Watched } from './leak-watch.ts';
import type { Lease, Lender } from './lease.ts';
import { Loan } from './loan.ts';
import { PoolDesk } from './pool-desk.ts';
import type { PoolRules } from './pool-desk.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { ConnectFault } from './pool-stock.ts';
import type { CheckoutOptions, Connector, PoolHolder, PoolStatus } from './pool.ts';

/** One connection, which everybody who asks gets at the same time. */
export class StaticRules<C> implements PoolRules<C> {
  readonly desk: PoolDesk<C>;
  readonly isSuspended = false;
  readonly #loans = new Set<Loan>();
  /** The connection while it is lent. */
  #shared: PoolEntry<C> | undefined = undefined;

  constructor(connector: Connector<C>, settings: PoolSettings) {
    this.desk = new PoolDesk(connector, settings, this);
  }

  /** One connection is enough for all. */
  get waiting(): number {
    return Math.min(this.desk.line.length, 1);
  }

  get patienceMs(): number {
    return this.desk.line.first?.patienceMs ?? Infinity;
  }

  arrivalAt(place: number): number {
    return this.desk.line.arrivalAt(place);
  }

  waitingUpTo(arrival: number, most: number): number {
    return Math.min(this.desk.line.countUpTo(arrival, most), 1);
  }

  status(): PoolStatus {
    const status = this.desk.stock.roster.status(1, this.desk.line.length);
    return { ...status, checkedOut: this.#loans.size };
  }

  holders(): PoolHolder[] {
    const now = this.desk.clock.now();
    return [...this.#loans].map((loan) => loan.toHolder(now)).sort((a, b) => b.heldMs - a.heldMs);
  }

  *loans(): Generator<Watched<C>, void, undefined> {
    const entry = this.#shared;
    if (entry !== undefined) for (const loan of this.#loans) yield { entry, loan };
  }

  serve(options: CheckoutOptions, callSite: CallSite | undefined): Promise<Lease<C>> {
    const waiter = this.desk.line.join(options, callSite);
    this.pump();
    if (waiter.isWaiting && waiter.timeoutMs === 0 && this.#isOutdated) this.desk.line.expire([waiter], 0);
    return waiter.promise;
  }

  /** Serves everybody when there is a connection, and opens one when there is none. */
  pump(): void {
    const { line, stock, dates } = this.desk;
    if (line.length > 0) this.#dropBroken();
    const entry = line.length === 0 || this.#isOutdated ? undefined : (this.#shared ?? stock.takeIdle(dates.now()));
    if (entry !== undefined) this.#lendToAll(entry);
    stock.balance();
  }

  ready(entry: PoolEntry<C>): void {
    if (this.desk.line.length > 0) this.#lendToAll(entry);
    else this.desk.stock.keep(entry);
  }

  /** Nobody can be served now: all who wait hear why, unless it may pass. */
  connectFailed({ error, isPassing }: ConnectFault): void {
    const { line, stock } = this.desk;
    if (!isPassing || stock.connects.isOpen) line.refuseAll(() => error);
    for (const waiter of line) if (waiter.timeoutMs === 0) line.refuse(waiter, error);
    this.pump();
  }

  testFailed(error: unknown): void {
    this.desk.line.refuseAll(() => error);
  }

  checkin(entry: PoolEntry<C>, loan: Loan): Promise<void> {
    // A loan of a connection that was thrown away meanwhile is no longer among the loans.
    const isLast = this.#loans.delete(loan) && this.#loans.size === 0;
    return isLast && this.#unshare(entry) ? this.desk.stock.renewal.takeBack(entry) : Promise.resolve();
  }

  invalidate(...[entry, loan, reason]: Parameters<Lender<C>['invalidate']>): void {
    // Others who have it may report the same.
    if (!this.#unshare(entry)) return;
    this.desk.stock.discard(entry);
    this.desk.tellInvalid(entry, loan, reason);
    this.pump();
  }

  /** What is older than this call is lent to nobody any more. */
  invalidateAll(cause: unknown): void {
    this.desk.stock.invalidateAll();
    this.desk.tellAllInvalid(cause);
    this.pump();
  }

  detach(entry: PoolEntry<C>): void {
    if (this.#unshare(entry)) this.desk.stock.detach(entry);
    this.pump();
  }

  /** Whether the connection is to be replaced, but lent still. Newcomers do not join those who have it. */
  get #isOutdated(): boolean {
    return this.#shared !== undefined && !this.desk.stock.isOfLatest(this.#shared);
  }

  #lendToAll(entry: PoolEntry<C>): void {
    const { line, stock, clock } = this.desk;
    if (this.#shared === undefined) stock.roster.move(entry, 'leased');
    this.#shared = entry;
    for (let waiter = line.shift(); waiter !== undefined; waiter = line.shift()) {
      const loan = new Loan(waiter, waiter.callSite, clock.now());
      this.#loans.add(loan);
      waiter.serve(this.desk.issue(entry, loan));
    }
  }

  /** Nobody more gets a connection that has hung up. */
  #dropBroken(): void {
    const entry = this.#shared;
    if (entry === undefined || !this.desk.stock.isBroken(entry)) return;
    if (this.#unshare(entry)) this.desk.stock.discard(entry);
  }

  /** Ends all loans of the shared connection. False when `entry` is not it any more. */
  #unshare(entry: PoolEntry<C>): boolean {
    if (this.#shared !== entry) return false;
    this.#shared = undefined;
    for (const loan of this.#loans) this.desk.forget(loan);
    this.#loans.clear();
    return entry.state !== 'gone';
  }
}
