import type { Clock } from '../util/clock.ts';
import type { ConnectionCare, PingResult } from './connection-care.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { PoolDates } from './pool-dates.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { PoolRoster } from './pool-roster.ts';
import { LATE_MS } from './supply.ts';

export interface RenewalTerms<C> {
  readonly clock: Clock;
  readonly dates: PoolDates;
  readonly roster: PoolRoster<C>;
  readonly care: ConnectionCare<C>;
  readonly announcements: PoolAnnouncements;
  /** The pool's. */
  readonly name: string;
  readonly prePing: boolean;
  /** Somebody asks when a connection came back. */
  readonly datesReturns: boolean;
}

/** Whom connections are made ready for. */
export interface Clientele<C> {
  /** How many connections somebody waits for now. */
  readonly waiting: number;
  /** How long whoever waits first is ready to wait in all, milliseconds. */
  readonly patienceMs: number;
  /** A connection is free and fit to be lent: lend it or `keep` it. */
  ready(entry: PoolEntry<C>): void;
  /** A test failed in a way that does not mean a dead connection: whoever waits for it should hear that. */
  testFailed(error: unknown): void;
  /** Capacity has changed, or what can be counted on. */
  pump(): void;
}

/** Who has the connections that are tested and reset here. */
export interface RenewalOwner<C> {
  readonly clientele: Clientele<C>;
  /** Whether it is too old, one too many, or not wanted any more. */
  mustLeave(entry: PoolEntry<C>): boolean;
  /** Closes it politely; at once when a statement runs on it. */
  leave(entry: PoolEntry<C>, isBusy: boolean): void;
  /** Drops it at once; its place is free. */
  discard(entry: PoolEntry<C>): void;
  /** One that is tested has not answered within `LATE_MS`. */
  wentLate(entry: PoolEntry<C>): void;
  /** One that was asked at `since` has not answered for long. */
  wentSilent(since: number): void;
}

const DONE = Promise.resolve();

/** Makes connections fit to be lent again: tests those that lay idle, resets those that come back. */
export class Renewal<C> {
  readonly #terms: RenewalTerms<C>;
  readonly #clientele: Clientele<C>;
  readonly #owner: RenewalOwner<C>;
  #testsForCallers = 0;

  constructor(terms: RenewalTerms<C>, owner: RenewalOwner<C>) {
    this.#terms = terms;
    this.#clientele = owner.clientele;
    this.#owner = owner;
  }

  /** Tests under way for somebody who waits. */
  get testsForCallers(): number {
    return this.#testsForCallers;
  }

  /** Whether an idle connection must prove that it lives before it is lent. */
  needsTest(entry: PoolEntry<C>, now: number): boolean {
    return entry.isDoubtful || this.#terms.care.isPingDue(entry, now);
  }

  /** Tests a connection. Whoever waits first gets it if it lives. */
  check(entry: PoolEntry<C>, isForCaller: boolean): void {
    const { clock, roster, care } = this.#terms;
    const since = clock.now();
    roster.move(entry, 'checking');
    entry.checkedSince = since;
    if (isForCaller) this.#testsForCallers += 1;
    const cancelLate = clock.setBackgroundTimer(LATE_MS, () => this.#owner.wentLate(entry));
    const patienceMs = isForCaller ? this.#clientele.patienceMs : Infinity;
    void care.ping(entry.connection, patienceMs).then((result) => {
      cancelLate();
      if (isForCaller) this.#testsForCallers -= 1;
      if (entry.state === 'checking') this.#tested(entry, result, { since, isForCaller });
    });
  }

  /** Takes a connection back from its holder. Never rejects. */
  takeBack(entry: PoolEntry<C>): Promise<void> {
    const { care } = this.#terms;
    const condition = care.conditionOf(entry.connection);
    if (!care.canRestore(condition)) this.#drop(entry);
    else if (this.#owner.mustLeave(entry) && !care.mustCommit(entry, condition))
      this.#owner.leave(entry, condition === 'busy');
    else if (care.needsRestoring(condition)) return this.#restore(entry);
    else this.#returned(entry);
    return DONE;
  }

  #tested(entry: PoolEntry<C>, result: PingResult, test: { since: number; isForCaller: boolean }): void {
    // It may have hung up since it answered.
    if (result.is !== 'alive' || this.#terms.care.conditionOf(entry.connection) === 'broken') {
      this.#owner.discard(entry);
      if (result.is === 'silent') this.#owner.wentSilent(test.since);
      if (result.is === 'refused' && test.isForCaller) this.#clientele.testFailed(result.error);
      return this.#clientele.pump();
    }
    entry.isDoubtful = false;
    entry.aliveAt = this.#terms.dates.now();
    this.#readyUnlessUnwanted(entry);
  }

  async #restore(entry: PoolEntry<C>): Promise<void> {
    const { roster, care } = this.#terms;
    roster.move(entry, 'resetting');
    entry.inHandSince = this.#terms.dates.now();
    const isAsNew = await care.restore(entry);
    entry.isLost = false;
    if (entry.state !== 'resetting') return;
    if (!isAsNew) return this.#drop(entry);
    this.#date(entry);
    const { announcements, name: pool } = this.#terms;
    announcements.tell('reset', () => ({ pool, connection: entry.connection }));
    this.#readyUnlessUnwanted(entry);
  }

  #readyUnlessUnwanted(entry: PoolEntry<C>): void {
    if (this.#owner.mustLeave(entry)) this.#owner.leave(entry, false);
    else this.#clientele.ready(entry);
  }

  #drop(entry: PoolEntry<C>): void {
    this.#owner.discard(entry);
    this.#clientele.pump();
  }

  /** Who waits may get it from hand to hand: then it has to be tested like one that lay idle. */
  #returned(entry: PoolEntry<C>): void {
    entry.isLost = false;
    if (this.#terms.datesReturns) this.#date(entry);
    const isHandedOn = this.#terms.prePing && this.#clientele.waiting > 0;
    if (isHandedOn && this.needsTest(entry, entry.idleSince)) this.check(entry, true);
    else this.#clientele.ready(entry);
  }

  #date(entry: PoolEntry<C>): void {
    entry.idleSince = this.#terms.dates.now();
    entry.aliveAt = entry.idleSince;
  }
}
