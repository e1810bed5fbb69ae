import { seconds } from '../errors/pool-report.ts';
import type { PoolHolder, PoolStatus, PoolVerdict } from '../errors/pool-report.ts';

/** All that the judgement rests on. */
export interface TimeoutEvidence {
  readonly status: PoolStatus;
  readonly holders: readonly PoolHolder[];
  readonly waitedMs: number;
  /** How much later than due the timer fired, milliseconds. */
  readonly lateMs: number;
  /** For how long of the wait the event loop stood still, as far as that was noticed, milliseconds. */
  readonly blockedMs: number;
  /** Of the caller's label, when that is what held it back. */
  readonly cap: LabelCap | undefined;
  /** The pool was told to lend nothing for now. */
  readonly isSuspended: boolean;
  /** Holders whose owner waits for another connection. */
  readonly holdersWaiting: number;
  /** Connects that failed one after the other, up to now. */
  readonly connectFailures: ConnectFailures | undefined;
  /** How long the oldest of the connects under way has taken so far, milliseconds. */
  readonly oldestConnectMs: number | undefined;
}

/** The most connections that work of one label may have. */
export interface LabelCap {
  readonly label: string;
  readonly most: number;
}

export interface ConnectFailures {
  readonly count: number;
  /** Since the last one, milliseconds. */
  readonly lastMs: number;
  readonly error: unknown;
}

const SURELY_BLOCKED_MS = 1_000;
const MOST_GROUPS = 3;

/** Which of the five causes a timeout looks like. Pure. */
export function judgeTimeout(evidence: TimeoutEvidence): PoolVerdict {
  return (
    heldUp(evidence) ??
    databaseDown(evidence) ??
    blockedLoop(evidence) ??
    selfStarvation(evidence) ??
    leak(evidence) ??
    overload(evidence)
  );
}

/** What the program itself has asked for. */
function heldUp({ isSuspended, cap }: TimeoutEvidence): PoolVerdict | undefined {
  if (isSuspended) return { cause: 'overload', evidence: 'the pool is suspended, and lends nothing until resume()' };
  if (cap === undefined) return undefined;
  const evidence = `${cap.label} had ${count(cap.most, 'connection')}, all that maxPerLabel allows it`;
  return { cause: 'overload', evidence };
}

function databaseDown({
  connectFailures,
  oldestConnectMs,
  waitedMs,
  status,
}: TimeoutEvidence): PoolVerdict | undefined {
  if (connectFailures !== undefined && connectFailures.lastMs <= waitedMs) {
    const times =
      connectFailures.count === 1
        ? 'the last attempt to connect'
        : `the last ${connectFailures.count} attempts to connect`;
    return {
      cause: 'database down',
      evidence: `${times} failed, most recently ${seconds(connectFailures.lastMs)} ago: ${textOf(connectFailures.error)}`,
    };
  }
  if (oldestConnectMs === undefined) return undefined;
  // Where nobody has a connection there is nothing else to wait for, however young the attempts are.
  if (oldestConnectMs < waitedMs / 2 && status.checkedOut > 0) return undefined;
  return {
    cause: 'database down',
    evidence: `${count(status.connecting, 'attempt')} to connect still without an answer, the oldest after ${seconds(oldestConnectMs)}`,
  };
}

function blockedLoop({ lateMs, blockedMs, waitedMs }: TimeoutEvidence): PoolVerdict | undefined {
  const cause = 'blocked event loop';
  if (lateMs >= SURELY_BLOCKED_MS || lateMs >= Math.max(20, waitedMs / 4)) {
    const evidence = `the timer of this checkout fired ${seconds(lateMs)} late, so for that long nothing could be released either`;
    return { cause, evidence };
  }
  if (blockedMs === 0 || blockedMs < waitedMs / 2) return undefined;
  const evidence = `the event loop stood still for ${seconds(blockedMs)} of this wait, so for that long nothing could be released`;
  return { cause, evidence };
}

function selfStarvation({ holders, holdersWaiting }: TimeoutEvidence): PoolVerdict | undefined {
  if (holdersWaiting === 0 || holdersWaiting * 2 < holders.length) return undefined;
  const evidence = `${holdersWaiting} of ${holders.length} connections are held by tasks that are themselves waiting here for another one`;
  return { cause: 'self-starvation', evidence };
}

function leak({ holders, waitedMs }: TimeoutEvidence): PoolVerdict | undefined {
  const idle = holders.filter((holder) => !holder.isRunning && idleFor(holder) >= waitedMs / 2);
  if (idle.length === 0 || idle.length * 2 < holders.length) return undefined;
  const least = Math.min(...idle.map(idleFor));
  const evidence = `${idle.length} of ${holders.length} connections ${idle.length === 1 ? 'has' : 'have'} been ${idleness(idle)} for ${seconds(least)} or more${takenBy(idle)}`;
  return { cause: 'leak', evidence };
}

function overload({ status, holders, waitedMs }: TimeoutEvidence): PoolVerdict {
  const running = holders.filter((holder) => holder.isRunning).length;
  const recent = holders.filter((holder) => !holder.isRunning && idleFor(holder) < waitedMs / 2).length;
  const evidence = `of ${count(status.checkedOut, 'connection')} checked out, ${running} at work now and ${recent} a moment ago, for ${count(status.waiting, 'caller')} in line`;
  return { cause: 'overload', evidence };
}

/** A holder that ran nothing yet has been idle since it came. */
function idleFor(holder: PoolHolder): number {
  return holder.idleMs ?? holder.heldMs;
}

function idleness(idle: readonly PoolHolder[]): string {
  const open = idle.filter((holder) => holder.inTransaction).length;
  if (open === idle.length) return 'idle in transaction';
  return open === 0 ? 'idle' : `idle (${open} in transaction)`;
}

/** `; 15 were taken by GET /leak at examples/leak.ts:12:3`, largest group first. */
function takenBy(idle: readonly PoolHolder[]): string {
  const groups = new Map<string, number>();
  for (const { label, line } of idle) {
    const origin = [label === undefined ? '' : ` by ${label}`, line === undefined ? '' : ` at ${line}`].join('');
    if (origin !== '') groups.set(origin, (groups.get(origin) ?? 0) + 1);
  }
  const largest = [...groups].sort((a, b) => b[1] - a[1]).slice(0, MOST_GROUPS);
  return largest.map(([origin, taken]) => `; ${taken} ${taken === 1 ? 'was' : 'were'} taken${origin}`).join('');
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

/** Node's own connect errors are an empty `AggregateError` around one for each address. */
function textOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(textOf).join(', ');
  return String(error);
}
