import type { Clock } from '../util/clock.ts';

const BEAT_MS = 1_000;
/** Timers are late by less than this in a busy program. */
const WORTH_NOTING_MS = 200;
const MOST_STOPS = 32;

/** A time in which the event loop stood still. */
interface Stop {
  readonly endedAt: number;
  readonly ms: number;
}

/** Notices how long the event loop stands still while somebody waits against a deadline: by a timer each second. */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #isNeeded: () => boolean;
  #isBeating = false;
  #stops: Stop[] = [];

  /** @param isNeeded - asked at each beat: does anybody still wait so? */
  constructor(clock: Clock, isNeeded: () => boolean) {
    this.#clock = clock;
    this.#isNeeded = isNeeded;
  }

  /** Begins to watch, if it does not yet. */
  begin(): void {
    if (!this.#isBeating) this.#beat();
  }

  /** For how long of the last `ms` milliseconds the loop stood still. */
  blockedDuring(ms: number): number {
    const since = this.#clock.now() - ms;
    const during = this.#stops.filter(({ endedAt }) => endedAt > since);
    return during.reduce((sum, stop) => sum + Math.min(stop.ms, stop.endedAt - since), 0);
  }

  #beat(): void {
    this.#isBeating = true;
    const dueAt = this.#clock.now() + BEAT_MS;
    this.#clock.setBackgroundTimer(BEAT_MS, () => this.#note(dueAt));
  }

  #note(dueAt: number): void {
    const endedAt = this.#clock.now();
    const ms = endedAt - dueAt;
    if (ms >= WORTH_NOTING_MS) this.#stops = [...this.#stops.slice(1 - MOST_STOPS), { endedAt, ms }];
    this.#isBeating = false;
    if (this.#isNeeded()) this.#beat();
  }
}
