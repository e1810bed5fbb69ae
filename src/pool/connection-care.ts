import { bounded } from '../util/bounded.ts';
import type { Clock } from '../util/clock.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { ChosenOptions } from './pool-settings.ts';
import type { Connector } from './pool.ts';

export type Condition = 'idle' | 'dirty' | 'busy' | 'broken';

/** What a ping told: `silent` when there was no answer, `refused` with an error that does not mean a dead connection. */
export type PingResult =
  | { readonly is: 'alive' | 'dead' | 'silent' }
  | { readonly is: 'refused'; readonly error: unknown };

/** A ping gets so long however hasty the caller, milliseconds: it would cost a connection that only is far away. */
const LEAST_PING_MS = 100;

type CareOptions = Pick<ChosenOptions, 'prePing' | 'pingAfter' | 'pingTimeout' | 'resetTimeout' | 'resetOnReturn'>;

/** Tests connections before they are lent and makes them as new afterwards, each within its deadline. Never throws. */
export class ConnectionCare<C> {
  readonly #connector: Connector<C>;
  readonly #clock: Clock;
  readonly #options: CareOptions;

  constructor(connector: Connector<C>, clock: Clock, options: CareOptions) {
    this.#connector = connector;
    this.#clock = clock;
    this.#options = options;
  }

  conditionOf(connection: C): Condition {
    try {
      return this.#connector.condition?.(connection) ?? 'dirty';
    } catch {
      return 'broken';
    }
  }

  /** Whether the options ask for a ping before this one is lent. */
  isPingDue(entry: PoolEntry<C>, now: number): boolean {
    const { prePing, pingAfter } = this.#options;
    return prePing && now - entry.aliveAt >= pingAfter;
  }

  /** @param patienceMs - of the caller for whom it is: half of it must be left to open another connection. */
  async ping(connection: C, patienceMs: number): Promise<PingResult> {
    const { pingTimeout } = this.#options;
    const limitMs = Math.min(pingTimeout, Math.max(patienceMs / 2, LEAST_PING_MS));
    const ping = (): PromiseLike<void> | undefined => this.#connector.ping?.(connection);
    const answer = await bounded(this.#clock, limitMs, ping);
    if (answer.outcome === 'done') return { is: 'alive' };
    // Of a hasty caller's ping nothing follows for the other connections.
    if (answer.outcome === 'timed out') return { is: limitMs < pingTimeout ? 'dead' : 'silent' };
    const isRefusal = answer.outcome === 'failed' && !this.#isDisconnect(answer.error);
    return isRefusal ? { is: 'refused', error: answer.error } : { is: 'dead' };
  }

  /** When in doubt it is one: the caller gets another connection. */
  #isDisconnect(error: unknown): boolean {
    try {
      return this.#connector.isDisconnect?.(error) !== false;
    } catch {
      return true;
    }
  }

  /** Whether a connection in this condition can be lent again after `restore`, as far as one can know before. */
  canRestore(condition: Condition): boolean {
    return condition === 'busy' ? this.#connector.cancel !== undefined : condition !== 'broken';
  }

  needsRestoring(condition: Condition): boolean {
    if (condition === 'busy') return true;
    return condition === 'dirty' && this.#connector.reset !== undefined && this.#options.resetOnReturn === 'rollback';
  }

  /** Stops what runs, then resets. True when the connection is as new. */
  async restore(connection: C): Promise<boolean> {
    const { outcome } = await bounded(this.#clock, this.#options.resetTimeout, () => this.#restore(connection));
    // A connection that can tell must say that it is idle now; one that may stay dirty must at least be quiet.
    const condition = this.conditionOf(connection);
    const isQuiet = this.#connector.condition === undefined || condition === 'idle';
    return outcome === 'done' && (isQuiet || (condition === 'dirty' && !this.needsRestoring('dirty')));
  }

  async #restore(connection: C): Promise<void> {
    if (this.conditionOf(connection) === 'busy') await this.#connector.cancel?.(connection);
    const condition = this.conditionOf(connection);
    if (condition !== 'busy' && this.needsRestoring(condition)) await this.#connector.reset?.(connection);
  }
}
