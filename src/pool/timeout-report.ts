import type { PoolTimeoutReport } from '../errors/pool-errors.ts';
import type { PoolWaiters } from '../errors/pool-report.ts';
import type { PoolRoster } from './pool-roster.ts';
import type { PoolStock } from './pool-stock.ts';
import { judgeTimeout } from './verdict.ts';

/** How many waiters are looked at: reports stay cheap in a long line. */
const MOST_WAITERS = 1_000;

/** What a pool can tell about the moment at which checkouts time out. */
export interface TimeoutMoment<C> {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly course: WaitCourse;
  readonly stock: PoolStock<C>;
  readonly waiters: Iterable<InLine> & { readonly length: number };
}

/** What matters of a waiter here. */
interface InLine {
  readonly owner: object | undefined;
  readonly label: string | undefined;
}

/** How a wait went. */
export interface WaitCourse {
  readonly waitedMs: number;
  /** How much later than due the timer fired, milliseconds. */
  readonly lateMs: number;
  /** For how long of the wait the event loop stood still, milliseconds. */
  readonly blockedMs: number;
}

export function reportTimeout<C>(moment: TimeoutMoment<C>): PoolTimeoutReport {
  const { kind, name, waiters, course } = moment;
  const { roster, connects, now } = moment.stock;
  const status = roster.status(moment.size, waiters.length);
  const holders = roster.holders(now);
  const oldestConnectMs = oldestConnect(roster, now);
  const holdersWaiting = countHoldersWaiting(roster, waiters);
  const connectFailures = connects.failures(now);
  const verdict = judgeTimeout({ ...course, status, holders, holdersWaiting, connectFailures, oldestConnectMs });
  const cause = verdict.cause === 'database down' ? connectFailures?.error : undefined;
  return { kind, name, status, holders, waiters: byLabel(waiters), verdict, cause };
}

function oldestConnect<C>(roster: PoolRoster<C>, now: number): number | undefined {
  let oldest: number | undefined;
  for (const entry of roster) {
    if (entry.state === 'connecting') oldest = Math.max(oldest ?? 0, now - entry.startedAt);
  }
  return oldest;
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

/** Connections whose owner stands in line for another one. */
function countHoldersWaiting<C>(roster: PoolRoster<C>, waiters: Iterable<InLine>): number {
  const held = new Map<object, number>();
  for (const { loan } of roster) {
    const owner = loan?.owner;
    if (owner !== undefined) held.set(owner, (held.get(owner) ?? 0) + 1);
  }
  let total = 0;
  let looked = 0;
  for (const { owner } of waiters) {
    if (held.size === 0 || ++looked > MOST_WAITERS) break;
    if (owner === undefined) continue;
    total += held.get(owner) ?? 0;
    held.delete(owner);
  }
  return total;
}
