import { seconds } from '../errors/pool-report.ts';
import type { PoolStock } from './pool-stock.ts';
import { LATE_MS } from './supply.ts';
import { describeFailures, pastOutage } from './verdict.ts';

/** What is known against the database in a wait of so long: connects that failed, or had no answer for a second. */
export function databaseTrouble<C>({ connects, roster, now }: PoolStock<C>, waitedMs: number): string | undefined {
  const failures = connects.failures(now);
  if (failures !== undefined) return describeFailures(failures);
  const [outage] = pastOutage({ pastFailures: connects.pastFailures(now), waitedMs });
  if (outage !== undefined) return outage;
  const oldestMs = roster.oldestConnectMs(now) ?? 0;
  if (oldestMs < LATE_MS) return undefined;
  const count = roster.count('connecting');
  const attempts = count === 1 ? '1 attempt to connect was' : `${count} attempts to connect were`;
  return `${attempts} without an answer, the oldest for ${seconds(oldestMs)}`;
}
