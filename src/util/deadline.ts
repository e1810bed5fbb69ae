import { LONGEST_TIMER_MS } from './clock.ts';
import type { CancelTimer, Clock } from './clock.ts';

/** Something that ends by itself at `dueAt`. */
export interface Deadlined {
  /** In the clock's `now()` milliseconds. */
  readonly dueAt: number;
  /** Its place in the queue's heap, −1 outside; kept by the queue. */
  heapIndex: number;
}

/**
 * Many deadlines on one timer: a binary heap, earliest first.
 *
 * What is due is given one turn of the event loop more, so that an answer which has already arrived beats a timer
 * that the loop was too busy to fire in time.
 */
export class DeadlineQueue<T extends Deadlined> {
  readonly #clock: Clock;
  readonly #expire: (due: T[], lateMs: number) => void;
  readonly #heap: T[] = [];
  #cancelTimer: CancelTimer | undefined;
  #firesAt = Infinity;

  /** @param expire - gets what is due, already out of the queue, and by how much the timer was late, milliseconds. */
  constructor(clock: Clock, expire: (due: T[], lateMs: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(item: T): void {
    this.#place(item, this.#heap.length);
    this.#rise(item);
    if (item.dueAt < this.#firesAt) this.#arm();
  }

  /** Takes `item` out; does nothing when it is not in. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== item) {
      this.#place(last, index);
      this.#rise(last);
      this.#sink(last);
    }
    if (this.#heap.length === 0) this.#disarm();
  }

  #place(item: T, index: number): void {
    this.#heap[index] = item;
    item.heapIndex = index;
  }

  #rise(item: T): void {
    while (item.heapIndex > 0) {
      const index = item.heapIndex;
      const parent = this.#heap[(index - 1) >> 1] as T;
      if (parent.dueAt <= item.dueAt) return;
      this.#place(item, parent.heapIndex);
      this.#place(parent, index);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const index = item.heapIndex;
      const child = this.#earlierChild(index);
      if (child === undefined || child.dueAt >= item.dueAt) return;
      this.#place(item, child.heapIndex);
      this.#place(child, index);
    }
  }

  #earlierChild(index: number): T | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return right.dueAt < left.dueAt ? right : left;
  }

  #arm(): void {
    this.#disarm();
    const next = this.#heap[0];
    if (next === undefined) return;
    const now = this.#clock.now();
    this.#firesAt = next.dueAt;
    const ms = Math.min(Math.max(next.dueAt - now, 0), LONGEST_TIMER_MS);
    this.#cancelTimer = this.#clock.setTimer(ms, () => this.#fire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#firesAt = Infinity;
  }

  #fire(): void {
    const firedAt = this.#clock.now();
    // Neither armed anew nor cancelled until that turn is over.
    this.#cancelTimer = undefined;
    this.#firesAt = -Infinity;
    this.#clock.afterIo(() => this.#afterTurn(firedAt));
  }

  #afterTurn(firedAt: number): void {
    const due: T[] = [];
    for (let item = this.#heap[0]; item !== undefined && item.dueAt <= firedAt; item = this.#heap[0]) {
      this.remove(item);
      due.push(item);
    }
    this.#arm();
    const first = due[0];
    if (first !== undefined) this.#expire(due, firedAt - first.dueAt);
  }
}
