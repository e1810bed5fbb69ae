import { PoolSelfStarvationError } from '../errors/pool-errors.ts';
import type { StarvationReport } from '../errors/pool-errors.ts';
import type { Clock } from '../util/clock.ts';
import type { Loan } from './loan.ts';
import type { PoolStock } from './pool-stock.ts';
import { isTied, tiesOf, WaitingTasks } from './starvation.ts';
import type { LabelCap } from './verdict.ts';
import { groupWaiters, lineOf } from './waiter-groups.ts';
import type { PoolWaiter } from './waiter.ts';
import type { WaitingLine } from './waiting-line.ts';

/**
 * Steps of the microtask queue before a judgement: whoever was served in this very turn may begin a statement, or give
 * back what it has, as its program says.
 */
const STEPS = 20;
const ONE_STEP = Promise.resolve();

/** What is watched, and what it takes to refuse somebody. */
export interface WatchedLine<C> {
  readonly name: string;
  readonly clock: Clock;
  readonly stock: PoolStock<C>;
  readonly line: WaitingLine<C>;
  loans(): Iterable<{ readonly loan: Loan }>;
  /** Somebody was refused. */
  left(): void;
}

/** Loans that will never come back, since each waits for another, and where they wait. */
interface Circle<C> {
  readonly loans: readonly Loan[];
  readonly waiters: readonly PoolWaiter<C>[];
  readonly cap: LabelCap | undefined;
}

/** Refuses waits that can never end: those of a circle of tasks that hold everything and wait for more. */
export class StarvationWatch<C> {
  readonly #pool: WatchedLine<C>;
  /** When the program got each loan, on the scale on which the waiters' moments are. */
  readonly #grantedAt = new WeakMap<Loan, number>();
  #isPlanned = false;

  constructor(pool: WatchedLine<C>) {
    this.#pool = pool;
  }

  /** Something is about to be lent. What asks before the borrower has had his turn asks beside him, not on his behalf. */
  noteGrant(loan: Loan): void {
    queueMicrotask(() => this.#grantedAt.set(loan, this.#pool.line.tasks?.nextMoment() ?? 0));
  }

  /** The line, or who has what, has changed: looks soon whether a circle is complete. */
  look(): void {
    if (this.#isPlanned || !this.#mayBeStuck) return;
    this.#isPlanned = true;
    void this.#lookSoon();
  }

  get #mayBeStuck(): boolean {
    const { line } = this.#pool;
    return line.length + line.heldBack > 0 && (line.hasCaps || this.#isAllLent);
  }

  /** Nothing is free, nothing is on its way. */
  get #isAllLent(): boolean {
    const { roster, vacancies } = this.#pool.stock;
    return vacancies === 0 && roster.count('leased') === roster.size;
  }

  async #lookSoon(): Promise<void> {
    for (let step = 0; step < STEPS; step++) await ONE_STEP;
    this.#isPlanned = false;
    let refused = 0;
    for (let circle = this.#circle(); circle !== undefined; circle = this.#circle()) {
      if (!this.#refuseLast(circle)) break;
      refused += 1;
    }
    if (refused > 0) this.#pool.left();
  }

  #circle(): Circle<C> | undefined {
    if (!this.#mayBeStuck) return undefined;
    const { line } = this.#pool;
    const waiting = line.tasks;
    if (waiting === undefined) return undefined;
    return (this.#isAllLent ? this.#circleOfAll(waiting) : undefined) ?? this.#circleOfLabel(waiting);
  }

  #circleOfAll(waiting: WaitingTasks): Circle<C> | undefined {
    for (const { loan } of this.#pool.loans()) if (!this.#waits(loan, waiting)) return undefined;
    const loans = Array.from(this.#pool.loans(), ({ loan }) => loan);
    return { loans, waiters: [...this.#pool.line], cap: undefined };
  }

  /** All that one label may have is held by those who are held back for more of it. */
  #circleOfLabel(waiting: WaitingTasks): Circle<C> | undefined {
    const { line } = this.#pool;
    if (line.heldBack === 0) return undefined;
    const byLabel = Map.groupBy(this.#pool.loans(), ({ loan }) => loan.label);
    for (const [label, held] of byLabel) {
      const most = line.capOf(label);
      const loans = held.map(({ loan }) => loan);
      if (label === undefined || loans.length < most || !loans.every((loan) => this.#waits(loan, waiting))) continue;
      const waiters = [...line].filter((waiter) => waiter.label === label && line.isHeldBack(waiter));
      const heldBack = this.#only(waiters);
      if (loans.every((loan) => this.#waits(loan, heldBack))) return { loans, waiters, cap: { label, most } };
    }
    return undefined;
  }

  #waits(loan: Loan, waiting: WaitingTasks): boolean {
    return waiting.includes(loan, this.#grantedAt.get(loan) ?? Infinity);
  }

  #only(waiters: readonly PoolWaiter<C>[]): WaitingTasks {
    const some = new WaitingTasks();
    for (const waiter of waiters) some.add(waiter, this.#pool.line.tasks?.momentOf(waiter));
    return some;
  }

  /** Refuses whoever of the circle came last. False when there is nobody. */
  #refuseLast({ loans, waiters, cap }: Circle<C>): boolean {
    const ties = tiesOf(loans);
    const tied = waiters.filter((waiter) => isTied(waiter, ties));
    const inCircle = tied.filter((waiter) => loans.some((loan) => this.#waits(loan, this.#only([waiter]))));
    const [first] = inCircle;
    if (first === undefined) return false;
    const last = inCircle.reduce((latest, waiter) => (waiter.since >= latest.since ? waiter : latest), first);
    this.#pool.line.refuse(
      last,
      PoolSelfStarvationError.of(this.#pool.name, this.#report({ loans, cap }, inCircle, last)),
    );
    return true;
  }

  #report(
    { loans, cap }: Pick<Circle<C>, 'loans' | 'cap'>,
    inCircle: readonly PoolWaiter<C>[],
    last: PoolWaiter<C>,
  ): StarvationReport {
    const now = this.#pool.clock.now();
    const holders = loans.map((loan) => loan.toHolder(now)).sort((a, b) => b.heldMs - a.heldMs);
    return { holders, waiters: groupWaiters(inCircle), line: lineOf(last.callSite), cap };
  }
}
