import { LinkedQueue } from './linked-queue.ts';
import type { QueueLinks } from './linked-queue.ts';

/** What a `RankedQueue` needs of its members. */
export interface Ranked<T> extends QueueLinks<T> {
  /** 0 goes first. */
  readonly rank: number;
  /** When it came, as a number that grows; kept by the queue. */
  arrival: number;
}

/** Out of so many that leave, one is whoever waits longest, whatever its rank. */
const FAIR_SHARE = 4;

/**
 * A line with ranks: lower ranks leave first, each in the order of coming. Nobody starves: every fourth that leaves,
 * while several ranks wait, is the one who came first of all.
 */
export class RankedQueue<T extends Ranked<T>> implements Iterable<T> {
  readonly #lines: readonly LinkedQueue<T>[];
  /** Where the last one went. */
  #latest: LinkedQueue<T> | undefined = undefined;
  #length = 0;
  #arrivals = 0;
  #favours = 0;

  constructor(ranks: number) {
    this.#lines = Array.from({ length: ranks }, () => new LinkedQueue<T>());
  }

  get length(): number {
    return this.#length;
  }

  push(member: T): void {
    member.arrival = ++this.#arrivals;
    this.#latest = this.#lines[member.rank];
    this.#latest?.push(member);
    this.#length += 1;
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
    const isOut = this.#lines[member.rank]?.remove(member) ?? false;
    if (isOut) this.#length -= 1;
    return isOut;
  }

  /** Rank by rank, each in the order of coming. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const line of this.#lines) yield* line;
  }

  #next(): LinkedQueue<T> | undefined {
    // As a rule all have the same rank.
    if (this.#latest?.length === this.#length) return this.#latest;
    const best = this.#lines.find((line) => line.length > 0);
    if (best === undefined || best.length === this.#length) return best;
    this.#favours += 1;
    return this.#favours % FAIR_SHARE === 0 ? this.#oldest() : best;
  }

  #oldest(): LinkedQueue<T> | undefined {
    let oldest: LinkedQueue<T> | undefined;
    for (const line of this.#lines) {
      if (line.first !== undefined && line.first.arrival < (oldest?.first?.arrival ?? Infinity)) oldest = line;
    }
    return oldest;
  }
}
