import { LONGEST_TIMER_MS } from './clock.ts';
import type { CancelTimer, Clock } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { HeapMember } from './deadline-heap.ts';

/** Something that ends by itself, with room for its place among the deadlines. */
export interface Deadlined extends HeapMember {
  /** It stands in one of its owner's rows, after all that end before it; kept by the queue. */
  isInOrder: boolean;
}

/** Who has deadlines. */
export interface DeadlineOwner<T> {
  /** Where those stand that were added in order: in each row whoever ends first comes first, of those. */
  readonly rows: Iterable<Iterable<T>>;
  /** Sees to it that every `dueAt` is known: until then it may be `Infinity` for those in order that come last. */
  settle?(): void;
  /** Gets what is due, first due first, and by how much the timer was late, milliseconds. */
  expire(due: T[], lateMs: number): void;
}

/**
 * Many deadlines on one timer.
 *
 * Nearly all have the same patience, and so end in the order in which they came, which their owner knows already: for
 * those nothing is kept here. What is due is given one turn of the event loop more, so that an answer which has already
 * arrived beats a timer that the loop was too busy to fire in time.
 */
export class DeadlineQueue<T extends Deadlined> {
  readonly #clock: Clock;
  readonly #owner: DeadlineOwner<T>;
  /** Those that end before one that came earlier. */
  readonly #heap = new DeadlineHeap<T>();
  #inOrder = 0;
  #cancelTimer: CancelTimer | undefined;
  #firesAt = Infinity;

  constructor(clock: Clock, owner: DeadlineOwner<T>) {
    this.#clock = clock;
    this.#owner = owner;
  }

  get size(): number {
    return this.#inOrder + this.#heap.size;
  }

  /** Whether somebody stands in order: whoever does so next ends later, and need not know yet when. */
  get hasOrder(): boolean {
    return this.#inOrder > 0;
  }

  /** Whether any of them ever ends. */
  get hasEnds(): boolean {
    return this.#firstDueAt() !== Infinity;
  }

  add(item: T): void {
    this.#heap.add(item);
    this.#armFor(item);
  }

  /** Adds one that stands in a row already, and ends after all that stand there. */
  addInOrder(item: T): void {
    item.isInOrder = true;
    this.#inOrder += 1;
    if (this.#inOrder === 1) this.#armFor(item);
  }

  /** Takes `item` out; does nothing when it is not in. */
  remove(item: T): void {
    if (item.isInOrder) this.#leaveOrder(item);
    else if (!this.#heap.remove(item)) return;
    if (this.size === 0) this.#disarm();
  }

  #leaveOrder(item: T): void {
    item.isInOrder = false;
    this.#inOrder -= 1;
  }

  #firstDueAt(): number {
    let dueAt = this.#heap.first?.dueAt ?? Infinity;
    if (this.#inOrder === 0) return dueAt;
    for (const row of this.#owner.rows) {
      for (const item of row) {
        if (!item.isInOrder) continue;
        dueAt = Math.min(dueAt, item.dueAt);
        break;
      }
    }
    return dueAt;
  }

  #armFor({ dueAt }: T): void {
    if (dueAt < this.#firesAt || this.#firesAt === Infinity) this.#arm();
  }

  #arm(): void {
    this.#disarm();
    if (this.size === 0) return;
    const now = this.#clock.now();
    // Who waits for ever keeps the process alive too.
    this.#firesAt = Math.min(this.#firstDueAt(), now + LONGEST_TIMER_MS);
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
    const due = this.#takeDue(firedAt);
    this.#arm();
    const [first] = due;
    if (first !== undefined) this.#owner.expire(due, firedAt - first.dueAt);
  }

  #takeDue(firedAt: number): T[] {
    const due: T[] = [];
    for (let { first } = this.#heap; first !== undefined && first.dueAt <= firedAt; { first } = this.#heap) {
      this.#heap.remove(first);
      due.push(first);
    }
    for (const row of this.#owner.rows) {
      for (const item of row) {
        if (!item.isInOrder) continue;
        if (item.dueAt > firedAt) break;
        this.#leaveOrder(item);
        due.push(item);
      }
    }
    return due.sort((a, b) => a.dueAt - b.dueAt);
  }
}
