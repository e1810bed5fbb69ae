import type { Clock } from '../util/clock.ts';
import type { ConnectionOpener } from './connection-opener.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { PoolRoster } from './pool-roster.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { WarmUp } from './warm-up.ts';

/** An attempt to connect, or a test, that has taken so long is late, milliseconds: others do not count on it. */
export const LATE_MS = 1_000;

export interface SupplyTerms<C> {
  readonly clock: Clock;
  readonly settings: PoolSettings;
  readonly roster: PoolRoster<C>;
  readonly opener: ConnectionOpener<C>;
  readonly idle: { readonly length: number };
}

/** Who wants connections. */
export interface Demand {
  /** How many connections somebody waits for now. */
  readonly waiting: number;
  /** When whoever waits at this place in line came, as a number that grows; 0 when nobody does. */
  arrivalAt(place: number): number;
  /** Of the first `most` who wait, those who came no later than `arrival`. */
  waitingUpTo(arrival: number, most: number): number;
  /** A place is free, or a connection that was on its way will not come, or the next may be opened. */
  pump(): void;
}

/** By what the wishes are met. */
export interface SupplyOwner<C> {
  readonly demand: Demand;
  /** Begins to open one more for whoever came at `arrival`, 0 for nobody; false when that cannot be now. */
  open(arrival: number): boolean;
  abandon(entry: PoolEntry<C>): void;
}

/** Sees to it that as many connections are on their way as are wanted: by callers, by `minIdle`, by `warmUp`. */
export class Supply<C> {
  readonly warmUps = new Set<WarmUp>();
  readonly #terms: SupplyTerms<C>;
  readonly #demand: Demand;
  readonly #owner: SupplyOwner<C>;
  /** Attempts and tests of which it was told that they are late; some may have ended since. */
  readonly #late = new Set<PoolEntry<C>>();
  #isClosed = false;

  constructor(terms: SupplyTerms<C>, owner: SupplyOwner<C>) {
    this.#terms = terms;
    this.#demand = owner.demand;
    this.#owner = owner;
  }

  /** Connections that are being opened or tested. */
  get underWay(): number {
    const { roster } = this.#terms;
    return roster.count('connecting') + roster.count('checking');
  }

  /** Those of them that will soon be ready for somebody. */
  get coming(): number {
    return this.underWay - (this.#late.size === 0 ? 0 : this.#lateOnes());
  }

  /** This attempt, or test, has taken longer than `LATE_MS`: whoever waits and should not count on it may have another. */
  noteLate(entry: PoolEntry<C>): void {
    this.#late.add(entry);
    this.#demand.pump();
  }

  /** True while connections may be wanted that nobody waits for. */
  get isFilling(): boolean {
    return this.#terms.settings.options.minIdle > 0 || this.warmUps.size > 0;
  }

  /** True while connections are opened, tested, or may be wanted without a caller. */
  get isActive(): boolean {
    return this.underWay > 0 || this.isFilling || this.#terms.opener.circuit.isCautious;
  }

  /** Whether one more may be opened now, if there is a place. */
  get mayOpen(): boolean {
    const { roster, opener, settings } = this.#terms;
    if (roster.count('connecting') >= settings.limits.connecting || !opener.mayOpen()) return false;
    return !opener.circuit.isCautious || !this.#isProbing;
  }

  /** Opens for those who wait, and ahead of demand; gives up what nobody wants and could not be kept. */
  balance(): void {
    if (this.#isClosed) return;
    // A connector may call back before `open` returns: whoever waits is counted anew each time.
    while (this.#openForCaller());
    while (this.#lacking > 0 && this.#mayFill() && this.#owner.open(0));
    const { roster, idle, settings, opener } = this.#terms;
    const surplus = roster.count('connecting') - this.#demand.waiting;
    if (surplus > 0) this.#abandon(Math.min(surplus, idle.length + roster.count('connecting') - settings.limits.keep));
    if (opener.circuit.hasFailed) this.#planRetry();
  }

  /** Somebody has taken a wish back: gives up what was begun for it, unless others want it. */
  withdraw(): void {
    const surplus = this.#terms.roster.count('connecting') - this.#demand.waiting;
    this.#abandon(Math.min(surplus, -this.#lacking));
  }

  /** Nothing is wanted any more. */
  close(error: unknown): void {
    this.#isClosed = true;
    this.#terms.opener.cancelRetry();
    for (const warmUp of this.warmUps) warmUp.reject(error);
  }

  #openForCaller(): boolean {
    const { coming } = this;
    return this.#demand.waiting > coming && this.#owner.open(this.#demand.arrivalAt(coming));
  }

  /** Connections that should be there or on their way, though nobody waits for them, and are not. */
  get #lacking(): number {
    const { roster, settings } = this.#terms;
    const { minIdle } = settings.options;
    const { keep } = settings.limits;
    let lacking = minIdle === 0 ? -Infinity : Math.min(minIdle - this.#spare, keep - roster.size);
    // More than is kept, after a resize, would be given up at once.
    for (const { count } of this.warmUps) lacking = Math.max(lacking, Math.min(count, keep) - this.#staying);
    return lacking;
  }

  /** Connections that nobody needs, or will when they are there. */
  get #spare(): number {
    return this.#terms.idle.length + this.coming - this.#demand.waiting;
  }

  /** Connections that are there or on their way. */
  get #staying(): number {
    const { roster } = this.#terms;
    return roster.size - roster.count('closing') - roster.count('abandoned');
  }

  #mayFill(): boolean {
    const { opener, clock } = this.#terms;
    return !opener.circuit.hasFailed || opener.circuit.fillPauseMs(clock.now()) === 0;
  }

  #planRetry(): void {
    const { opener } = this.#terms;
    if (opener.circuit.isCautious && this.#isProbing) return;
    const isUrgent = this.#demand.waiting > this.coming;
    if (isUrgent || this.#lacking > 0) opener.retryLater(() => this.#demand.pump(), isUrgent);
    else opener.cancelRetry();
  }

  /** An attempt that began after the last failure is under way. Older ones may hang, and say nothing. */
  get #isProbing(): boolean {
    const { roster, opener } = this.#terms;
    for (const { state, round } of roster) if (state === 'connecting' && round === opener.circuit.round) return true;
    return false;
  }

  /** The newest first: they have come least far. */
  #abandon(count: number): void {
    if (count <= 0) return;
    const entries = [...this.#terms.roster].filter((entry) => entry.state === 'connecting');
    for (const entry of entries.slice(-count)) this.#owner.abandon(entry);
  }

  /** Tests that are late, and attempts to connect beyond those for which somebody waits who came before they began. */
  #lateOnes(): number {
    const lateSince = this.#terms.clock.now() - LATE_MS;
    let tests = 0;
    let connects = 0;
    let newest = 0;
    for (const entry of this.#late) {
      if (entry.state === 'checking' && entry.checkedSince <= lateSince) tests += 1;
      else if (entry.state === 'connecting') {
        connects += 1;
        newest = Math.max(newest, entry.arrival);
      } else this.#late.delete(entry);
    }
    return connects === 0 ? tests : tests + connects - this.#demand.waitingUpTo(newest, connects);
  }
}
