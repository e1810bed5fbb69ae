import type { Clock } from '../util/clock.ts';

const BEAT_MS = 50;
/** Timers are late by less than this in a busy program. */
const WORTH_NOTING_MS = BEAT_MS / 2;
/** From here on it does not matter when in the beat it began. */
const LONG_MS = 4 * BEAT_MS;
const MOST_STOPS = 128;

/** A time in which the event loop stood still, for as much of it as `ms` says. */
interface Stop {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly ms: number;
}

/**
 * Notices how long the event loop stands still while somebody waits against a deadline: by one timer, twenty times a
 * second.
 *
 * A standstill begins somewhere between two beats. A long one is counted from the beat before it, so as up to one beat
 * longer than it was; of a short one half a beat is taken off, which is right on average.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #isNeeded: () => boolean;
  #isBeating = false;
  #lastAt = 0;
  #stops: Stop[] = [];

  /** @param isNeeded - asked at each beat: does anybody still wait so? */
  constructor(clock: Clock, isNeeded: () => boolean) {
    this.#clock = clock;
    this.#isNeeded = isNeeded;
  }

  /** Begins to watch, if it does not yet. */
  begin(): void {
    if (!this.#isBeating) this.#beat(this.#clock.now());
  }

  /** For how long the loop stood still between these two times, milliseconds. */
  blockedBetween(since: number, until: number): number {
    const running = this.#isBeating ? this.#standstill(until) : undefined;
    const stops = running === undefined ? this.#stops : [...this.#stops, running];
    return Math.min(
      Math.max(0, until - since),
      stops.reduce((sum, stop) => sum + partBetween(stop, since, until), 0),
    );
  }

  #beat(now: number): void {
    this.#isBeating = true;
    this.#lastAt = now;
    this.#clock.setBackgroundTimer(BEAT_MS, () => this.#note());
  }

  #note(): void {
    const now = this.#clock.now();
    const stop = this.#standstill(now);
    if (stop !== undefined) this.#keep(stop);
    this.#isBeating = false;
    if (this.#isNeeded()) this.#beat(now);
  }

  /** What a beat says that comes now. */
  #standstill(now: number): Stop | undefined {
    const passedMs = now - this.#lastAt;
    if (passedMs - BEAT_MS < WORTH_NOTING_MS) return undefined;
    const ms = passedMs >= LONG_MS ? passedMs : passedMs - BEAT_MS / 2;
    return { startedAt: this.#lastAt, endedAt: now, ms };
  }

  #keep(stop: Stop): void {
    const last = this.#stops.at(-1);
    // A loop that never comes to rest makes one long stop.
    if (last?.endedAt === stop.startedAt) this.#stops.splice(-1, 1, joined(last, stop));
    else this.#stops.push(stop);
    const [first, second] = this.#stops;
    if (this.#stops.length > MOST_STOPS && first !== undefined && second !== undefined)
      this.#stops.splice(0, 2, joined(first, second));
  }
}

function joined(a: Stop, b: Stop): Stop {
  return { startedAt: a.startedAt, endedAt: b.endedAt, ms: a.ms + b.ms };
}

function partBetween({ startedAt, endedAt, ms }: Stop, since: number, until: number): number {
  const overlap = Math.min(endedAt, until) - Math.max(startedAt, since);
  return overlap <= 0 ? 0 : (ms * overlap) / (endedAt - startedAt);
}
