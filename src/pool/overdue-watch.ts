import { describeHolder } from '../errors/holder-list.ts';
import { seconds } from '../errors/pool-report.ts';
import type { PoolHolder } from '../errors/pool-report.ts';
import type { CancelTimer, Clock } from '../util/clock.ts';
import type { Loan } from './loan.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { OverdueReason } from './pool-events.ts';

/** What the watch needs of its pool. */
export interface OverduePool {
  readonly name: string;
  readonly clock: Clock;
  readonly announcements: PoolAnnouncements;
  /** Everything that is out. */
  loans(): Iterable<{ readonly loan: Loan }>;
}

/** How long is too long, milliseconds. */
export type OverdueLimits = Readonly<Record<OverdueReason, number>>;

/** Tells, once for each lease and reason, of leases that are out for too long or lie idle in a transaction. */
export class OverdueWatch {
  readonly #pool: OverduePool;
  readonly #limits: OverdueLimits;
  readonly #told = new Map<Loan, Set<OverdueReason>>();
  #cancelSweep: CancelTimer | undefined = undefined;
  #sweepsAt = Infinity;

  constructor(pool: OverduePool, limits: OverdueLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  /** Since `now` something is out. */
  noteLent(now: number): void {
    if (this.#limits.held !== Infinity) this.#expect(now + this.#limits.held, now);
  }

  /** Since `now` something lies idle in a transaction. */
  noteIdleInTransaction(now: number): void {
    this.#expect(now + this.#limits['idle in transaction'], now);
  }

  /** The loan has ended. */
  forget(loan: Loan): void {
    if (this.#told.size === 0 || !this.#told.delete(loan)) return;
    const { name: pool, clock, announcements } = this.#pool;
    announcements.tell('overdue-return', () => ({ pool, holder: loan.toHolder(clock.now()) }));
  }

  #expect(dueAt: number, now: number): void {
    if (dueAt < this.#sweepsAt) this.#sweepAt(dueAt, now);
  }

  #sweepAt(at: number, now: number): void {
    this.#cancelSweep?.();
    this.#sweepsAt = at;
    this.#cancelSweep = this.#pool.clock.setBackgroundTimer(at - now, () => this.#sweep());
  }

  #sweep(): void {
    this.#sweepsAt = Infinity;
    const now = this.#pool.clock.now();
    let next = Infinity;
    for (const { loan } of this.#pool.loans()) {
      next = Math.min(next, this.#look(loan, 'held', now), this.#look(loan, 'idle in transaction', now));
    }
    if (next !== Infinity) this.#sweepAt(next, now);
  }

  /** Tells of a loan that is overdue. @returns when it will be, if it is not yet and has not been told of. */
  #look(loan: Loan, reason: OverdueReason, now: number): number {
    const since = reason === 'held' ? loan.takenAt : loan.idleInTransactionSince;
    const dueAt = (since ?? Infinity) + this.#limits[reason];
    const told = this.#told.get(loan);
    if (told?.has(reason) === true) return Infinity;
    if (dueAt > now) return dueAt;
    this.#told.set(loan, (told ?? new Set()).add(reason));
    this.#tell(reason, loan.toHolder(now));
    return Infinity;
  }

  #tell(reason: OverdueReason, holder: PoolHolder): void {
    const { name, announcements } = this.#pool;
    const limit = seconds(this.#limits[reason]);
    const message = `A lease of pool ${name} has been ${reason} for more than ${limit}: ${describeHolder(holder)}. Release it in a finally, or use \`await using\`; do slow work before or after, not in between.`;
    process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_LEASE_OVERDUE' });
    announcements.tell('overdue', () => ({ pool: name, reason, holder }));
  }
}
