/** Somebody who waits, in a ring of those who do. */
type Resolve<C> = (connection: C) => void;

/**
 * The least that a pool can do, as the measure of the others: an array of what is free, a queue of who waits, and one
 * promise for each checkout. No deadline, no identity, no diagnosis.
 */
export class MinimalPool<C> {
  readonly #free: C[];
  #waiting: (Resolve<C> | undefined)[] = [];
  #head = 0;

  constructor(connections: Iterable<C>) {
    this.#free = [...connections];
  }

  acquire(): Promise<C> {
    const connection = this.#free.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(connection: C): void {
    const resolve = this.#next();
    if (resolve === undefined) this.#free.push(connection);
    else resolve(connection);
  }

  /** The queue is an array with a moving front: `shift()` of a long one would copy it. */
  #next(): Resolve<C> | undefined {
    if (this.#head === this.#waiting.length) return undefined;
    const resolve = this.#waiting[this.#head];
    this.#waiting[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#waiting.length || this.#head === 1_024) this.#cutOff();
    return resolve;
  }

  #cutOff(): void {
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}
