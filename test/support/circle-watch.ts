import { isHolding } from './asked-checkout.ts';
import type { KnownPool } from './known-pool.ts';
import { isCircle } from './pool-circle.ts';

/** Looks from rest to rest for circles that a pool lets stand although it is to refuse them. */
export class CircleWatch {
  readonly #known: KnownPool;
  #asked = 0;
  #served = 0;

  constructor(known: KnownPool) {
    this.#known = known;
  }

  /**
   * Whether the wait that began since the last rest completed a circle. One that a grant completes, or a `resize`, is
   * let stand: `refuseSelfStarvation` looks only when a wait begins.
   */
  letsStand(): boolean {
    const { asked, shape, disposal } = this.#known;
    const served = asked.filter(({ lease }) => lease !== undefined).length;
    const newest = asked.length > this.#asked && served === this.#served ? asked.at(-1) : undefined;
    this.#asked = asked.length;
    this.#served = served;
    if (newest?.outcome !== undefined || newest?.owner === undefined) return false;
    if (!shape.refuseSelfStarvation || disposal !== undefined) return false;
    const isHolder = asked.some((each) => isHolding(each) && each.owner === newest.owner);
    return isHolder && isCircle(this.#known);
  }
}
