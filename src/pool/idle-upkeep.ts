import type { CancelTimer, Clock } from '../util/clock.ts';
import type { LinkedQueue } from '../util/linked-queue.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { ChosenOptions } from './pool-settings.ts';
import { ThawWatch } from './thaw-watch.ts';

export interface UpkeepTerms {
  readonly clock: Clock;
  readonly options: Pick<ChosenOptions, 'recycle' | 'minIdle' | 'idleTimeout' | 'keepAlive' | 'thawAfter'>;
  readonly canPing: boolean;
}

/** What becomes of idle connections. Each of the three takes the connection out of the idle ones. */
export interface UpkeepOwner<C> {
  readonly idle: LinkedQueue<PoolEntry<C>>;
  isBroken(entry: PoolEntry<C>): boolean;
  retire(entry: PoolEntry<C>): void;
  drop(entry: PoolEntry<C>): void;
  test(entry: PoolEntry<C>): void;
}

/**
 * Looks after connections that lie idle: closes the old and the superfluous, pings those that were quiet for long, and
 * doubts all of them after a standstill of the process. One background timer, for the next that is due.
 */
export class IdleUpkeep<C> {
  readonly #terms: UpkeepTerms;
  readonly #owner: UpkeepOwner<C>;
  readonly #thaw: ThawWatch;
  readonly #hasDates: boolean;
  #cancel: CancelTimer | undefined = undefined;
  #firesAt = Infinity;

  constructor(terms: UpkeepTerms, owner: UpkeepOwner<C>) {
    const { recycle, idleTimeout, keepAlive, thawAfter } = terms.options;
    this.#terms = terms;
    this.#owner = owner;
    this.#hasDates = recycle !== -1 || idleTimeout !== Infinity || keepAlive !== Infinity;
    this.#thaw = new ThawWatch(terms.clock, terms.canPing ? thawAfter : Infinity, {
      get isConcerned() {
        return owner.idle.length > 0;
      },
      thawed: () => this.#doubtAll(),
    });
  }

  /** A connection went idle. */
  kept(entry: PoolEntry<C>): void {
    this.#thaw.start();
    if (this.#hasDates) this.#armFor(this.#dueAt(entry));
  }

  /** Before one is taken. */
  look(now: number): void {
    this.#thaw.look(now);
  }

  stop(): void {
    this.#disarm();
    this.#thaw.stop();
  }

  #sweep(): void {
    this.#disarm();
    const now = this.#terms.clock.now();
    for (const entry of this.#owner.idle) this.#tend(entry, now);
    for (const entry of this.#owner.idle) this.#armFor(this.#dueAt(entry));
  }

  #tend(entry: PoolEntry<C>, now: number): void {
    const { minIdle, idleTimeout } = this.#terms.options;
    const isSpare = this.#owner.idle.length > minIdle;
    if (this.#owner.isBroken(entry)) this.#owner.drop(entry);
    else if (now >= entry.expiresAt || (isSpare && now - entry.idleSince >= idleTimeout)) this.#owner.retire(entry);
    else if (now >= this.#pingAt(entry)) this.#owner.test(entry);
  }

  /** One that stays although its time is over has no date of that kind any more. */
  #dueAt(entry: PoolEntry<C>): number {
    const { idleTimeout } = this.#terms.options;
    const idleUntil = entry.idleSince + idleTimeout;
    const isSpared = idleUntil <= this.#terms.clock.now();
    return Math.min(entry.expiresAt, isSpared ? Infinity : idleUntil, this.#pingAt(entry));
  }

  #pingAt(entry: PoolEntry<C>): number {
    return entry.aliveAt + this.#terms.options.keepAlive * (1 - entry.haste);
  }

  #armFor(dueAt: number): void {
    if (dueAt >= this.#firesAt) return;
    this.#disarm();
    this.#firesAt = dueAt;
    const ms = Math.max(0, dueAt - this.#terms.clock.now());
    this.#cancel = this.#terms.clock.setBackgroundTimer(ms, () => this.#sweep());
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#firesAt = Infinity;
  }

  #doubtAll(): void {
    for (const entry of this.#owner.idle) entry.isDoubtful = true;
  }
}
