import { LONGEST_TIMER_MS } from './clock.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { Deadlined } from './deadline-heap.ts';
import { DeadlineRun } from './deadline-run.ts';

export type { Deadlined } from './deadline-heap.ts';

/**
 * Many deadlines on one timer.
 *
 * What is due is given one turn of the event loop more, so that an answer which has already arrived beats a timer
 * that the loop was too busy to fire in time.
 */
export class DeadlineQueue<T extends Deadlined> {
  readonly #clock: Clock;
  readonly #expire: (due: T[], lateMs: number) => void;
  readonly #run = new DeadlineRun<T>();
  /** Those that end before one that came earlier. */
  readonly #heap = new DeadlineHeap<T>();
  #cancelTimer: CancelTimer | undefined;
  #firesAt = Infinity;

  /** @param expire - gets what is due, already out of the queue, and by how much the timer was late, milliseconds. */
  constructor(clock: Clock, expire: (due: T[], lateMs: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get size(): number {
    return this.#run.size + this.#heap.size;
  }

  add(item: T): void {
    if (!this.#run.add(item)) this.#heap.add(item);
    if (item.dueAt < this.#firesAt) this.#arm();
  }

  /** Takes `item` out; does nothing when it is not in. */
  remove(item: T): void {
    if (item.deadlineIndex < 0) return;
    if (!this.#run.remove(item)) this.#heap.remove(item);
    if (this.size === 0) this.#disarm();
  }

  /** What ends first. */
  #first(): T | undefined {
    const inRun = this.#run.first;
    const inHeap = this.#heap.first;
    if (inRun === undefined || inHeap === undefined) return inRun ?? inHeap;
    return inHeap.dueAt < inRun.dueAt ? inHeap : inRun;
  }

  #arm(): void {
    this.#disarm();
    const next = this.#first();
    if (next === undefined) return;
    this.#firesAt = next.dueAt;
    const ms = Math.min(Math.max(next.dueAt - this.#clock.now(), 0), LONGEST_TIMER_MS);
    this.#cancelTimer = this.#clock.setTimer(ms, () => this.#fire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#firesAt = Infinity;
  }

  #fire(): void {
    const firedAt = this.#clock.now();
    // Armed anew only when that turn is over.
    this.#cancelTimer = undefined;
    this.#firesAt = -Infinity;
    this.#clock.afterIo(() => this.#afterTurn(firedAt));
  }

  #afterTurn(firedAt: number): void {
    const due: T[] = [];
    for (let item = this.#first(); item !== undefined && item.dueAt <= firedAt; item = this.#first()) {
      this.remove(item);
      due.push(item);
    }
    this.#arm();
    const first = due[0];
    if (first !== undefined) this.#expire(due, firedAt - first.dueAt);
  }
}
