import type { AskedCheckout } from './asked-checkout.ts';
import type { KnownPool, Rest } from './known-pool.ts';
import { capOf } from './pool-caps.ts';

/** Out of four that leave a line of several priorities, one is whoever waits longest. */
const MOST_BEFORE_THE_OLDEST = 3;

/** Who is served before whom, watched from rest to rest. */
export class PoolOrder {
  readonly #known: KnownPool;
  #oldest: AskedCheckout | undefined = undefined;
  #servedBefore = 0;

  constructor(known: KnownPool) {
    this.#known = known;
  }

  /** Of each priority, nobody is served before one who asked earlier and still waits, unless that one is held back. */
  isKept(): boolean {
    const { asked, shape } = this.#known;
    const waiting = new Set<string>();
    for (const { lease, outcome, priority, label } of asked) {
      const isCapped = capOf(shape.maxPerLabel, label) !== Infinity;
      if (outcome === undefined) waiting.add(isCapped ? `${priority} ${label}` : priority);
      else if (lease !== undefined && (waiting.has(priority) || waiting.has(`${priority} ${label}`))) return false;
    }
    return true;
  }

  /** Whoever waits longest is served within every fourth, whatever the priority. */
  isOldestPassedOver({ pending }: Rest): boolean {
    const served = this.#known.asked.filter(({ lease }) => lease !== undefined).length;
    const [oldest] = pending;
    if (oldest !== undefined && oldest === this.#oldest) return served - this.#servedBefore > MOST_BEFORE_THE_OLDEST;
    // Who is held back is not in line.
    const isFirst = capOf(this.#known.shape.maxPerLabel, oldest?.label) === Infinity;
    this.#oldest = isFirst ? oldest : undefined;
    this.#servedBefore = served;
    return false;
  }
}
