/** How much the latest use counts in the mean. */
const WEIGHT = 0.1;
/** Uses before the mean is worth anything. */
const ENOUGH = 10;

/** How fast a line moves: from how long connections are used. */
export class Pace {
  #meanMs = 0;
  #uses = 0;

  /** A connection came back from its holder. */
  noteUse(heldMs: number): void {
    this.#uses += 1;
    this.#meanMs += (heldMs - this.#meanMs) * Math.max(WEIGHT, 1 / this.#uses);
  }

  /**
   * When a caller with so many ahead of it would be served, milliseconds; undefined when there is no telling.
   *
   * @param heldMs - of each connection that is out, for how long: one that is out for longer than usual may be so again.
   */
  expectedMs(ahead: number, heldMs: Iterable<number>): number | undefined {
    if (this.#uses < ENOUGH) return undefined;
    let perMs = 0;
    for (const ms of heldMs) perMs += 1 / Math.max(this.#meanMs, ms);
    return perMs === 0 ? undefined : (ahead + 1) / perMs;
  }
}
