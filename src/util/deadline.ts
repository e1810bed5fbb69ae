import { LONGEST_TIMER_MS } from './clock.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { HeapMember } from './deadline-heap.ts';
import { DeadlineRun } from './deadline-run.ts';
import type { RunMember } from './deadline-run.ts';

/** Something that ends by itself, with room for its place among the deadlines. */
export type Deadlined<T> = RunMember<T> & HeapMember;

/** Who has deadlines. */
export interface DeadlineOwner<T> {
  /** Sees to it that every `dueAt` is known: until then it may be `Infinity` for those that come last. */
  settle?(): void;
  /** Gets what is due, already out of the queue, and by how much the timer was late, milliseconds. */
  expire(due: T[], lateMs: number): void;
}

/**
 * Many deadlines on one timer.
 *
 * What is due is given one turn of the event loop more, so that an answer which has already arrived beats a timer
 * that the loop was too busy to fire in time.
 */
export class DeadlineQueue<T extends Deadlined<T>> {
  readonly #clock: Clock;
  readonly #owner: DeadlineOwner<T>;
  readonly #run = new DeadlineRun<T>();
  /** Those that end before one that came earlier. */
  readonly #heap = new DeadlineHeap<T>();
  #cancelTimer: CancelTimer | undefined;
  #firesAt = Infinity;

  constructor(clock: Clock, owner: DeadlineOwner<T>) {
    this.#clock = clock;
    this.#owner = owner;
  }

  get size(): number {
    return this.#run.size + this.#heap.size;
  }

  /** Whether any of them ever ends. */
  get hasEnds(): boolean {
    return (this.#first()?.dueAt ?? Infinity) !== Infinity;
  }

  add(item: T): void {
    if (!this.#run.add(item)) this.#heap.add(item);
    if (item.dueAt < this.#firesAt || this.#firesAt === Infinity) this.#arm();
  }

  /** Takes `item` out; does nothing when it is not in. */
  remove(item: T): void {
    if (!this.#run.remove(item) && !this.#heap.remove(item)) return;
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
    const now = this.#clock.now();
    // Who waits for ever keeps the process alive too.
    this.#firesAt = Math.min(next.dueAt, now + LONGEST_TIMER_MS);
    this.#cancelTimer = this.#clock.setTimer(Math.max(this.#firesAt - now, 0), () => this.#fire());
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
    this.#owner.settle?.();
    const due: T[] = [];
    for (let item = this.#first(); item !== undefined && item.dueAt <= firedAt; item = this.#first()) {
      this.remove(item);
      due.push(item);
    }
    this.#arm();
    const first = due[0];
    if (first !== undefined) this.#owner.expire(due, firedAt - first.dueAt);
  }
}
