import type { Deadlined } from './deadline-heap.ts';

/** Passed places at the front that are worth cutting off. */
const WORTH_CUTTING = 256;

/**
 * Deadlines that come in the order in which they end, as they do when all have the same patience: an array with a
 * moving front, so that coming and leaving cost nothing but a write.
 */
export class DeadlineRun<T extends Deadlined> {
  readonly #items: (T | undefined)[] = [];
  /** The index in `#items` of the first that is left. */
  #front = 0;
  /** How many places were cut off; an item's `deadlineIndex` counts them. */
  #cut = 0;
  #size = 0;
  #lastDueAt = -Infinity;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#items[this.#front];
  }

  /** False when `item` ends before one that came earlier. */
  add(item: T): boolean {
    if (this.#size > 0 && item.dueAt < this.#lastDueAt) return false;
    this.#lastDueAt = item.dueAt;
    item.deadlineIndex = this.#cut + this.#items.length;
    this.#items.push(item);
    this.#size += 1;
    return true;
  }

  /** False when `item` does not stand in this run. */
  remove(item: T): boolean {
    const index = item.deadlineIndex - this.#cut;
    if (this.#items[index] !== item) return false;
    item.deadlineIndex = -1;
    this.#items[index] = undefined;
    this.#size -= 1;
    while (this.#front < this.#items.length && this.#items[this.#front] === undefined) this.#front += 1;
    if (this.#front >= WORTH_CUTTING && this.#front * 2 >= this.#items.length) this.#cutOff();
    return true;
  }

  #cutOff(): void {
    this.#items.splice(0, this.#front);
    this.#cut += this.#front;
    this.#front = 0;
  }
}
