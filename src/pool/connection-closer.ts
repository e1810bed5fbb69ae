import { PoolCloseTimeoutError } from '../errors/pool-errors.ts';
import { bounded } from '../util/bounded.ts';
import type { Clock } from '../util/clock.ts';
import type { Connector } from './pool.ts';

/** A connection that could not be closed as it should. */
export interface CloseFailure {
  readonly error: unknown;
  /** False when it was dropped by force in the end; true when that failed too, so that the server may still have it. */
  readonly mayBeOpen: boolean;
}

export interface CloseTerms {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly report: (failure: CloseFailure) => void;
}

/** Closes connections, so that one that throws or hangs harms nobody. */
export class ConnectionCloser<C> {
  readonly #connector: Connector<C>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #report: (failure: CloseFailure) => void;
  readonly #closing = new Set<Promise<void>>();

  constructor(connector: Connector<C>, terms: CloseTerms) {
    this.#connector = connector;
    this.#clock = terms.clock;
    this.#timeoutMs = terms.timeoutMs;
    this.#report = terms.report;
  }

  /** Closes politely, and by force when that fails or takes longer than `patienceMs`. Never rejects. */
  close(connection: C, patienceMs: number = this.#timeoutMs): Promise<void> {
    const closed = this.#closePolitely(connection, Math.min(patienceMs, this.#timeoutMs));
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

  async #closePolitely(connection: C, timeoutMs: number): Promise<void> {
    const closing = await bounded(this.#clock, timeoutMs, () => this.#connector.close(connection));
    if (closing.outcome === 'done') return;
    const error = closing.outcome === 'failed' ? closing.error : PoolCloseTimeoutError.after(timeoutMs);
    if (this.#destroyQuietly(connection)) this.#report({ error, mayBeOpen: this.#connector.destroy === undefined });
  }

  /** False when that failed, and was reported. */
  #destroyQuietly(connection: C): boolean {
    try {
      const dropping: unknown = this.#connector.destroy?.(connection);
      // Declared to give nothing back, which an async function satisfies too.
      if (dropping instanceof Promise) dropping.catch((error: unknown) => this.#report({ error, mayBeOpen: true }));
      return true;
    } catch (error) {
      this.#report({ error, mayBeOpen: true });
      return false;
    }
  }
}
