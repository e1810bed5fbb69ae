/** Somebody who wants so many connections to be there, without having one. */
export class WarmUp {
  readonly count: number;
  readonly there: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(count: number) {
    this.count = count;
    this.there = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waited may have given up before.
    this.there.catch(() => {});
  }

  /** So many are there. */
  noteThere(): void {
    this.#resolve();
  }

  /** No more will come. */
  fail(error: unknown): void {
    this.#reject(error);
  }
}
