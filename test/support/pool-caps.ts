import type { Rest } from './known-pool.ts';
import type { ScheduleShape } from './pool-actions.ts';

type Caps = ScheduleShape['maxPerLabel'];
type Label = string | undefined;

/** How many connections work of that label may have. */
export function capOf(caps: Caps, label: Label): number {
  if (label === undefined) return Infinity;
  return typeof caps === 'number' ? caps : (caps[label] ?? Infinity);
}

/** Whether no label has more connections than it may. */
export function areCapsKept(caps: Caps, { holding }: Rest): boolean {
  const held = countByLabel(holding.map(({ label }) => label));
  return [...held].every(([label, count]) => count <= capOf(caps, label));
}

/** How many of those who wait may have a connection as far as their label goes: the others are held back. */
export function countEligible(caps: Caps, { holding, pending }: Rest): number {
  const held = countByLabel(holding.map(({ label }) => label));
  const waiting = countByLabel(pending.map(({ label }) => label));
  let eligible = 0;
  for (const [label, count] of waiting) eligible += Math.min(count, capOf(caps, label) - (held.get(label) ?? 0));
  return eligible;
}

function countByLabel(labels: readonly Label[]): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
