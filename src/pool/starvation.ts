import { outward } from './pool-scope.ts';
import type { PoolScope } from './pool-scope.ts';

/** How many waiters are looked at: reports stay cheap in a long line. */
const MOST_WAITERS = 1_000;

/** Who holds a connection or waits for one: a session, and the scope it works in. */
export interface Task {
  readonly owner?: object | undefined;
  readonly scope?: PoolScope | undefined;
}

/** Loans whose task stands in line for another connection. */
export function countHeldByWaiting(loans: Iterable<{ readonly loan: Task }>, waiters: Iterable<Task>): number {
  const held = [...loans].filter(({ loan }) => (loan.owner ?? loan.scope) !== undefined);
  if (held.length === 0) return 0;
  const waiting = tasksOf(waiters);
  return held.filter(({ loan }) => isAmong(loan, waiting)).length;
}

/** Whether this caller waits for what its own task keeps, in part at least. */
export function mayStarve(waiter: Task, loans: Iterable<{ readonly loan: Task }>): boolean {
  const waiting = tasksOf([waiter]);
  for (const { loan } of loans) if (isAmong(loan, waiting)) return true;
  return false;
}

function isAmong({ owner, scope }: Task, tasks: ReadonlySet<object>): boolean {
  return (owner !== undefined && tasks.has(owner)) || (scope !== undefined && tasks.has(scope));
}

/** Owners and scopes; a scope waits when one inside it does. */
function tasksOf(waiters: Iterable<Task>): Set<object> {
  const tasks = new Set<object>();
  let looked = 0;
  for (const { owner, scope } of waiters) {
    if (++looked > MOST_WAITERS) break;
    if (owner !== undefined) tasks.add(owner);
    for (const each of outward(scope)) tasks.add(each);
  }
  return tasks;
}
