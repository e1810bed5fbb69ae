import type { ConnectFailures } from './verdict.ts';

/** Remembers the connects that failed since the last one that did not. */
export class ConnectLog {
  #count = 0;
  #lastAt = 0;
  #error: unknown = undefined;

  noteSuccess(): void {
    this.#count = 0;
    this.#error = undefined;
  }

  noteFailure(error: unknown, now: number): void {
    this.#count += 1;
    this.#lastAt = now;
    this.#error = error;
  }

  failures(now: number): ConnectFailures | undefined {
    if (this.#count === 0) return undefined;
    return { count: this.#count, lastMs: now - this.#lastAt, error: this.#error };
  }
}
