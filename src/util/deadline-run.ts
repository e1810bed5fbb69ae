/** Something that ends by itself at `dueAt`, with room for the links of a `DeadlineRun`. */
export interface RunMember<T> {
  /** In the clock's `now()` milliseconds. */
  readonly dueAt: number;
  sooner: T | undefined;
  later: T | undefined;
  isInRun: boolean;
}

/**
 * Deadlines that come in the order in which they end, as they do when all have the same patience: a chain, so that
 * coming and leaving cost nothing but a few writes.
 */
export class DeadlineRun<T extends RunMember<T>> {
  #first: T | undefined = undefined;
  #last: T | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** False when `item` ends before one that came earlier. */
  add(item: T): boolean {
    const last = this.#last;
    if (last === undefined) this.#first = item;
    else if (item.dueAt < last.dueAt) return false;
    else last.later = item;
    item.sooner = last;
    item.isInRun = true;
    this.#last = item;
    this.#size += 1;
    return true;
  }

  /** False when `item` does not stand in this run. */
  remove(item: T): boolean {
    if (!item.isInRun) return false;
    const { sooner, later } = item;
    if (sooner === undefined) this.#first = later;
    else sooner.later = later;
    if (later === undefined) this.#last = sooner;
    else later.sooner = sooner;
    item.sooner = undefined;
    item.later = undefined;
    item.isInRun = false;
    this.#size -= 1;
    return true;
  }
}
