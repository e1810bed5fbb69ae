import type { CancelTimer, Clock } from '../../src/util/clock.ts';

interface ManualTimer {
  readonly at: number;
  readonly order: number;
  readonly isBackground: boolean;
  readonly fire: () => void;
}

/** Lets every promise that is ready run, and what those make ready. Takes no time on any clock. */
export async function settle(rounds = 40): Promise<void> {
  for (let i = 0; i < rounds; i++) await undefined;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 1_000;
  #wallOffset = 0;
  #order = 0;
  readonly #timers = new Set<ManualTimer>();
  #turn: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return Date.UTC(2030, 0, 1) + this.#now + this.#wallOffset;
  }

  setTimer(ms: number, fire: () => void): CancelTimer {
    return this.#start(ms, fire, false);
  }

  setBackgroundTimer(ms: number, fire: () => void): CancelTimer {
    return this.#start(ms, fire, true);
  }

  afterIo(run: () => void): void {
    this.#turn.push(run);
  }

  /** Timers that keep a process alive. */
  get timerCount(): number {
    return [...this.#timers].filter((timer) => !timer.isBackground).length;
  }

  /** Moves on by `ms`, firing each timer at its time, in order, with everything they set off. */
  async advance(ms: number): Promise<void> {
    await this.turn();
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at);
      await this.#fireAllDue();
      await this.turn();
    }
    this.#now = end;
  }

  /** Time passes while the program is too busy to notice: timers fire late, and nothing else runs before them. */
  block(ms: number): void {
    this.#now += ms;
    for (let timer = this.#next(this.#now); timer !== undefined; timer = this.#next(this.#now)) this.#fire(timer);
  }

  /** Time passes while the process stands still; whatever comes next comes before the timers that are late. */
  freeze(ms: number): void {
    this.#now += ms;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#wallOffset += ms;
  }

  /** One turn of the event loop: promises, then what `afterIo` put off, then promises. */
  async turn(): Promise<void> {
    await settle();
    while (this.#turn.length > 0) {
      const turn = this.#turn;
      this.#turn = [];
      for (const run of turn) run();
      await settle();
    }
  }

  /** Timers of one instant share a turn, as they do in Node. */
  async #fireAllDue(): Promise<void> {
    for (let timer = this.#next(this.#now); timer !== undefined; timer = this.#next(this.#now)) {
      this.#fire(timer);
      await settle();
    }
  }

  #start(ms: number, fire: () => void, isBackground: boolean): CancelTimer {
    const timer = { at: this.#now + Math.max(ms, 0), order: this.#order++, isBackground, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(end: number): ManualTimer | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= end);
    return due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  #fire(timer: ManualTimer): void {
    this.#timers.delete(timer);
    timer.fire();
  }
}
