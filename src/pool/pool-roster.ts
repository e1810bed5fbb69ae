import type { PoolHolder, PoolStatus } from '../errors/pool-report.ts';
import type { EntryState, PoolEntry } from './pool-entry.ts';

/** Every connection that holds a place in a pool, counted by state. */
export class PoolRoster<C> implements Iterable<PoolEntry<C>> {
  readonly #entries = new Set<PoolEntry<C>>();
  /** The states that matter with every checkout have fields of their own: to index by name costs more than all else. */
  #idle = 0;
  #leased = 0;
  #connecting = 0;
  #checking = 0;
  readonly #others: Record<Exclude<EntryState, 'idle' | 'leased' | 'connecting' | 'checking'>, number> = {
    abandoned: 0,
    resetting: 0,
    closing: 0,
    gone: 0,
  };
  #whenEmpty: (() => void)[] = [];

  /** Places taken. */
  get size(): number {
    return this.#entries.size;
  }

  count(state: EntryState): number {
    switch (state) {
      case 'idle':
        return this.#idle;
      case 'leased':
        return this.#leased;
      case 'connecting':
        return this.#connecting;
      case 'checking':
        return this.#checking;
      default:
        return this.#others[state];
    }
  }

  add(entry: PoolEntry<C>): void {
    this.#entries.add(entry);
    this.#note(entry.state, 1);
  }

  /** Moves an entry on; one that is gone leaves its place. */
  move(entry: PoolEntry<C>, to: EntryState): void {
    const from = entry.state;
    entry.move(to);
    // From hand to hand: nothing to count.
    if (from === to) return;
    this.#note(from, -1);
    if (to === 'gone') this.#remove(entry);
    else this.#note(to, 1);
  }

  /** Resolves when no place is taken. */
  emptied(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  status(size: number, waiting: number): PoolStatus {
    return {
      size,
      checkedIn: this.#idle,
      checkedOut: this.#leased + this.#others.resetting + this.#checking,
      overflow: size === 0 ? 0 : Math.max(0, this.#entries.size - size),
      waiting,
      connecting: this.#connecting,
    };
  }

  /** Longest held first. */
  holders(now: number): PoolHolder[] {
    const holders: PoolHolder[] = [];
    for (const { loan } of this.#entries) if (loan !== undefined) holders.push(loan.toHolder(now));
    return holders.sort((a, b) => b.heldMs - a.heldMs);
  }

  /** Of each that is lent, for how long it has been. */
  *heldMs(now: number): Generator<number, void, undefined> {
    for (const { loan } of this.#entries) if (loan !== undefined) yield now - loan.takenAt;
  }

  /** How long the oldest of the connects under way has taken so far, milliseconds. */
  oldestConnectMs(now: number): number | undefined {
    let oldest: number | undefined;
    for (const entry of this.#entries) {
      if (entry.state === 'connecting') oldest = Math.max(oldest ?? 0, now - entry.startedAt);
    }
    return oldest;
  }

  [Symbol.iterator](): IterableIterator<PoolEntry<C>> {
    return this.#entries.values();
  }

  #note(state: EntryState, by: 1 | -1): void {
    switch (state) {
      case 'idle':
        this.#idle += by;
        return;
      case 'leased':
        this.#leased += by;
        return;
      case 'connecting':
        this.#connecting += by;
        return;
      case 'checking':
        this.#checking += by;
        return;
      default:
        this.#others[state] += by;
    }
  }

  #remove(entry: PoolEntry<C>): void {
    this.#entries.delete(entry);
    if (this.#entries.size > 0) return;
    const listeners = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of listeners) resolve();
  }
}
