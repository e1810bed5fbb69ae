import type { Clock } from '../util/clock.ts';
import { WindowBudget } from '../util/window-budget.ts';
import { releasesAreHeard } from './pool-events.ts';

/**
 * Dates loans: to the clock's accuracy where there are fewer than 5,000 a second or somebody listens to releases, else to
 * 20 ms. A look at the clock takes as long as nearly all the rest of a checkout, and the others who read these dates, for
 * warnings and errors, think in seconds. Deadlines are none of these.
 */
export class LoanDates {
  readonly #clock: Clock;
  readonly #looks: WindowBudget;
  #latest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#looks = new WindowBudget(clock);
  }

  /** The time, never in the future. */
  now(): number {
    if (this.#looks.spend() || releasesAreHeard()) this.#latest = this.#clock.now();
    return this.#latest;
  }
}
