import { PoolConnectTimeoutError, PoolNoConnectionError } from '../errors/pool-errors.ts';
import type { ContextRunner } from '../util/async-context.ts';
import type { CancelTimer, Clock } from '../util/clock.ts';
import type { Connector } from './pool.ts';

/** What every attempt of a pool has in common. */
export interface ConnectTerms<C> {
  readonly connector: Pick<Connector<C>, 'connect'>;
  /** Makes a new connection ready, within the same deadline. */
  readonly prepare: (connection: C, signal: AbortSignal) => PromiseLike<void> | void;
  readonly clock: Clock;
  /** Where connections are opened: outside any request. */
  readonly context: ContextRunner;
  readonly timeoutMs: number;
}

/** Who is told how an attempt ended: exactly one of the first two, once. */
export interface ConnectListener<C> {
  arrived(connection: C): void;
  failed(error: unknown): void;
  /** A connection that is there though the attempt failed: close it. */
  unwanted(connection: C): void;
}

/** One try to open one connection and make it ready, within its deadline. */
export class ConnectAttempt<C> {
  readonly #terms: ConnectTerms<C>;
  readonly #listener: ConnectListener<C>;
  readonly #controller = new AbortController();
  readonly #cancelTimer: CancelTimer;
  /** While it is being made ready. */
  #unready: { readonly connection: C } | undefined = undefined;
  #isOver = false;

  private constructor(terms: ConnectTerms<C>, listener: ConnectListener<C>) {
    const { clock, timeoutMs } = terms;
    this.#terms = terms;
    this.#listener = listener;
    this.#cancelTimer = timeoutMs === Infinity ? () => {} : clock.setTimer(timeoutMs, () => this.#timeOut(timeoutMs));
  }

  static start<C>(terms: ConnectTerms<C>, listener: ConnectListener<C>): ConnectAttempt<C> {
    const attempt = new ConnectAttempt(terms, listener);
    terms.context(() => void attempt.#run());
    return attempt;
  }

  /** Asks the connector to stop; the listener still hears how it ended. */
  abort(): void {
    this.#controller.abort();
  }

  async #run(): Promise<void> {
    const { prepare } = this.#terms;
    const { signal } = this.#controller;
    try {
      const connection = await this.#open(signal);
      if (connection === undefined || connection === null) throw PoolNoConnectionError.of(String(connection));
      if (this.#isOver) return this.#listener.unwanted(connection);
      this.#unready = { connection };
      const preparing = prepare(connection, signal);
      if (preparing !== undefined) await preparing;
    } catch (error) {
      return this.#fail(error);
    }
    const ready = this.#unready;
    if (ready !== undefined && this.#end()) this.#listener.arrived(ready.connection);
  }

  /** However it fails, it does so later: whoever began the attempt is done by then. */
  #open(signal: AbortSignal): Promise<C> {
    try {
      return Promise.resolve(this.#terms.connector.connect(signal));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #timeOut(timeoutMs: number): void {
    const error = PoolConnectTimeoutError.after(timeoutMs);
    this.#controller.abort(error);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    const unready = this.#unready;
    if (!this.#end()) return;
    this.#listener.failed(error);
    if (unready !== undefined) this.#listener.unwanted(unready.connection);
  }

  /** True for the first ending only. */
  #end(): boolean {
    const isFirst = !this.#isOver;
    this.#isOver = true;
    this.#unready = undefined;
    this.#cancelTimer();
    return isFirst;
  }
}
