import type { Clock } from './clock.ts';

/** What may be done at once, and in each window, at most: 5,000 times a second. */
const MOST = 100;
const WINDOW_MS = 20;

/** Allows the first hundred of each 20 ms: all in a quiet program, a sample in a busy one, which pays a comparison. */
export class WindowBudget {
  readonly #clock: Clock;
  #left = MOST;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it may be done once more. */
  spend(): boolean {
    if (this.#left === 0) return false;
    // A timer, not a look at the clock: what is refused must be cheap.
    if (this.#left === MOST) this.#clock.setBackgroundTimer(WINDOW_MS, () => (this.#left = MOST));
    this.#left -= 1;
    return true;
  }
}
