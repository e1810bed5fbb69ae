import { LinkedQueue } from './linked-queue.ts';
import type { QueueLinks } from './linked-queue.ts';

/** What a `RankedQueue` needs of its members. */
export interface Ranked<T> extends QueueLinks<T> {
  /** 0 goes first. */
  readonly rank: number;
  /** When it came, as a number that grows. */
  readonly arrival: number;
}

/** Out of so many that leave, one is whoever waits longest, whatever its rank. */
const FAIR_SHARE = 4;

/**
 * A line with ranks: lower ranks leave first, each in the order of coming. Nobody starves: every fourth that leaves,
 * while several ranks wait, is the one who came first of all.
 */
export class RankedQueue<T extends Ranked<T>> implements Iterable<T> {
  /** One for each rank, each in the order of coming. */
  readonly lines: readonly LinkedQueue<T>[];
  /** Where the last one went. */
  #latest: LinkedQueue<T> | undefined = undefined;
  #length = 0;
  #favours = 0;

  constructor(ranks: number) {
    this.lines = Array.from({ length: ranks }, () => new LinkedQueue<T>());
  }

  get length(): number {
    return this.#length;
  }

  /** The first of the best rank. */
  get first(): T | undefined {
    for (const line of this.lines) if (line.first !== undefined) return line.first;
    return undefined;
  }

  /** How many have this rank or a better one. */
  countUpTo(rank: number): number {
    return this.lines.slice(0, rank + 1).reduce((sum, { length }) => sum + length, 0);
  }

  has(member: T): boolean {
    return member.queue !== undefined && this.lines[member.rank] === member.queue;
  }

  /** Adds one who came after all others. */
  push(member: T): void {
    this.#latest = this.lines[member.rank];
    this.#latest?.push(member);
    this.#length += 1;
  }

  /** Adds one where it belongs by when it came. */
  insert(member: T): void {
    const line = this.lines[member.rank];
    if (line === undefined) return;
    for (const other of line) {
      if (other.arrival < member.arrival) continue;
      line.insertBefore(member, other);
      this.#length += 1;
      return;
    }
    this.push(member);
  }

  /** Takes out whose turn it is. */
  shift(): T | undefined {
    const line = this.#next();
    const member = line?.shift();
    if (member !== undefined) this.#length -= 1;
    return member;
  }

  /** Takes `member` out, wherever it stands. */
  remove(member: T): boolean {
    const isOut = this.lines[member.rank]?.remove(member) ?? false;
    if (isOut) this.#length -= 1;
    return isOut;
  }

  /** Rank by rank, each in the order of coming. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const line of this.lines) yield* line;
  }

  #next(): LinkedQueue<T> | undefined {
    // As a rule all have the same rank.
    if (this.#latest?.length === this.#length) return this.#latest;
    const best = this.lines.find((line) => line.length > 0);
    if (best === undefined || best.length === this.#length) return best;
    this.#favours += 1;
    return this.#favours % FAIR_SHARE === 0 ? this.#oldest() : best;
  }

  #oldest(): LinkedQueue<T> | undefined {
    let oldest: LinkedQueue<T> | undefined;
    for (const line of this.lines) {
      if (line.first !== undefined && line.first.arrival < (oldest?.first?.arrival ?? Infinity)) oldest = line;
    }
    return oldest;
  }
}
