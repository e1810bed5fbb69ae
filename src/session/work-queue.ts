/** A piece of work that waits for its turn. */
interface Turn {
  readonly name: string;
  readonly start: () => void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Lets one piece of work run at a time, in the order of the calls.
 *
 * Everything of a session that does I/O goes through here, so that tasks that share the session cannot get between
 * the statements of a flush, and a commit waits for the reads before it.
 */
export class WorkQueue {
  readonly #waiting: Turn[] = [];
  #running: string | undefined;
  #idle: (() => void)[] = [];
  #refusal: { readonly reason: unknown } | undefined;

  /** What runs now. */
  get running(): string | undefined {
    return this.#running;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Runs `work` when everything that was asked for before has ended. */
  async run<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    if (this.#refusal !== undefined) throw this.#refusal.reason;
    if (this.#running !== undefined) await this.#turn(name);
    this.#running = name;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Refuses what waits and what comes; resolves when nothing runs any more. */
  async close(reason: unknown): Promise<void> {
    this.#refusal = { reason };
    for (const turn of this.#waiting.splice(0)) turn.refuse(reason);
    await this.idle();
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.#running !== undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #turn(name: string): Promise<void> {
    return new Promise((start, refuse) => this.#waiting.push({ name, start, refuse }));
  }

  #next(): void {
    const turn = this.#waiting.shift();
    this.#running = turn?.name;
    if (turn !== undefined) return turn.start();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
