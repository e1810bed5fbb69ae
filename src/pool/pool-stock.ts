import type { ContextRunner } from '../util/async-context.ts';
import { bounded } from '../util/bounded.ts';
import type { Clock } from '../util/clock.ts';
import { LinkedQueue } from '../util/linked-queue.ts';
import { ConnectAttempt } from './connect-attempt.ts';
import { ConnectLog } from './connect-log.ts';
import { ConnectionCloser } from './connection-closer.ts';
import { PoolEntry } from './pool-entry.ts';
import type { PoolSettings } from './pool-options.ts';
import { PoolRoster } from './pool-roster.ts';
import type { Connector } from './pool.ts';

/** What a stock runs on. */
export interface StockTerms<C> {
  readonly connector: Connector<C>;
  readonly settings: PoolSettings;
  readonly clock: Clock;
  /** Where connections are opened: outside any request. */
  readonly context: ContextRunner;
}

/** Who decides what becomes of the connections. */
export interface StockOwner<C> {
  /** A connection is free and as new: lend it or `keep` it. */
  ready(entry: PoolEntry<C>): void;
  connectFailed(error: unknown): void;
  /** A place is free, or a connection that was on its way will not come. */
  freed(): void;
}

const DONE = Promise.resolve();

/** The physical connections of a pool: opens, tests, resets, keeps and closes them. Knows nobody who waits. */
export class PoolStock<C> {
  readonly roster = new PoolRoster<C>();
  readonly connects = new ConnectLog();
  readonly #terms: StockTerms<C>;
  readonly #owner: StockOwner<C>;
  readonly #closer: ConnectionCloser<C>;
  readonly #idle = new LinkedQueue<PoolEntry<C>>();
  #generation = 0;
  #isClosed = false;

  constructor(terms: StockTerms<C>, owner: StockOwner<C>) {
    this.#terms = terms;
    this.#owner = owner;
    this.#closer = new ConnectionCloser(terms.connector, terms.clock, terms.settings.options.closeTimeout);
  }

  get now(): number {
    return this.#terms.clock.now();
  }

  /** True when no more may be opened. */
  get isFull(): boolean {
    return this.#isClosed || this.roster.size >= this.#terms.settings.limit;
  }

  /** Connections that will soon be ready for somebody: being opened or tested. */
  get coming(): number {
    return this.roster.count('connecting') + this.roster.count('checking');
  }

