import type { PoolHolder } from '../errors/pool-report.ts';

/** Less than this between two statements is how programs work, milliseconds. */
const PAUSE_MS = 100;
/** A wait that is shorter tells nothing about anybody, milliseconds. */
const TELLING_MS = 25;

/** Holders by what they do, each in one place. */
export interface HolderCensus {
  readonly all: readonly PoolHolder[];
  /** A statement runs. */
  readonly running: readonly PoolHolder[];
  /** Their task waits here for another connection. */
  readonly waiting: readonly PoolHolder[];
  /** Idle for long. */
  readonly idle: readonly PoolHolder[];
  /** Between two statements, as far as one can tell. */
  readonly recent: readonly PoolHolder[];
}

/** A time in which holders could have given back what they have. */
export interface Patience {
  /** How long somebody has waited for them, milliseconds. */
  readonly waitedMs: number;
  /** For how long of that nobody could do anything, milliseconds. */
  readonly blockedMs: number;
}

/** @param waiting - those of the holders whose task waits. */
export function takeCensus(
  all: readonly PoolHolder[],
  waiting: ReadonlySet<PoolHolder>,
  patience: Patience,
): HolderCensus {
  const running = all.filter((holder) => holder.isRunning);
  const others = all.filter((holder) => !holder.isRunning && !waiting.has(holder));
  const idle = others.filter((holder) => isIdleForLong(holder, patience));
  const recent = others.filter((holder) => !isIdleForLong(holder, patience));
  return { all, running, waiting: all.filter((holder) => !holder.isRunning && waiting.has(holder)), idle, recent };
}

/** Idle for half of the time that somebody has waited, or more, and not just between two statements. */
export function isIdleForLong(holder: PoolHolder, { waitedMs, blockedMs }: Patience): boolean {
  return !holder.isRunning && idleFor(holder) - blockedMs >= enough(waitedMs - blockedMs);
}

/** How long is long beside such a wait, milliseconds: half of it, all of a short one, and never a mere pause of a very short one. */
export function enough(waitedMs: number): number {
  const least = waitedMs < TELLING_MS ? PAUSE_MS : Math.min(waitedMs, PAUSE_MS);
  return Math.max(waitedMs / 2, least);
}

/** A holder that ran nothing yet has been idle since it came. */
export function idleFor(holder: PoolHolder): number {
  return holder.idleMs ?? holder.heldMs;
}
