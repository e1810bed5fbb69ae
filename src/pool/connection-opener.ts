import type { CancelTimer } from '../util/clock.ts';
import { ConnectAttempt } from './connect-attempt.ts';
import type { ConnectListener } from './connect-attempt.ts';
import { ConnectCircuit } from './connect-circuit.ts';
import { FirstConnect } from './first-connect.ts';
import { isPassingFailure } from './passing-failure.ts';
import type { PoolEntry } from './pool-entry.ts';
import { enterScope } from './pool-scope.ts';
import type { PoolScope } from './pool-scope.ts';
import { traceConnect } from './pool-traces.ts';
import { preparationScope } from './preparation.ts';
import type { Connector } from './pool.ts';
import type { StockTerms } from './stock-terms.ts';

/** Opens connections: not too many at a time, and none while the database is to be left alone. */
export class ConnectionOpener<C> {
  readonly circuit: ConnectCircuit;
  readonly #terms: StockTerms<C>;
  readonly #first: FirstConnect<C>;
  readonly #scope: PoolScope;
  #cancelRetry: CancelTimer | undefined = undefined;

  constructor(terms: StockTerms<C>) {
    this.circuit = new ConnectCircuit(terms.settings.options);
    this.#terms = terms;
    this.#first = new FirstConnect(terms.connector);
    this.#scope = preparationScope(terms.settings, terms.settings.options.name);
  }

  /** Whether the database may be asked for one more, if no attempt finds out already whether it is back. */
  mayOpen(): boolean {
    return !this.circuit.isCautious || this.circuit.pauseMs(this.#terms.clock.now()) === 0;
  }

  open(entry: PoolEntry<C>, listener: ConnectListener<C>): void {
    const { connector, clock, context, settings } = this.#terms;
    const prepare = (connection: C, signal: AbortSignal): PromiseLike<void> | void =>
      enterScope(this.#scope, () => this.#first.prepare(connection, signal));
    const timeoutMs = settings.options.connectTimeout;
    const traced = traceConnect({ name: settings.options.name, clock }, listener);
    entry.attempt = ConnectAttempt.start({ connector, prepare, clock, context, timeoutMs }, traced);
  }

  noteSuccess(): void {
    this.circuit.noteSuccess();
    this.cancelRetry();
  }

  /** @returns whether the failure may pass. */
  noteFailure(error: unknown, { round, startedAt }: PoolEntry<C>): boolean {
    const { connector, clock } = this.#terms;
    const isPassing = isPassingTo(connector, error);
    this.circuit.noteFailure({ error, isPassing, round, startedAt }, clock.now());
    return isPassing;
  }

  /** Calls `retry` when the next attempt may begin. @param isUrgent - somebody waits for it. */
  retryLater(retry: () => void, isUrgent: boolean): void {
    const { clock } = this.#terms;
    this.cancelRetry();
    const ms = isUrgent ? this.circuit.pauseMs(clock.now()) : this.circuit.fillPauseMs(clock.now());
    // It may begin now: what it waits for is a place, not time.
    if (ms === 0) return;
    const fire = (): void => {
      this.#cancelRetry = undefined;
      retry();
    };
    this.#cancelRetry = isUrgent ? clock.setTimer(ms, fire) : clock.setBackgroundTimer(ms, fire);
  }

  cancelRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}

/** What the connector says of a failure. When it fails to say, what can be told without it. */
function isPassingTo<C>(connector: Connector<C>, error: unknown): boolean {
  try {
    return connector.isPassing?.(error) ?? isPassingFailure(error);
  } catch {
    return isPassingFailure(error);
  }
}
