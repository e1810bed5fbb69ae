import { aborted } from '../util/bounded.ts';
import type { Connector } from './pool.ts';

/**
 * Runs a connector's hooks on new connections: `prepareOnce` once for the pool, done before any connection is lent;
 * `prepare` on each. When the first one fails the next connection is the first again.
 */
export class FirstConnect<C> {
  readonly #connector: Connector<C>;
  #isDone: boolean;
  #running: Promise<void> | undefined = undefined;

  constructor(connector: Connector<C>) {
    this.#connector = connector;
    this.#isDone = connector.prepareOnce === undefined;
  }

  /** @returns nothing when there is nothing to wait for. */
  prepare(connection: C, signal: AbortSignal): PromiseLike<void> | void {
    if (this.#isDone) return this.#connector.prepare?.(connection, signal);
    return this.#prepareInTurn(connection, signal);
  }

  async #prepareInTurn(connection: C, signal: AbortSignal): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    signal.throwIfAborted();
    if (!this.#isDone) await this.#prepareFirst(connection, signal);
    await this.#connector.prepare?.(connection, signal);
  }

  async #prepareFirst(connection: C, signal: AbortSignal): Promise<void> {
    // A hook that never settles must not keep the others waiting beyond its own connect's deadline.
    const running = untilAborted(signal, async () => this.#connector.prepareOnce?.(connection, signal));
    this.#running = running.catch(() => {});
    try {
      await running;
      this.#isDone = true;
    } finally {
      this.#running = undefined;
    }
  }
}

/** The work's end, or the abort when that comes first. */
async function untilAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await Promise.race([work(), aborted(signal)]);
  signal.throwIfAborted();
}
