import { setTimeout as sleep } from 'node:timers/promises';

import { HermeticError } from '../../src/errors/hermetic-error.ts';
import { PoolCheckoutAbortedError, PoolTimeoutError } from '../../src/errors/pool-errors.ts';

/** Something that one task does again and again. */
export interface ChaosWork {
  /** Does it once. */
  run(task: number): Promise<void>;
  /** Answers that belonged to somebody else. */
  readonly wrongAnswers: number;
}

/** Tasks that use a database without pause, and what became of their work. */
export class ChaosLoad {
  readonly #work: ChaosWork;
  readonly #tasks: Promise<void>[];
  /** By `ok`, `nameOf` an error, or its text where it is none of ours. */
  #outcomes = new Map<string, number>();
  #examples = new Map<string, string>();
  #successes: Set<number> = new Set();
  #listeners: (() => void)[] = [];
  #isOver = false;

  constructor(work: ChaosWork, tasks: number) {
    this.#work = work;
    this.#tasks = Array.from({ length: tasks }, (_, task) => this.#loop(task));
  }

  /** The outcomes since the last time, most first. */
  take(): { readonly counts: Record<string, number>; readonly examples: ReadonlyMap<string, string> } {
    const sorted = [...this.#outcomes].sort((a, b) => b[1] - a[1]);
    const examples = this.#examples;
    this.#outcomes = new Map();
    this.#examples = new Map();
    return { counts: Object.fromEntries(sorted), examples };
  }

  /** Resolves when every task has succeeded since this call. */
  async allSucceed(): Promise<void> {
    this.#successes = new Set();
    await this.#until(() => this.#successes.size === this.#tasks.length);
  }

  /** Resolves when so many pieces of work have failed since the last `take`. */
  async failures(count: number): Promise<void> {
    const failed = (): number => [...this.#outcomes].reduce((sum, [name, n]) => sum + (name === 'ok' ? 0 : n), 0);
    await this.#until(() => failed() >= count);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#tasks);
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await new Promise<void>((resolve) => this.#listeners.push(resolve));
  }

  async #loop(task: number): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#work.run(task);
        this.#successes.add(task);
        this.#note('ok', '');
      } catch (error) {
        this.#note(nameOf(error), String(error));
      }
      await sleep(1);
    }
  }

  #note(name: string, text: string): void {
    this.#outcomes.set(name, (this.#outcomes.get(name) ?? 0) + 1);
    this.#examples.set(name, text);
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** A code; behind a checkout that waited in vain also what it looks like to the pool. */
function nameOf(error: unknown): string {
  if (error instanceof PoolTimeoutError) return `${error.code}: ${error.verdict.cause}`;
  const isAborted = error instanceof PoolCheckoutAbortedError;
  if (isAborted && error.databaseTrouble !== undefined) return `${error.code}: database down`;
  return error instanceof HermeticError ? error.code : `unexpected ${String(error)}`;
}
