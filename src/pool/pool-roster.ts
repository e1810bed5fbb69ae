import type { PoolHolder, PoolStatus } from '../errors/pool-report.ts';
import type { EntryState, PoolEntry } from './pool-entry.ts';

/** Every connection that holds a place in a pool, counted by state. */
export class PoolRoster<C> implements Iterable<PoolEntry<C>> {
  readonly #entries = new Set<PoolEntry<C>>();
  readonly #counts: Record<EntryState, number> = {
    connecting: 0,
    abandoned: 0,
    idle: 0,
    checking: 0,
    leased: 0,
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
    return this.#counts[state];
  }

  add(entry: PoolEntry<C>): void {
    this.#entries.add(entry);
    this.#counts[entry.state] += 1;
  }

  /** Moves an entry on; one that is gone leaves its place. */
  move(entry: PoolEntry<C>, to: EntryState): void {
    const from = entry.state;
    entry.move(to);
    // From hand to hand: nothing to count.
    if (from === to) return;
    this.#counts[from] -= 1;
    if (to === 'gone') this.#remove(entry);
    else this.#counts[to] += 1;
  }

  /** Resolves when no place is taken. */
  emptied(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  status(size: number, waiting: number): PoolStatus {
    const counts = this.#counts;
    return {
      size,
      checkedIn: counts.idle,
      checkedOut: counts.leased + counts.resetting + counts.checking,
      overflow: size === 0 ? 0 : Math.max(0, this.#entries.size - size),
      waiting,
      connecting: counts.connecting,
    };
  }

  /** Longest held first. */
  holders(now: number): PoolHolder[] {
    const holders: PoolHolder[] = [];
    for (const { loan } of this.#entries) if (loan !== undefined) holders.push(loan.toHolder(now));
    return holders.sort((a, b) => b.heldMs - a.heldMs);
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

  #remove(entry: PoolEntry<C>): void {
    this.#entries.delete(entry);
    if (this.#entries.size > 0) return;
    const listeners = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of listeners) resolve();
  }
}