  /** The next idle connection that may be lent; those that may not are closed on the way. */
  takeIdle(): PoolEntry<C> | undefined {
    for (;;) {
      const entry = this.#terms.settings.options.useLifo ? this.#idle.pop() : this.#idle.shift();
      if (entry === undefined) return undefined;
      if (this.#conditionOf(entry) === 'broken') this.discard(entry);
      else if (this.#isExpired(entry)) this.#retire(entry);
      else return entry;
    }
  }

  /** Keeps a ready connection, or closes it when enough are kept. */
  keep(entry: PoolEntry<C>): void {
    if (this.#idle.length >= this.#terms.settings.keep) return this.#retire(entry);
    this.roster.move(entry, 'idle');
    this.#idle.push(entry);
  }

  /** Begins to open one more. */
  open(): void {
    const { connector, clock, context, settings } = this.#terms;
    const entry = new PoolEntry<C>(this.#generation, clock.now());
    this.roster.add(entry);
    entry.attempt = ConnectAttempt.start(
      { connector, clock, context, timeoutMs: settings.options.connectTimeout },
      {
        arrived: (connection) => this.#arrived(entry, connection),
        failed: (error) => this.#failed(entry, error),
        arrivedLate: (connection) => void this.#closer.close(connection),
      },
    );
  }

  /** Gives up connects that nobody wants and that could not be kept; `wanted` is how many somebody waits for. */
  shed(wanted: number): void {
    const connecting = this.roster.count('connecting');
    const surplus = Math.min(connecting - wanted, this.#idle.length + connecting - this.#terms.settings.keep);
    if (surplus <= 0) return;
    const entries = [...this.roster].filter((entry) => entry.state === 'connecting');
    for (const entry of entries.slice(-surplus)) this.#abandon(entry);
  }

  /** Tests an idle connection. Whoever waits first gets it if it lives. */
  check(entry: PoolEntry<C>): void {
    const { connector, clock, settings } = this.#terms;
    this.roster.move(entry, 'checking');
    void bounded(clock, settings.options.pingTimeout, () => connector.ping?.(entry.connection)).then(({ outcome }) => {
      if (outcome === 'done') this.#admit(entry);
      else this.#drop(entry);
    });
  }

  /** Takes a connection back from its holder. Never rejects. */
  takeBack(entry: PoolEntry<C>): Promise<void> {
    const condition = this.#conditionOf(entry);
    if (condition === 'busy' || condition === 'broken') this.#drop(entry);
    else if (this.#isUnwanted(entry) || this.#isExpired(entry)) this.#retire(entry);
    else if (this.#needsReset(condition)) return this.#reset(entry);
    else this.#owner.ready(entry);
    return DONE;
  }

  /** Drops a connection at once; its place is free. */
  discard(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'gone');
    this.#closer.destroy(entry.connection);
  }

  /** From now on lends nothing that is older than this call, except that what is out stays with its holders. */
  invalidateAll(): void {
    this.#generation += 1;
    for (const entry of this.#idle) {
      this.#idle.remove(entry);
      this.discard(entry);
    }
  }

  /** True when nothing newer than `entry` was ever asked for. */
  isOfLatest(entry: PoolEntry<C>): boolean {
    return entry.generation === this.#generation;
  }

  /** Closes what is idle, gives up what is being opened. Resolves when all is closed, at the latest after `closeTimeout`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let entry = this.#idle.shift(); entry !== undefined; entry = this.#idle.shift()) this.#retire(entry);
    for (const entry of this.roster) if (entry.state === 'connecting') this.#abandon(entry);
    await bounded(this.#terms.clock, this.#terms.settings.options.closeTimeout, async () => {
      await this.roster.emptied();
      await this.#closer.settled();
    });
  }

  #arrived(entry: PoolEntry<C>, connection: C): void {
    entry.arrive(connection, this.now);
    this.connects.noteSuccess();
    this.#admit(entry);
  }

  /** A connection that has proved good is ready, unless things have changed while it was on its way. */
  #admit(entry: PoolEntry<C>): void {
    if (!this.#isUnwanted(entry)) return this.#owner.ready(entry);
    this.#retire(entry);
    this.#owner.freed();
  }

  #failed(entry: PoolEntry<C>, error: unknown): void {
    const wasWanted = entry.state === 'connecting';
    this.roster.move(entry, 'gone');
    if (!wasWanted) return this.#owner.freed();
    this.connects.noteFailure(error, this.now);
    this.#owner.connectFailed(error);
  }

  #abandon(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'abandoned');
    entry.attempt?.abort();
  }

  #drop(entry: PoolEntry<C>): void {
    this.discard(entry);
    this.#owner.freed();
  }

  /** Closes politely. The place is free only when the connection is closed, so that the limit holds at the server. */
  #retire(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'closing');
    void this.#closer.close(entry.connection).then(() => {
      this.roster.move(entry, 'gone');
      this.#owner.freed();
    });
  }

  async #reset(entry: PoolEntry<C>): Promise<void> {
    const { connector, clock, settings } = this.#terms;
    this.roster.move(entry, 'resetting');
    const { outcome } = await bounded(clock, settings.options.resetTimeout, () => connector.reset?.(entry.connection));
    if (outcome === 'done' && this.#isClean(entry)) this.#admit(entry);
    else this.#drop(entry);
  }

  #needsReset(condition: 'idle' | 'dirty'): boolean {
    const { connector, settings } = this.#terms;
    return condition === 'dirty' && connector.reset !== undefined && settings.options.resetOnReturn === 'rollback';
  }

  /** After a reset a connection that can tell must say that it is idle. */
  #isClean(entry: PoolEntry<C>): boolean {
    return this.#terms.connector.condition === undefined || this.#conditionOf(entry) === 'idle';
  }

  #conditionOf(entry: PoolEntry<C>): 'idle' | 'dirty' | 'busy' | 'broken' {
    try {
      return this.#terms.connector.condition?.(entry.connection) ?? 'dirty';
    } catch {
      return 'broken';
    }
  }

  #isUnwanted(entry: PoolEntry<C>): boolean {
    return this.#isClosed || entry.state === 'abandoned' || entry.generation !== this.#generation;
  }

  #isExpired(entry: PoolEntry<C>): boolean {
    const { recycle } = this.#terms.settings.options;
    return recycle !== -1 && this.now - entry.connectedAt >= recycle;
  }
}
