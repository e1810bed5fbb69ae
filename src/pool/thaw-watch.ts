import type { CancelTimer, Clock } from '../util/clock.ts';

/** How often the watch looks at the clocks, milliseconds. */
const BEAT_MS = 1_000;

/** Whom a watch tells. */
export interface ThawListener {
  /** Whether there is anything that a standstill could have harmed. */
  readonly isConcerned: boolean;
  thawed(): void;
}

/**
 * Notices that the process stood still (a frozen container, a sleeping laptop, a blocked event loop) or that the wall
 * clock jumped: times at which the other side may have hung up without a word.
 *
 * Beats once a second while somebody is concerned, on a timer that keeps no process alive.
 */
export class ThawWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #listener: ThawListener;
  #cancel: CancelTimer | undefined = undefined;
  #lastAt = 0;
  #lastWallAt = 0;

  constructor(clock: Clock, limitMs: number, listener: ThawListener) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#listener = listener;
  }

  /** Begins to beat, unless it does. */
  start(): void {
    if (this.#cancel !== undefined || this.#limitMs === Infinity) return;
    this.#lastAt = this.#clock.now();
    this.#lastWallAt = this.#clock.wallNow();
    this.#cancel = this.#clock.setBackgroundTimer(BEAT_MS, () => this.#beat());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** For those who come before the beat that is late. */
  look(now: number): void {
    if (this.#cancel === undefined || now - this.#lastAt <= BEAT_MS + this.#limitMs) return;
    this.#lastAt = now;
    this.#lastWallAt = this.#clock.wallNow();
    this.#listener.thawed();
  }

  #beat(): void {
    this.#cancel = undefined;
    const elapsed = this.#clock.now() - this.#lastAt;
    const drift = Math.abs(this.#clock.wallNow() - this.#lastWallAt - elapsed);
    if (elapsed > BEAT_MS + this.#limitMs || drift > this.#limitMs) this.#listener.thawed();
    if (this.#listener.isConcerned) this.start();
  }
}
