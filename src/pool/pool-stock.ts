import { PoolClosedError } from '../errors/pool-errors.ts';
import { aborted, bounded } from '../util/bounded.ts';
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
import { Renewal } from './renewal.ts';
import type { Clientele } from './renewal.ts';
import type { StockTerms } from './stock-terms.ts';
import { LATE_MS, Supply } from './supply.ts';
import type { Demand } from './supply.ts';

/** Each connection's dates come up to this part early. */
const JITTER = 0.1;

/** How an attempt to open a connection failed. */
export interface ConnectFault {
  readonly error: unknown;
  /** Whoever wanted it may wait for the next attempt. */
  readonly isPassing: boolean;
  /** When the caller came for whom the attempt began; 0 when it was for nobody. */
  readonly arrival: number;
}

/** Who decides what becomes of the connections. */
export interface StockOwner<C> extends Demand, Clientele<C> {
  connectFailed(fault: ConnectFault): void;
}

/** States of a connection that is there and does not leave yet. */
const HERE: ReadonlySet<EntryState> = new Set(['idle', 'checking', 'leased', 'resetting']);

/** The physical connections of a pool: opens, tests, resets, keeps and closes them. Knows nobody who waits. */
export class PoolStock<C> {
  readonly roster = new PoolRoster<C>();
  readonly supply: Supply<C>;
  readonly renewal: Renewal<C>;
  readonly #terms: StockTerms<C>;
  readonly #owner: StockOwner<C>;
  readonly #opener: ConnectionOpener<C>;
  readonly #closer: ConnectionCloser<C>;
  readonly #care: ConnectionCare<C>;
  readonly #upkeep: IdleUpkeep<C>;
  readonly #idle = new LinkedQueue<PoolEntry<C>>();
  #generation = 0;
  #isClosed = false;

