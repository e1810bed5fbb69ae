import type { PoolWaiters } from '../errors/pool-report.ts';
import type { CallSite } from '../util/call-site.ts';

/** To put a captured line into words takes many times longer than all the rest. */
const MOST_LINES = 200;

/** What is told of a caller in line. */
export interface InLine {
  readonly label: string | undefined;
  readonly callSite: CallSite | undefined;
}

/** Puts callers together that have the same label and ask at the same line, most first. */
export function groupWaiters(waiters: Iterable<InLine>): PoolWaiters[] {
  const groups = new Map<string | undefined, Map<string | undefined, number>>();
  let read = 0;
  for (const { label, callSite } of waiters) {
    const line = callSite !== undefined && ++read <= MOST_LINES ? lineOf(callSite) : undefined;
    const byLine = groups.get(label) ?? new Map<string | undefined, number>();
    groups.set(label, byLine.set(line, (byLine.get(line) ?? 0) + 1));
  }
  const all = [...groups].flatMap(([label, byLine]) => [...byLine].map(([line, count]) => ({ label, count, line })));
  return all.sort((a, b) => b.count - a.count);
}

/** The line of a call site, which may be the program's own object: one that fails to say is like none. */
export function lineOf(callSite: CallSite | undefined): string | undefined {
  try {
    const line: unknown = callSite?.line;
    return typeof line === 'string' ? line : undefined;
  } catch {
    return undefined;
  }
}
