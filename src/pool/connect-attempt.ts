import { PoolConnectTimeoutError } from '../errors/pool-errors.ts';
import type { ContextRunner } from '../util/async-context.ts';
import type { CancelTimer, Clock } from '../util/clock.ts';
import type { Connector } from './pool.ts';

/** What every attempt of a pool has in common. */
export interface ConnectTerms<C> {
  readonly connector: Connector<C>;
  readonly clock: Clock;
  /** Where connections are opened: outside any request. */
  readonly context: ContextRunner;
  readonly timeoutMs: number;
}

/** Who is told how an attempt ended: exactly one of the first two, once. */
export interface ConnectListener<C> {
  arrived(connection: C): void;
  failed(error: unknown): void;
  /** A connection that arrived after `failed`: close it. */
  arrivedLate(connection: C): void;
}

/** One try to open one connection, within its deadline. */
export class ConnectAttempt<C> {
  readonly #listener: ConnectListener<C>;
  readonly #controller = new AbortController();
  readonly #cancelTimer: CancelTimer;
  #isOver = false;

  private constructor(terms: ConnectTerms<C>, listener: ConnectListener<C>) {
    const { clock, timeoutMs } = terms;
    this.#listener = listener;
    this.#cancelTimer = timeoutMs === Infinity ? () => {} : clock.setTimer(timeoutMs, () => this.#timeOut(timeoutMs));
  }

  static start<C>(terms: ConnectTerms<C>, listener: ConnectListener<C>): ConnectAttempt<C> {
    const attempt = new ConnectAttempt(terms, listener);
    terms.context(() => void attempt.#run(terms.connector));
    return attempt;
  }

  /** Asks the connector to stop; the listener still hears how it ended. */
  abort(): void {
    this.#controller.abort();
  }

  async #run(connector: Connector<C>): Promise<void> {
    let connection: C;
    try {
      connection = await connector.connect(this.#controller.signal);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#end()) this.#listener.arrived(connection);
    else this.#listener.arrivedLate(connection);
  }

  #timeOut(timeoutMs: number): void {
    const error = PoolConnectTimeoutError.after(timeoutMs);
    this.#controller.abort(error);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#end()) this.#listener.failed(error);
  }

  /** True for the first ending only. */
  #end(): boolean {
    const isFirst = !this.#isOver;
    this.#isOver = true;
    this.#cancelTimer();
    return isFirst;
  }
}
