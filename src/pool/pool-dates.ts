import type { Clock } from '../util/clock.ts';
import { WindowBudget } from '../util/window-budget.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';

/**
 * Dates what is lent and given back: to the clock's accuracy where there are fewer than 5,000 such dates a second or
 * somebody listens to releases, else to 20 ms, or to the turn of the event loop when that takes longer. A look at the
 * clock takes as long as nearly all the rest of a checkout, and those who read these dates, for warnings, errors, tests
 * and the age of connections, think in seconds. Deadlines are none of these: see `JoinDates`.
 */
export class PoolDates {
  readonly #clock: Clock;
  readonly #announcements: Pick<PoolAnnouncements, 'hearsReleases'>;
  readonly #looks: WindowBudget;
  #latest = 0;

  constructor(clock: Clock, announcements: Pick<PoolAnnouncements, 'hearsReleases'>) {
    this.#clock = clock;
    this.#announcements = announcements;
    this.#looks = new WindowBudget(clock);
  }

  /** The time, never in the future. */
  now(): number {
    if (this.#looks.spend() || this.#announcements.hearsReleases) this.#latest = this.#clock.now();
    return this.#latest;
  }
}
