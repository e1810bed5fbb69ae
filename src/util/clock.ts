import { performance } from 'node:perf_hooks';

/** Stops a timer. Harmless after it fired. */
export type CancelTimer = () => void;

/** Where time comes from. Everything that waits takes one, so that tests own the time. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970, for people and for other machines. */
  wallNow(): number;
  /** Calls `fire` once, after at least `ms` milliseconds. The process stays alive for it. */
  setTimer(ms: number, fire: () => void): CancelTimer;
  /** The same, but the process may end before it fires. */
  setBackgroundTimer(ms: number, fire: () => void): CancelTimer;
  /** Calls `run` once, after the input and output that has already arrived was handled. */
  afterIo(run: () => void): void;
}

/** The longest delay that Node's timers know; longer ones fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

function startTimer(ms: number, fire: () => void): NodeJS.Timeout {
  return setTimeout(fire, Math.min(Math.ceil(ms), LONGEST_TIMER_MS));
}

/** The time of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(ms, fire) {
    const timer = startTimer(ms, fire);
    return () => clearTimeout(timer);
  },
  setBackgroundTimer(ms, fire) {
    const timer = startTimer(ms, fire).unref();
    return () => clearTimeout(timer);
  },
  afterIo(run) {
    setImmediate(run);
  },
};
