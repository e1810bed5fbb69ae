import type { PoolTimeoutReport } from '../errors/pool-errors.ts';
import type { PoolHolder, PoolStatus, PoolWaiters } from '../errors/pool-report.ts';
import type { PoolStock } from './pool-stock.ts';
import { countHeldByWaiting } from './starvation.ts';
import type { Task } from './starvation.ts';
import { judgeTimeout } from './verdict.ts';
import type { LabelCap } from './verdict.ts';

/** How many waiters are looked at: reports stay cheap in a long line. */
const MOST_WAITERS = 1_000;

/** What a pool can tell about the moment at which checkouts time out. */
export interface ReportedPool<C> {
  readonly settings: { readonly kind: string; readonly options: { readonly name: string } };
  readonly stock: PoolStock<C>;
  readonly line: Iterable<InLine>;
}

/** Its numbers, as it gives them itself. */
export interface ReportedNumbers {
  status(): PoolStatus;
  readonly isSuspended: boolean;
  holders(): PoolHolder[];
  loans(): Iterable<{ readonly loan: Task }>;
}

/** What matters of a waiter here. */
interface InLine extends Task {
  readonly label: string | undefined;
}

/** How a wait went. */
export interface WaitCourse {
  readonly waitedMs: number;
  /** How much later than due the timer fired, milliseconds. */
  readonly lateMs: number;
  /** For how long of the wait the event loop stood still, milliseconds. */
  readonly blockedMs: number;
  /** Of the caller's label, when that is what held it back. */
  readonly cap: LabelCap | undefined;
}

export function reportTimeout<C>(
  { settings, stock, line }: ReportedPool<C>,
  numbers: ReportedNumbers,
  course: WaitCourse,
): PoolTimeoutReport {
  const { roster, connects, now } = stock;
  const status = numbers.status();
  const holders = numbers.holders();
  const oldestConnectMs = roster.oldestConnectMs(now);
  const holdersWaiting = countHeldByWaiting(numbers.loans(), line);
  const connectFailures = connects.failures(now);
  const { isSuspended } = numbers;
  const verdict = judgeTimeout({
    ...course,
    isSuspended,
    status,
    holders,
    holdersWaiting,
    connectFailures,
    oldestConnectMs,
  });
  const cause = verdict.cause === 'database down' ? connectFailures?.error : undefined;
  const { kind, options } = settings;
  return { kind, name: options.name, status, holders, waiters: byLabel(line), verdict, cause };
}

/** Most first. */
function byLabel(waiters: Iterable<InLine>): PoolWaiters[] {
  const counts = new Map<string | undefined, number>();
  let looked = 0;
  for (const { label } of waiters) {
    if (++looked > MOST_WAITERS) break;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count);
}
