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
    const ms = Math.max(0, now - beginOf(entry));
    const { count, oldestMs } = errands.get(kind) ?? { count: 0, oldestMs: 0 };
    errands.set(kind, { kind, count: count + 1, oldestMs: Math.max(oldestMs, ms) });
  }
  return [...errands.values()];
}

function beginOf<C>({ state, startedAt, checkedSince, inHandSince }: PoolEntry<C>): number {
  if (state === 'checking') return checkedSince;
  return state === 'connecting' || state === 'abandoned' ? startedAt : inHandSince;
}
