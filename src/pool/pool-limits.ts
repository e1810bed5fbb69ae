/** How many connections a pool may have. Everybody who counts looks here, so that `resize` works at once. */
export class PoolLimits {
  /** The option `size`. */
  size = 0;
  /** The option `maxOverflow`. */
  maxOverflow = 0;
  /** Idle connections kept, at most. */
  keep = 0;
  /** Physical connections, at most. */
  limit = 0;
  /** Connections opened at the same time, at most. */
  connecting = 0;
  readonly #maxConnecting: number | undefined;

  /** @param maxConnecting - undefined: a quarter of all, at least 2. */
  constructor(size: number, maxOverflow: number, maxConnecting?: number) {
    this.#maxConnecting = maxConnecting;
    this.set(size, maxOverflow);
  }

  /** A pool that keeps nothing and refuses nobody. */
  static none(): PoolLimits {
    const limits = new PoolLimits(0, -1, Infinity);
    limits.keep = 0;
    return limits;
  }

  set(size: number, maxOverflow: number): void {
    this.size = size;
    this.maxOverflow = maxOverflow;
    this.keep = size === 0 ? Infinity : size;
    this.limit = maxOverflow === -1 ? Infinity : this.keep + maxOverflow;
    this.connecting = this.#maxConnecting ?? Math.max(2, this.limit === Infinity ? 10 : Math.ceil(this.limit / 4));
  }
}
