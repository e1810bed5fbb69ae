import { bounded } from '../util/bounded.ts';
import type { Clock } from '../util/clock.ts';
import type { Connector } from './pool.ts';

/** Closes connections, so that one that throws or hangs harms nobody. */
export class ConnectionCloser<C> {
  readonly #connector: Connector<C>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #closing = new Set<Promise<void>>();

  constructor(connector: Connector<C>, clock: Clock, timeoutMs: number) {
    this.#connector = connector;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Closes politely, and by force when that fails or takes too long. Never rejects. */
  close(connection: C): Promise<void> {
    const closed = this.#closePolitely(connection);
    this.#closing.add(closed);
    return closed.finally(() => this.#closing.delete(closed));
  }

  /** Drops the connection now. Never throws. */
  destroy(connection: C): void {
    if (this.#connector.destroy === undefined) void this.close(connection);
    else this.#destroyQuietly(connection);
  }

  /** Resolves when nothing is being closed. Never rejects. */
  async settled(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  async #closePolitely(connection: C): Promise<void> {
    const { outcome } = await bounded(this.#clock, this.#timeoutMs, () => this.#connector.close(connection));
    if (outcome !== 'done') this.#destroyQuietly(connection);
  }

  #destroyQuietly(connection: C): void {
    try {
      this.#connector.destroy?.(connection);
    } catch {
      // Nothing is left to try, and nobody to tell: the connection is out of the pool either way.
    }
  }
}
