import type { KnownPool } from './known-pool.ts';
import { isCircle } from './pool-circle.ts';

/** Looks whenever all is at rest for circles that a pool lets stand although it is to refuse them. */
export class CircleWatch {
  readonly #known: KnownPool;

  constructor(known: KnownPool) {
    this.#known = known;
  }

  /** Whether every place is held by a task that waits for another one, however that came about. */
  letsStand(): boolean {
    const { shape, disposal } = this.#known;
    return shape.refuseSelfStarvation && disposal === undefined && isCircle(this.#known);
  }
}
