import { bounded } from '../util/bounded.ts';
import { LinkedQueue } from '../util/linked-queue.ts';
import type { ConnectCircuit } from './connect-circuit.ts';
import { ConnectionCare } from './connection-care.ts';
import { ConnectionCloser } from './connection-closer.ts';
import type { CloseFailure } from './connection-closer.ts';
import { ConnectionOpener } from './connection-opener.ts';
import { IdleUpkeep } from './idle-upkeep.ts';
import { PoolEntry } from './pool-entry.ts';
import type { EntryState } from './pool-entry.ts';
import { PoolRoster } from './pool-roster.ts';
import type { StockTerms } from './stock-terms.ts';

/** Each connection's life ends up to this part of `recycle` early. */
const RECYCLE_JITTER = 0.1;

/** Who decides what becomes of the connections. */
export interface StockOwner<C> {
  /** How many connections somebody waits for now. */
  readonly waiting: number;
  /** A connection is free and as new: lend it or `keep` it. */
  ready(entry: PoolEntry<C>): void;
  /** `isPassing`: whoever wanted it may wait for the next attempt. */
  connectFailed(error: unknown, isPassing: boolean): void;
  /** A test failed in a way that does not mean a dead connection: whoever waits for it should hear that. */
  testFailed(error: unknown): void;
  /** A place is free, or a connection that was on its way will not come, or the next may be opened. */
  freed(): void;
  closeFailed(failure: CloseFailure): void;
}

/** States of a connection that is there and does not leave yet. */
const HERE: ReadonlySet<EntryState> = new Set(['idle', 'checking', 'leased', 'resetting']);

const DONE = Promise.resolve();

/** The physical connections of a pool: opens, tests, resets, keeps and closes them. Knows nobody who waits. */
export class PoolStock<C> {
  readonly roster = new PoolRoster<C>();
  readonly #terms: StockTerms<C>;
  readonly #owner: StockOwner<C>;
  readonly #opener: ConnectionOpener<C>;
  readonly #closer: ConnectionCloser<C>;
  readonly #care: ConnectionCare<C>;
  readonly #upkeep: IdleUpkeep<C>;
  readonly #idle = new LinkedQueue<PoolEntry<C>>();
  readonly #datesReturns: boolean;
  #generation = 0;
  #isClosed = false;

  constructor(terms: StockTerms<C>, owner: StockOwner<C>) {
    const { connector, clock, settings } = terms;
    const { closeTimeout, pingAfter, idleTimeout, keepAlive } = settings.options;
    this.#terms = terms;
    this.#owner = owner;
    this.#opener = new ConnectionOpener(terms);
    const report = (failure: CloseFailure): void => owner.closeFailed(failure);
    this.#closer = new ConnectionCloser(connector, { clock, timeoutMs: closeTimeout, report });
    this.#care = new ConnectionCare(connector, clock, settings.options);
    this.#upkeep = this.#makeUpkeep();
    this.#datesReturns = pingAfter > 0 || idleTimeout !== Infinity || keepAlive !== Infinity;
  }

  get now(): number {
    return this.#terms.clock.now();
  }

  get connects(): ConnectCircuit {
    return this.#opener.circuit;
  }

  /** Places that are not taken. */
  get vacancies(): number {
    return this.#isClosed ? 0 : Math.max(0, this.#terms.settings.limits.limit - this.roster.size);
  }

  /** Connections that will soon be ready for somebody: being opened or tested. */
  get coming(): number {
    return this.roster.count('connecting') + this.roster.count('checking');
  }

