import type { KnownPool, Rest } from './known-pool.ts';

/** What the totals say of checkouts that is not what became of them. */
export function checkoutFaults(known: KnownPool, rest: Rest): Record<string, boolean> {
  const { totals, pending } = rest;
  const { direct, waited, timedOut, aborted, refused, failed, started } = totals;
  const seen = countOutcomes(known);
  const ends = { served: direct + waited, timedOut, aborted, refused, failed, unknown: 0 };
  const ended = direct + waited + timedOut + aborted + refused + failed;
  return {
    'a checkout is not among those that were started': started !== known.asked.length,
    'those who wait are not what is missing from the ends': started - ended !== pending.length,
    'the totals are not what became of the checkouts': Object.entries(ends).some(
      ([outcome, count]) => count !== (seen.get(outcome) ?? 0),
    ),
    'fewer were served directly than at once without a line':
      direct < known.asked.filter((each) => each.isDirect).length,
    'more were served directly than at once': direct > known.asked.filter((each) => each.isLentAtOnce).length,
  };
}

/** What the totals say of connections that the connector does not. */
export function connectionFaults(
  { connector, detached }: KnownPool,
  { status, totals }: Rest,
): Record<string, boolean> {
  const { opened, closed } = totals;
  const inPool = status.checkedIn + status.checkedOut + connector.closing.size;
  return {
    'opened is not what the connector opened': opened !== connector.connections.length - connector.preparing,
    'closed is not what the connector closed': closed !== connector.connections.length - connector.open,
    'detached is not what was detached': totals.detached !== detached.size,
    'a connection is neither closed nor detached nor with the pool': opened !== closed + totals.detached + inPool,
    'failed connects are not what the connector failed': totals.connectsFailed !== connector.failures,
  };
}

function countOutcomes({ asked }: KnownPool): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of asked) if (outcome !== undefined) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}
