import type { PoolUsage } from './pool.ts';

interface Labelled {
  readonly label: string | undefined;
}

/** Who has how much of a pool and wants more of it, by label. */
export function usageByLabel(
  loans: Iterable<{ readonly loan: Labelled & { readonly takenAt: number } }>,
  waiters: Iterable<Labelled>,
  now: number,
): PoolUsage[] {
  const usages = new Map<string | undefined, PoolUsage>();
  const of = (label: string | undefined): PoolUsage =>
    usages.get(label) ?? { label, held: 0, waiting: 0, oldestHeldMs: undefined };
  for (const { loan } of loans) {
    const usage = of(loan.label);
    const oldestHeldMs = Math.max(usage.oldestHeldMs ?? 0, now - loan.takenAt);
    usages.set(loan.label, { ...usage, held: usage.held + 1, oldestHeldMs });
  }
  for (const { label } of waiters) {
    const usage = of(label);
    usages.set(label, { ...usage, waiting: usage.waiting + 1 });
  }
  return [...usages.values()].sort((a, b) => b.held - a.held || b.waiting - a.waiting);
}
