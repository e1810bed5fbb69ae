import { labelText, oneLine } from '../errors/label-text.ts';
import type { CancelTimer, Clock } from '../util/clock.ts';
import type { Loan } from './loan.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { PoolEntry } from './pool-entry.ts';
import { lineOf } from './waiter-groups.ts';

/** How long a lease may be out before the collector is asked to watch it, milliseconds. */
export const WATCH_AFTER_MS = 1_000;

export interface Watched<C> {
  readonly entry: PoolEntry<C>;
  readonly loan: Loan;
}

/** What the watch needs of its pool. */
export interface WatchedPool<C> {
  readonly name: string;
  readonly clock: Clock;
  readonly announcements: PoolAnnouncements;
  /** Everything that is out. */
  loans(): Iterable<Watched<C>>;
  /** Takes a lost connection back. */
  reclaim(entry: PoolEntry<C>, loan: Loan): void;
}

/**
 * The net under `release()`: takes back the connections of leases that were garbage-collected.
 *
 * Short loans pay nothing: a sweep, at most one a second, hands what is out to the collector. From then on nothing in
 * the pool leads to the lease, its owner or the frames that took it.
 */
export class LeakWatch<C> {
  readonly #pool: WatchedPool<C>;
  readonly #registry: FinalizationRegistry<Watched<C>>;
  #cancelSweep: CancelTimer | undefined = undefined;

  constructor(pool: WatchedPool<C>) {
    this.#pool = pool;
    this.#registry = new FinalizationRegistry((watched) => this.#reclaim(watched));
  }

  follow(loan: Loan, lease: object): void {
    loan.unwatchedLease = lease;
    this.#cancelSweep ??= this.#pool.clock.setBackgroundTimer(WATCH_AFTER_MS, () => this.sweep());
  }

  /** The loan ended as it should. */
  forget(loan: Loan): void {
    if (loan.unwatchedLease === undefined) this.#registry.unregister(loan);
    else loan.unwatchedLease = undefined;
  }

  /** Hands all that is out to the collector, now. */
  sweep(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    for (const { entry, loan } of this.#pool.loans()) {
      const lease = loan.unwatchedLease;
      if (lease === undefined) continue;
      this.#registry.register(lease, { entry, loan }, loan);
      loan.weaken();
    }
  }

  #reclaim({ entry, loan }: Watched<C>): void {
    const line = oneLine(lineOf(loan.callSite) ?? 'an unknown line');
    const message = `A lease of pool ${this.#pool.name} was garbage-collected without release(): ${labelText(loan.label)}, taken at ${line}. Its connection was taken back; release it in a finally, or use \`await using\`.`;
    process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_LEASE_LEAKED' });
    const { name: pool, clock, announcements } = this.#pool;
    const { connection } = entry;
    announcements.tell('leak', () => ({ pool, connection, holder: loan.toHolder(clock.now()) }));
    this.#pool.reclaim(entry, loan);
  }
}
