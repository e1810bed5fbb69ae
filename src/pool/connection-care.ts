import { bounded } from '../util/bounded.ts';
import type { ContextRunner } from '../util/async-context.ts';
import type { Clock } from '../util/clock.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { ChosenOptions } from './pool-settings.ts';
import type { Connector } from './pool.ts';
import type { StockTerms } from './stock-terms.ts';

export type Condition = 'idle' | 'dirty' | 'busy' | 'broken';

/** What a ping told: `silent` when there was no answer, `refused` with an error that does not mean a dead connection. */
export type PingResult =
  | { readonly is: 'alive' | 'dead' | 'silent' }
  | { readonly is: 'refused'; readonly error: unknown };

/** A ping gets so long however hasty the caller, milliseconds: it would cost a connection that only is far away. */
const LEAST_PING_MS = 100;

type CareOptions = Pick<ChosenOptions, 'prePing' | 'pingAfter' | 'pingTimeout' | 'resetTimeout' | 'resetOnReturn'>;

/**
 * Tests connections before they are lent and makes them as new afterwards, each within its deadline and outside any
 * request. Never throws.
 */
export class ConnectionCare<C> {
  readonly #connector: Connector<C>;
  readonly #clock: Clock;
  readonly #context: ContextRunner;
  readonly #options: CareOptions;

  constructor({ connector, clock, context, settings }: Omit<StockTerms<C>, 'dates' | 'tally'>) {
    this.#connector = connector;
    this.#clock = clock;
    this.#context = context;
    this.#options = settings.options;
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
    const ping = (): PromiseLike<void> | undefined => this.#context(() => this.#connector.ping?.(connection));
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
    return condition === 'busy' || (condition === 'dirty' && this.#canEnd);
  }

  /** Whether a holder's work in this connection is to last, so that it cannot just be closed. */
  mustCommit(entry: PoolEntry<C>, condition: Condition): boolean {
    return this.#options.resetOnReturn === 'commit' && condition === 'dirty' && !entry.isLost;
  }

  /** Stops what runs, then commits or resets. True when the connection is as new. */
  async restore(entry: PoolEntry<C>): Promise<boolean> {
    const restore = (): Promise<boolean> => this.#context(() => this.#restore(entry));
    const ended = await bounded(this.#clock, this.#options.resetTimeout, restore);
    // A connection that can tell must say that it is idle now; one that may stay dirty must at least be quiet.
    const condition = this.conditionOf(entry.connection);
    const isQuiet = this.#connector.condition === undefined || condition === 'idle';
    return ended.outcome === 'done' && ended.value && (isQuiet || (condition === 'dirty' && !this.#canEnd));
  }

  /** False when nothing could end what is open. */
  async #restore(entry: PoolEntry<C>): Promise<boolean> {
    const { connection } = entry;
    const before = this.conditionOf(connection);
    if (this.mustCommit(entry, before)) {
      await this.#connector.commit?.(connection);
      return true;
    }
    // What is stopped half-way may be half of what its holder meant: from here on nothing is committed.
    if (before === 'busy') await this.#connector.cancel?.(connection);
    if (this.conditionOf(connection) !== 'dirty' || !this.#canEnd) return true;
    await this.#connector.reset?.(connection);
    return this.#connector.reset !== undefined;
  }

  /** Whether a transaction that was left open is ended one way or the other. */
  get #canEnd(): boolean {
    const { resetOnReturn } = this.#options;
    return resetOnReturn === 'commit' || (resetOnReturn === 'rollback' && this.#connector.reset !== undefined);
  }
}