  constructor(terms: StockTerms<C>, owner: StockOwner<C>) {
    const { connector, clock, context, settings } = terms;
    const { closeTimeout } = settings.options;
    this.#terms = terms;
    this.#owner = owner;
    this.#opener = new ConnectionOpener(terms);
    const report = (failure: CloseFailure): void => this.#tellCloseFailed(failure);
    this.#closer = new ConnectionCloser(connector, { clock, context, timeoutMs: closeTimeout, report });
    this.#care = new ConnectionCare(terms);
    this.#upkeep = this.#makeUpkeep();
    this.supply = this.#makeSupply();
    this.renewal = this.#makeRenewal();
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
      if (this.isBroken(entry)) this.discard(entry);
      else if (now >= entry.expiresAt) this.#retire(entry);
      else return entry;
    }
  }

  /** Whether the other side has hung up, as far as the connection knows. */
  isBroken(entry: PoolEntry<C>): boolean {
    return this.#care.conditionOf(entry.connection) === 'broken';
  }

  /** Keeps a ready connection, or closes it when enough are kept. */
  keep(entry: PoolEntry<C>): void {
    if (this.#isSurplus || this.#idle.length >= this.#terms.settings.limits.keep) return this.#retire(entry);
    this.roster.move(entry, 'idle');
    this.#idle.push(entry);
    this.#upkeep.kept(entry);
  }

  /** Begins to open one more for whoever came at `arrival`. False when there is no room, or the database is to be left alone. */
  open(arrival: number): boolean {
    if (this.vacancies === 0 || !this.supply.mayOpen) return false;
    const { round } = this.#opener.circuit;
    const entry = new PoolEntry<C>({ generation: this.#generation, round, startedAt: this.now, arrival });
    this.roster.add(entry);
    const cancelLate = this.#terms.clock.setBackgroundTimer(LATE_MS, () => this.supply.noteLate(entry));
    this.#opener.open(entry, {
      arrived: (connection) => {
        cancelLate();
        this.#arrived(entry, connection);
      },
      failed: (error) => {
        cancelLate();
        this.#failed(entry, error);
      },
      unwanted: (connection) => this.#turnAway(connection),
    });
    return true;
  }

  /** Opens for those who wait, and ahead of demand; gives up what nobody wants. */
  balance(): void {
    // The usual case under load, for which nothing can be done now.
    if (this.vacancies > 0 || this.supply.underWay > 0) this.supply.balance();
  }

  /** Opens connections until `count` are there. @returns false when they are not in time. @throws what connecting did. */
  async warmUp(count: number): Promise<boolean> {
    const { clock, settings } = this.#terms;
    const { promise, ...ends } = Promise.withResolvers<void>();
    const warmUp = { count, ...ends };
    this.supply.warmUps.add(warmUp);
    this.#noteThere();
    this.#owner.pump();
    const answer = await bounded(clock, settings.options.timeout, () => promise);
    this.supply.warmUps.delete(warmUp);
    if (answer.outcome === 'failed') throw answer.error;
    return answer.outcome === 'done';
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
    this.#noteThere();
    const { limits } = this.#terms.settings;
    for (const entry of this.#idle) {
      if (this.#idle.length <= limits.keep && !this.#isSurplus) return;
      if (this.#idle.remove(entry)) this.#retire(entry);
    }
  }

  /** Closes what is idle, gives up what is being opened, closes from now on what comes back. */
  close(): void {
    this.#stop();
    for (let entry = this.#idle.shift(); entry !== undefined; entry = this.#idle.shift()) this.#retire(entry);
    for (const entry of this.roster) if (entry.state === 'connecting') this.#abandon(entry);
  }

  /** Resolves when every connection is closed, or after `ms`, or in a hurry. True when all are. */
  async closed(ms: number, hurry?: AbortSignal): Promise<boolean> {
    const closed = this.roster.emptied().then(() => this.#closer.settled());
    const done = closed.then(() => true);
    const ends = hurry === undefined ? [done] : [done, aborted(hurry).then(() => false)];
    const answer = await bounded(this.#terms.clock, ms, () => Promise.race(ends));
    return answer.outcome === 'done' && answer.value;
  }

  /** Drops everything that is left, whoever has it. */
  destroyAll(): void {
    for (const entry of this.roster) if (HERE.has(entry.state)) this.discard(entry);
  }

  /** Forgets everything without touching a connection: they belong to another process now. */
  forget(): void {
    this.#stop();
    for (const entry of this.#idle) this.#idle.remove(entry);
    for (const entry of this.roster) {
      if (HERE.has(entry.state)) this.detach(entry);
      else this.roster.move(entry, 'gone');
    }
  }

  #tell(name: 'connect' | 'close', connection: C): void {
    const { announcements, settings } = this.#terms;
    announcements.tell(name, () => ({ pool: settings.options.name, connection }));
  }

  #tellCloseFailed(failure: CloseFailure): void {
    const { announcements, settings } = this.#terms;
    announcements.tell('close-failed', () => ({ pool: settings.options.name, ...failure }));
  }

  #stop(): void {
    this.#isClosed = true;
    this.#upkeep.stop();
    this.supply.close(PoolClosedError.afterDispose(this.#terms.settings.options.name));
  }

  /** More than the pool may have, after a `resize`, not counting what leaves already. */
  get #isSurplus(): boolean {
    const { limit } = this.#terms.settings.limits;
    return this.roster.size > limit && this.roster.size - this.roster.count('closing') > limit;
  }

  #noteThere(): void {
    if (this.supply.warmUps.size === 0) return;
    const there = [...this.roster].filter(({ state }) => HERE.has(state)).length;
    const { keep } = this.#terms.settings.limits;
    for (const warmUp of this.supply.warmUps) if (there >= Math.min(warmUp.count, keep)) warmUp.resolve();
  }

  #makeSupply(): Supply<C> {
    const terms = { ...this.#terms, roster: this.roster, opener: this.#opener, idle: this.#idle };
    return new Supply(terms, {
      demand: this.#owner,
      open: (arrival) => this.open(arrival),
      abandon: (entry) => this.#abandon(entry),
    });
  }

  #makeRenewal(): Renewal<C> {
    const { settings, connector } = this.#terms;
    const { name, prePing, idleTimeout } = settings.options;
    const datesReturns = connector.ping !== undefined || idleTimeout !== Infinity;
    const terms = { ...this.#terms, roster: this.roster, care: this.#care, name, prePing, datesReturns };
    return new Renewal(terms, {
      clientele: this.#owner,
      mustLeave: (entry) => this.#mustLeave(entry),
      leave: (entry, isBusy) => this.#leave(entry, isBusy),
      discard: (entry) => this.discard(entry),
      wentLate: (entry) => this.supply.noteLate(entry),
      wentSilent: (since) => this.#dropUnheard(since),
    });
  }

  #makeUpkeep(): IdleUpkeep<C> {
    const { clock, connector, settings } = this.#terms;
    return new IdleUpkeep(
      { clock, options: settings.options, canPing: connector.ping !== undefined },
      {
        idle: this.#idle,
        isBroken: (entry) => this.isBroken(entry),
        retire: (entry) => {
          if (this.#idle.remove(entry)) this.#retire(entry);
        },
        drop: (entry) => {
          if (this.#idle.remove(entry)) this.#drop(entry);
        },
        test: (entry) => {
          if (this.#idle.remove(entry)) this.renewal.check(entry, false);
        },
      },
    );
  }

  #arrived(entry: PoolEntry<C>, connection: C): void {
    if (entry.state === 'gone') return this.#turnAway(connection);
    this.#terms.tally.opened += 1;
    const { recycle, random } = this.#terms.settings.options;
    const haste = JITTER * random();
    const expiresAt = recycle === -1 ? Infinity : this.now + recycle * (1 - haste);
    entry.arrive(connection, { now: this.#terms.dates.now(), expiresAt, haste });
    this.#opener.noteSuccess();
    this.#tell('connect', connection);
    // Things may have changed while it was on its way.
    if (this.#mustLeave(entry)) this.#leave(entry, false);
    else this.#owner.ready(entry);
    this.#noteThere();
  }

  /** A connection that came too late closes politely only where there is a place for it meanwhile. */
  #turnAway(connection: C): void {
    this.#terms.tally.opened += 1;
    this.#tell('connect', connection);
    if (this.roster.size >= this.#terms.settings.limits.limit) return this.#destroy(connection);
    const { now } = this;
    const entry = new PoolEntry<C>({ generation: this.#generation, round: 0, startedAt: now, arrival: 0 });
    entry.arrive(connection, { now, expiresAt: now, haste: 0 });
    this.roster.add(entry);
    this.#retire(entry);
  }

  #failed(entry: PoolEntry<C>, error: unknown): void {
    this.#terms.tally.connectsFailed += 1;
    if (entry.state === 'gone') return;
    const wasWanted = entry.state === 'connecting';
    this.roster.move(entry, 'gone');
    if (!wasWanted) return this.#owner.pump();
    const isPassing = this.#opener.noteFailure(error, entry);
    if (!isPassing) for (const warmUp of this.supply.warmUps) warmUp.reject(error);
    this.#owner.connectFailed({ error, isPassing, arrival: entry.arrival });
  }

  #abandon(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'abandoned');
    entry.attempt?.abort();
  }

  #destroy(connection: C): void {
    this.#terms.tally.closed += 1;
    this.#closer.destroy(connection);
    this.#tell('close', connection);
  }

  #drop(entry: PoolEntry<C>): void {
    this.discard(entry);
    this.#owner.pump();
  }

  /** Closes politely. The place is free only when the connection is closed, so that the limit holds at the server. */
  #retire(entry: PoolEntry<C>): void {
    this.roster.move(entry, 'closing');
    entry.inHandSince = this.#terms.dates.now();
    void this.#closer.close(entry.connection, this.#closePatienceMs).then(() => {
      this.#terms.tally.closed += 1;
      this.#tell('close', entry.connection);
      if (entry.state === 'closing') this.roster.move(entry, 'gone');
      this.#owner.pump();
    });
  }

  /** While the pool is in use no close may keep a place for so long that a caller could not have another. */
  get #closePatienceMs(): number {
    const { closeTimeout, timeout } = this.#terms.settings.options;
    return this.#isClosed || timeout === 0 ? closeTimeout : Math.min(closeTimeout, timeout / 2);
  }

  #leave(entry: PoolEntry<C>, isBusy: boolean): void {
    // One that runs a statement cannot be closed politely.
    if (isBusy) return this.#drop(entry);
    this.#retire(entry);
    this.#owner.pump();
  }

  /** One did not answer for long: nor will those that were not heard of since. */
  #dropUnheard(since: number): void {
    for (const entry of this.#idle) {
      if (entry.aliveAt <= since && this.#idle.remove(entry)) this.discard(entry);
    }
  }

  #mustLeave(entry: PoolEntry<C>): boolean {
    return this.#isClosed || entry.generation !== this.#generation || this.#isSurplus || this.#isSpent(entry);
  }

  /** Too old, or lent too often. */
  #isSpent(entry: PoolEntry<C>): boolean {
    const { options, limits } = this.#terms.settings;
    // A pool that keeps nothing lends nothing twice.
    if (entry.uses >= (limits.keep === 0 ? 1 : options.maxUses)) return true;
    return entry.expiresAt !== Infinity && this.#terms.dates.now() >= entry.expiresAt;
  }
}
