/** Counts, all in connections but `waiting`, which is in callers. */
export interface PoolStatus {
  /** The kept size, `poolSize`. */
  readonly size: number;
  /** Idle in the pool. */
  readonly checkedIn: number;
  /** Lent to somebody, or being made ready for or after somebody. */
  readonly checkedOut: number;
  /** Physical connections above `size`; 0 while there are no more than `size`. */
  readonly overflow: number;
  readonly waiting: number;
  /** Connections being opened now. */
  readonly connecting: number;
}

/** One lent connection, as it is now. */
export interface PoolHolder {
  readonly label: string | undefined;
  /** How long it has been out, milliseconds. */
  readonly heldMs: number;
  /** Since its last statement ended, milliseconds; 0 while one runs; undefined when none ran yet. */
  readonly idleMs: number | undefined;
  /** True while a statement runs. */
  readonly isRunning: boolean;
  readonly inTransaction: boolean;
  /** The last statement's text, without values. */
  readonly lastStatement: string | undefined;
  /** The program's line that took it. */
  readonly line: string | undefined;
}

/** One caller in line, as it is now. */
export interface PoolWaiting {
  readonly label: string | undefined;
  /** How long it has stood in line, milliseconds. */
  readonly waitedMs: number;
  /** How long it is ready to stand there, milliseconds. */
  readonly timeoutMs: number;
  /** The program's line that asks. */
  readonly line: string | undefined;
}

/** Callers in line that have the same label and ask at the same line. */
export interface PoolWaiters {
  readonly label: string | undefined;
  readonly count: number;
  /** The program's line that asks, where it was captured; in a long line only of the first two hundred. */
  readonly line: string | undefined;
}

/** What a pool does by itself with connections that nobody holds, each of which has a place all the same. */
export type PoolErrandKind = 'connecting' | 'given up' | 'tested' | 'reset' | 'closed';

/** Connections on which the pool does the same thing now. */
export interface PoolErrand {
  readonly kind: PoolErrandKind;
  readonly count: number;
  /** How long the longest of them has taken so far, milliseconds. */
  readonly oldestMs: number;
}

/** The five things that a checkout which timed out can mean. */
export type PoolTimeoutCause = 'overload' | 'leak' | 'self-starvation' | 'database down' | 'blocked event loop';

/** What a timed-out checkout looks like, and why the pool thinks so. */
export interface PoolVerdict {
  readonly cause: PoolTimeoutCause;
  /** One sentence with the numbers. */
  readonly evidence: string;
}

const CURES: Record<PoolTimeoutCause, string> = {
  overload: 'Make transactions shorter, let fewer tasks run at once, or raise `size` and `maxOverflow`.',
  leak: 'Give each connection back: use `await using`, or release it or remove its session in a `finally`, at the lines named above.',
  'self-starvation':
    'Do all of one task’s work on the connection it already has, or take what it needs before the first.',
  'database down': 'See the cause; check that the database runs, and its address, credentials and connection limit.',
  'blocked event loop': 'Find the synchronous work that kept the event loop busy, and split it or move it to a worker.',
};

/** What to do about a verdict. */
export function cureFor(verdict: PoolVerdict): string {
  return CURES[verdict.cause];
}

/** 1234 → `1.2 s`; 50 → `50 ms`. */
export function seconds(ms: number): string {
  return ms > 0 && ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1 connection is being tested, for 0.3 s so far`; `4 attempts to connect are under way, the oldest for 0.2 s`. */
export function describeErrand({ kind, count, oldestMs }: PoolErrand): string {
  const isOne = count === 1;
  const time = isOne ? `for ${seconds(oldestMs)} so far` : `the oldest for ${seconds(oldestMs)}`;
  if (kind === 'connecting')
    return `${isOne ? '1 attempt to connect is' : `${count} attempts to connect are`} under way, ${time}`;
  if (kind === 'given up')
    return `${isOne ? '1 attempt to connect that was given up has' : `${count} attempts to connect that were given up have`} not ended, ${time}`;
  return `${isOne ? '1 connection is' : `${count} connections are`} being ${kind}, ${time}`;
}

/** `15 checked out, 0 idle, 0 connecting, 3 waiting`. */
export function describeCounts(status: PoolStatus): string {
  return `${status.checkedOut} checked out, ${status.checkedIn} idle, ${status.connecting} connecting, ${status.waiting} waiting`;
}
