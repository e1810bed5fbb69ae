/** How much the latest interval counts in the mean. */
const WEIGHT = 0.1;
/** Grants in a row before the mean is worth anything. */
const ENOUGH = 10;

/** How fast a line moves: the mean time between grants while somebody waits. */
export class Pace {
  #lastAt: number | undefined = undefined;
  #meanMs = 0;
  #grants = 0;

  /** @param stillWaiting - callers left in line. */
  noteGrant(now: number, stillWaiting: number): void {
    if (this.#lastAt !== undefined) {
      const ms = now - this.#lastAt;
      this.#grants += 1;
      this.#meanMs += (ms - this.#meanMs) * Math.max(WEIGHT, 1 / this.#grants);
    }
    // The next one would also measure the time in which nobody wanted anything.
    this.#lastAt = stillWaiting > 0 ? now : undefined;
  }

  /** When a caller with so many ahead of it would be served, milliseconds; undefined when there is no telling. */
  expectedMs(ahead: number): number | undefined {
    return this.#grants < ENOUGH ? undefined : (ahead + 1) * this.#meanMs;
  }
}
