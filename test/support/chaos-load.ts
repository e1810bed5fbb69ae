import { setTimeout as sleep } from 'node:timers/promises';

import type { Engine } from '../../src/engine/engine.ts';
import { HermeticError } from '../../src/errors/hermetic-error.ts';

/** How long a piece of work may take before the program gives its connection up, milliseconds. */
const PATIENCE_MS = 1_500;

/** Tasks that use an engine without pause, and what became of their work. */
export class ChaosLoad {
  readonly #engine: Engine;
  readonly #tasks: Promise<void>[];
  /** By error code, `ok`, or the name of an error that should not be. */
  #outcomes = new Map<string, number>();
  #examples = new Map<string, string>();
  #successes: Set<number> = new Set();
  #listeners: (() => void)[] = [];
  #count = 0;
  #wrong = 0;
  #isOver = false;

  constructor(engine: Engine, tasks: number) {
    this.#engine = engine;
    this.#tasks = Array.from({ length: tasks }, (_, task) => this.#loop(task));
  }

  /** Answers that belonged to somebody else. */
  get wrongAnswers(): number {
    return this.#wrong;
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
        await this.#work(task);
        this.#successes.add(task);
        this.#note('ok', '');
      } catch (error) {
        const name = error instanceof HermeticError ? error.code : `unexpected ${String(error)}`;
        this.#note(name, String(error));
      }
      await sleep(1);
    }
  }

  async #work(task: number): Promise<void> {
    const connection = await this.#engine.connect({ label: `task ${task}` });
    const token = ++this.#count;
    const patience = setTimeout(() => connection.invalidate(new Error('the program gave up')), PATIENCE_MS);
    try {
      connection.begin();
      const { rows } = await connection.execute('select $1::int', [token]);
      if (rows[0]?.[0] !== token) this.#wrong += 1;
      await connection.execute('select pg_sleep(0.002)');
      await connection.commit();
    } finally {
      clearTimeout(patience);
      await connection.release();
    }
  }

  #note(name: string, text: string): void {
    this.#outcomes.set(name, (this.#outcomes.get(name) ?? 0) + 1);
    this.#examples.set(name, text);
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