  /** True when a connection is out, or being tested, that may be lent again afterwards. */
  get hasReturning(): boolean {
    for (const entry of this.roster) {
      const isOut = entry.state === 'leased' || entry.state === 'resetting' || entry.state === 'checking';
      if (isOut && this.isOfLatest(entry)) return true;
    }
    return false;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** The next idle connection that may be lent; those that may not are closed on the way. */
  takeIdle(now: number): PoolEntry<C> | undefined {
    if (this.#idle.length === 0) return undefined;
    this.#upkeep.look(now);
    for (;;) {
      const entry = this.#terms.settings.options.useLifo ? this.#idle.pop() : this.#idle.shift();
      if (entry === undefined) return undefined;
      if (this.#care.conditionOf(entry.connection) === 'broken') this.discard(entry);
      else if (now >= entry.expiresAt) this.#retire(entry);
      else return entry;
    }
  }

  /** Whether an idle connection must prove that it lives before it is lent. */
  needsTest(entry: PoolEntry<C>, now: number): boolean {
    return entry.isDoubtful || this.#care.isPingDue(entry, now);
  }

  /** Keeps a ready connection, or closes it when enough are kept. */
  keep(entry: PoolEntry<C>): void {
    if (this.#isSurplus || this.#idle.length >= this.#terms.settings.limits.keep) return this.#retire(entry);
    this.roster.move(entry, 'idle');
    this.#idle.push(entry);
    this.#upkeep.kept(entry);
  }

  /** Begins to open one more. False when there is no room, or the database is to be left alone. */
  open(): boolean {
    if (this.vacancies === 0 || !this.#opener.mayOpen(this.roster.count('connecting'))) return false;
    const { round } = this.#opener.circuit;
    const entry = new PoolEntry<C>({ generation: this.#generation, round, startedAt: this.now });
    this.roster.add(entry);
    this.#opener.open(entry, {
      arrived: (connection) => this.#arrived(entry, connection),
      failed: (error) => this.#failed(entry, error),
      unwanted: (connection) => this.#turnAway(connection),
    });
    return true;
  }

  /** Opens for those who wait, and ahead of demand; gives up what nobody wants. */
  balance(): void {
    // The usual case under load, for which nothing can be done now.
    if (this.vacancies === 0 && this.coming === 0) return;
    // A connector may fail, or call back, before `open` returns: whoever waits is counted anew each time.
    while (this.#owner.waiting > this.coming && this.open());
    this.#fill();
    this.#shed(this.#owner.waiting);
    if (this.#opener.circuit.isCautious) this.#planRetry();
  }

  /** Tests an idle connection. Whoever waits first gets it if it lives. */
  check(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'checking');
    entry.inHandSince = this.#terms.dates.now();
    void this.#care.ping(entry.connection).then((result) => {
      if (entry.state === 'gone') return;
      if (result.is === 'refused') this.#owner.testFailed(result.error);
      if (result.is !== 'alive') return this.#drop(entry);
      entry.isDoubtful = false;
      if (this.#datesReturns) entry.aliveAt = this.#terms.dates.now();
      this.#admit(entry);
    });
  }

  /** Takes a connection back from its holder. Never rejects. */
  takeBack(entry: PoolEntry<C>): Promise<void> {
    const condition = this.#care.conditionOf(entry.connection);
    if (!this.#care.canRestore(condition)) this.#drop(entry);
    else if (this.#mustLeave(entry)) this.#dismiss(entry, condition === 'busy');
    else if (this.#care.needsRestoring(condition)) return this.#restore(entry);
    else this.#returned(entry);
    return DONE;
  }

  /** Drops a connection at once; its place is free. */
  discard(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'gone');
    this.#destroy(entry.connection);
  }

  /** Leaves a connection to its holder for good. */
  detach(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'gone');
    this.#terms.tally.detached += 1;
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

  /** Closes idle connections that are more than the limits allow. */
  shrink(): void {
    const { limits } = this.#terms.settings;
    for (const entry of this.#idle) {
      if (this.#idle.length <= limits.keep && !this.#isSurplus) return;
      if (this.#idle.remove(entry)) this.#retire(entry);
    }
  }

  /** Closes what is idle, gives up what is being opened, closes from now on what comes back. */
  close(): void {
    this.#isClosed = true;
    this.#upkeep.stop();
    this.#opener.cancelRetry();
    for (let entry = this.#idle.shift(); entry !== undefined; entry = this.#idle.shift()) this.#retire(entry);
    for (const entry of this.roster) if (entry.state === 'connecting') this.#abandon(entry);
  }

  /** Resolves when every connection is closed, or after `ms`. True when it is so. */
  async closed(ms: number): Promise<boolean> {
    const { outcome } = await bounded(this.#terms.clock, ms, async () => {
      await this.roster.emptied();
      await this.#closer.settled();
    });
    return outcome === 'done';
  }

  /** Drops everything that is left, whoever has it. */
  destroyAll(): void {
    for (const entry of this.roster) if (HERE.has(entry.state)) this.discard(entry);
  }

  /** Forgets everything without touching a connection: they belong to another process now. */
  forget(): void {
    this.#isClosed = true;
    this.#upkeep.stop();
    this.#opener.cancelRetry();
    for (const entry of this.#idle) this.#idle.remove(entry);
    for (const entry of this.roster) {
      if (HERE.has(entry.state)) this.detach(entry);
      else this.roster.move(entry, 'gone');
    }
  }

  /** More than the pool may have, after a `resize`, not counting what leaves already. */
  get #isSurplus(): boolean {
    const { limit } = this.#terms.settings.limits;
    return this.roster.size > limit && this.roster.size - this.roster.count('closing') > limit;
  }

  #makeUpkeep(): IdleUpkeep<C> {
    const { clock, connector, settings } = this.#terms;
    return new IdleUpkeep(
      { clock, options: settings.options, canPing: connector.ping !== undefined },
      {
        idle: this.#idle,
        isBroken: (entry) => this.#care.conditionOf(entry.connection) === 'broken',
        retire: (entry) => {
          if (this.#idle.remove(entry)) this.#retire(entry);
        },
        drop: (entry) => {
          if (this.#idle.remove(entry)) this.#drop(entry);
        },
        test: (entry) => {
          if (this.#idle.remove(entry)) this.check(entry);
        },
      },
    );
  }

  #arrived(entry: PoolEntry<C>, connection: C): void {
    if (entry.state === 'gone') return this.#turnAway(connection);
    this.#terms.tally.opened += 1;
    const { recycle, random } = this.#terms.settings.options;
    const expiresAt = recycle === -1 ? Infinity : this.now + recycle * (1 - RECYCLE_JITTER * random());
    entry.arrive(connection, { now: this.#terms.dates.now(), expiresAt });
    this.#opener.noteSuccess();
    this.#admit(entry);
  }

  /** A connection that came too late closes politely only where there is a place for it meanwhile. */
  #turnAway(connection: C): void {
    this.#terms.tally.opened += 1;
    if (this.roster.size >= this.#terms.settings.limits.limit) return this.#destroy(connection);
    const { now } = this;
    const entry = new PoolEntry<C>({ generation: this.#generation, round: 0, startedAt: now });
    entry.arrive(connection, { now, expiresAt: now });
    this.roster.add(entry);
    this.#retire(entry);
  }

  #failed(entry: PoolEntry<C>, error: unknown): void {
    this.#terms.tally.connectsFailed += 1;
    if (entry.state === 'gone') return;
    const wasWanted = entry.state === 'connecting';
    this.roster.move(entry, 'gone');
    if (!wasWanted) return this.#owner.freed();
    this.#owner.connectFailed(error, this.#opener.noteFailure(error, entry));
  }

  /** A connection that has proved good is ready, unless things have changed while it was on its way. */
  #admit(entry: PoolEntry<C>): void {
    if (!this.#isUnwanted(entry) && !this.#isSurplus) return this.#owner.ready(entry);
    this.#retire(entry);
    this.#owner.freed();
  }

  /** Gives up connects that nobody wants and that could not be kept. */
  #shed(waiting: number): void {
    const connecting = this.roster.count('connecting');
    if (connecting <= waiting) return;
    const surplus = Math.min(connecting - waiting, this.#idle.length + connecting - this.#terms.settings.limits.keep);
    if (surplus <= 0) return;
    const entries = [...this.roster].filter((entry) => entry.state === 'connecting');
    for (const entry of entries.slice(-surplus)) this.#abandon(entry);
  }

  /** Keeps `minIdle` ready, within the kept size. */
  #fill(): void {
    const { minIdle } = this.#terms.settings.options;
    if (minIdle === 0) return;
    while (this.#spare < minIdle && this.roster.size < this.#terms.settings.limits.keep && this.open());
  }

  get #spare(): number {
    return this.#idle.length + this.coming - this.#owner.waiting;
  }

  #planRetry(): void {
    const { minIdle } = this.#terms.settings.options;
    const isUrgent = this.#owner.waiting > this.coming;
    if (this.#isClosed || this.coming > 0) return;
    if (isUrgent || this.#spare < minIdle) this.#opener.retryLater(() => this.#owner.freed(), isUrgent);
    else this.#opener.cancelRetry();
  }

  #abandon(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'abandoned');
    entry.attempt?.abort();
  }

  #destroy(connection: C): void {
    this.#terms.tally.closed += 1;
    this.#closer.destroy(connection);
  }

  #drop(entry: PoolEntry<C>): void {
    this.discard(entry);
    this.#owner.freed();
  }

  /** Closes politely. The place is free only when the connection is closed, so that the limit holds at the server. */
  #retire(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'closing');
    entry.inHandSince = this.#terms.dates.now();
    void this.#closer.close(entry.connection).then(() => {
      this.#terms.tally.closed += 1;
      if (entry.state === 'closing') this.roster.move(entry, 'gone');
      this.#owner.freed();
    });
  }

  /** One that runs a statement cannot be closed politely. */
  #dismiss(entry: PoolEntry<C>, isBusy: boolean): void {
    if (isBusy) this.#drop(entry);
    else this.#retire(entry);
  }

  async #restore(entry: PoolEntry<C>): Promise<void> {
    this.roster.move(entry, 'resetting');
    entry.inHandSince = this.#terms.dates.now();
    const isAsNew = await this.#care.restore(entry.connection);
    if (entry.state === 'gone') return;
    if (!isAsNew) this.#drop(entry);
    else if (this.#isUnwanted(entry) || this.#isSurplus) this.#admit(entry);
    else this.#returned(entry);
  }

  #returned(entry: PoolEntry<C>): void {
    if (this.#datesReturns) {
      entry.idleSince = this.#terms.dates.now();
      entry.aliveAt = entry.idleSince;
    }
    this.#owner.ready(entry);
  }

  #mustLeave(entry: PoolEntry<C>): boolean {
    return this.#isUnwanted(entry) || this.#isSurplus || this.#isSpent(entry);
  }

  #isUnwanted(entry: PoolEntry<C>): boolean {
    return this.#isClosed || entry.state === 'abandoned' || entry.generation !== this.#generation;
  }

  /** Too old, or lent too often. */
  #isSpent(entry: PoolEntry<C>): boolean {
    if (entry.uses >= this.#terms.settings.options.maxUses) return true;
    return entry.expiresAt !== Infinity && this.#terms.dates.now() >= entry.expiresAt;
  }
}
