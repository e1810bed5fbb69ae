import type { Clock } from '../util/clock.ts';
import { WindowBudget } from '../util/window-budget.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';

/**
 * Dates what is lent and given back: to the clock's accuracy where somebody listens to releases, to the millisecond where
 * there are fewer than 5,000 such dates a second, else to 20 ms, or to the turn of the event loop when that takes longer. A look at the
 * clock takes as long as nearly all the rest of a checkout, and those who read these dates, for warnings, errors, tests
 * and the age of connections, think in seconds. Deadlines are none of these: see `JoinDates`.
 */
export class PoolDates {
  readonly #clock: Clock;
  readonly #announcements: Pick<PoolAnnouncements, 'hearsReleases'>;
  readonly #looks: WindowBudget;
  #latest = 0;
  #isExact = false;

  constructor(clock: Clock, announcements: Pick<PoolAnnouncements, 'hearsReleases'>) {
    this.#clock = clock;
    this.#announcements = announcements;
    this.#looks = new WindowBudget(clock);
  }

  /** The time, never in the future. */
  now(): number {
    if (this.#looks.spend()) this.#look();
    return this.#isExact ? this.#clock.now() : this.#latest;
  }

  #look(): void {
    this.#isExact = this.#announcements.hearsReleases;
    // A whole one: V8 keeps others in an object of their own, of which each loan would make one more.
    this.#latest = Math.floor(this.#clock.now());
  }
}
