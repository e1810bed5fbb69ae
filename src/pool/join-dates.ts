import type { Clock } from '../util/clock.ts';
import { WindowBudget } from '../util/window-budget.ts';

/** Callers that share a moment, at most. */
const MOST = 16;

/** When somebody joined the line: from `earliest` to `latest`, which are the same unless there was a rush. */
export class Moment {
  readonly earliest: number;
  /** `Infinity` while others may still join in it. */
  latest: number;

  constructor(earliest: number, latest: number) {
    this.earliest = earliest;
    this.latest = latest;
  }
}

/**
 * Dates those who join the line. A look at the clock takes as long as the rest of joining does; so where more than 5,000
 * join in a second, up to sixteen share a moment. It ends with the next look, and with the turn of the event loop.
 * Deadlines count from its end: they may be late by so much, but never early.
 */
export class JoinDates {
  readonly #clock: Clock;
  readonly #looks: WindowBudget;
  #open: Moment | undefined = undefined;
  /** How many more may share it. */
  #room = 0;
  #endsWithTurn = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#looks = new WindowBudget(clock);
  }

  /** A moment of one's own. */
  exact(): Moment {
    const now = this.#clock.now();
    this.#endAt(now);
    return new Moment(now, now);
  }

  /** For one whose deadline comes after everybody else's: it need not be known yet. */
  shared(): Moment {
    const open = this.#open;
    if (open === undefined || this.#room === 0) return this.#looks.spend() ? this.exact() : this.#begin();
    this.#room -= 1;
    return open;
  }

  /** From now on every `latest` is known. */
  end(): void {
    if (this.#open !== undefined) this.#endAt(this.#clock.now());
  }

  #begin(): Moment {
    const now = this.#clock.now();
    this.#endAt(now);
    const moment = new Moment(now, Infinity);
    this.#open = moment;
    this.#room = MOST - 1;
    if (!this.#endsWithTurn) {
      this.#endsWithTurn = true;
      this.#clock.afterIo(() => {
        this.#endsWithTurn = false;
        this.end();
      });
    }
    return moment;
  }

  #endAt(now: number): void {
    if (this.#open !== undefined) this.#open.latest = now;
    this.#open = undefined;
  }
}
