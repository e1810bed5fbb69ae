import type { PoolErrand, PoolErrandKind } from '../errors/pool-report.ts';
import type { EntryState, PoolEntry } from './pool-entry.ts';

const KINDS: Partial<Record<EntryState, PoolErrandKind>> = {
  connecting: 'connecting',
  abandoned: 'given up',
  checking: 'tested',
  resetting: 'reset',
  closing: 'closed',
};

/** What the pool does with connections that nobody holds, in the order of their coming. */
export function errandsOf<C>(entries: Iterable<PoolEntry<C>>, now: number): PoolErrand[] {
  const errands = new Map<PoolErrandKind, PoolErrand>();
  for (const entry of entries) {
    const kind = KINDS[entry.state];
    if (kind === undefined) continue;
    const isConnect = kind === 'connecting' || kind === 'given up';
    const ms = Math.max(0, now - (isConnect ? entry.startedAt : entry.inHandSince));
    const { count, oldestMs } = errands.get(kind) ?? { count: 0, oldestMs: 0 };
    errands.set(kind, { kind, count: count + 1, oldestMs: Math.max(oldestMs, ms) });
  }
  return [...errands.values()];
}
