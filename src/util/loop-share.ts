import type { Clock } from './clock.ts';

/** Longest time that synchronous work keeps the event loop for itself, milliseconds. */
const SHARE_MS = 10;
/** Reading the clock costs more than a small statement does of it. */
const LOOK_EVERY = 16;

/**
 * Lets timers, sockets and other requests have their turn when work that never waits has gone on for a while: a loop
 * over such work would otherwise keep the event loop until its end.
 */
export class LoopShare {
  readonly #clock: Clock;
  #since: number;
  #weight = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** @param weight - how much was done, in small pieces. @returns whether it is time to `pass`. */
  isDue(weight: number): boolean {
    this.#weight += weight;
    if (this.#weight < LOOK_EVERY) return false;
    this.#weight = 0;
    return this.#clock.now() - this.#since >= SHARE_MS;
  }

  /** Resolves when what has arrived meanwhile was handled. */
  async pass(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.afterIo(resolve));
    this.#since = this.#clock.now();
  }
}
