/** Something that ends by itself at `dueAt`, with room for its place in a `DeadlineHeap`. */
export interface HeapMember {
  /** In the clock's `now()` milliseconds. */
  readonly dueAt: number;
  /** Where it stands, −1 outside; kept by the heap. */
  heapIndex: number;
}

/** Deadlines in any order: a binary heap, earliest first, that lets anyone leave. */
export class DeadlineHeap<T extends HeapMember> {
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
    const index = item.heapIndex;
    if (this.#items[index] !== item) return false;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#place(last, index);
    this.#rise(last);
    this.#sink(last);
    return true;
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #rise(item: T): void {
    while (item.heapIndex > 0) {
      const index = item.heapIndex;
      const parent = this.#items[(index - 1) >> 1] as T;
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
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return right.dueAt < left.dueAt ? right : left;
  }
}
