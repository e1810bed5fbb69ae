/** Something that ends by itself at `dueAt`. */
export interface Deadlined {
  /** In the clock's `now()` milliseconds. */
  readonly dueAt: number;
  /** Where it stands among the deadlines, −1 outside; kept by whoever holds it. */
  deadlineIndex: number;
}

/** Deadlines in any order: a binary heap, earliest first, that lets anyone leave. */
export class DeadlineHeap<T extends Deadlined> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#place(item, this.#items.length);
    this.#rise(item);
  }

  /** False when `item` does not stand in this heap. */
  remove(item: T): boolean {
    const index = item.deadlineIndex;
    if (this.#items[index] !== item) return false;
    item.deadlineIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#place(last, index);
    this.#rise(last);
    this.#sink(last);
    return true;
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.deadlineIndex = index;
  }

  #rise(item: T): void {
    while (item.deadlineIndex > 0) {
      const index = item.deadlineIndex;
      const parent = this.#items[(index - 1) >> 1] as T;
      if (parent.dueAt <= item.dueAt) return;
      this.#place(item, parent.deadlineIndex);
      this.#place(parent, index);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const index = item.deadlineIndex;
      const child = this.#earlierChild(index);
      if (child === undefined || child.dueAt >= item.dueAt) return;
      this.#place(item, child.deadlineIndex);
      this.#place(child, index);
    }
  }

  #earlierChild(index: number): T | undefined {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return right.dueAt < left.dueAt ? right : left;
  }
}
