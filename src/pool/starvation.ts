import { outward } from './pool-scope.ts';
import type { PoolScope } from './pool-scope.ts';

/** Who holds a connection or waits for one: a session, and the scope it works in. */
export interface Task {
  readonly owner?: object | undefined;
  readonly scope?: PoolScope | undefined;
}

/** A task that holds a connection. */
export interface HoldingTask extends Task {
  /** A statement runs: it will come back, whoever else waits. */
  readonly isRunning: boolean;
  /** It had an owner, which may be gone by now. */
  readonly isOwned: boolean;
}

/**
 * The tasks that wait for a connection, counted, so that it can be told whether a holder waits for another one.
 *
 * Where both sides have an owner, that alone decides: two sessions of one request are two tasks. The exception is the
 * session that a scope has for itself, which is held for as long as anything in the scope goes on. Otherwise a
 * connection waits when somebody waits in the scope in which it was taken, or in one inside that. So pieces of work that
 * run side by side, each taking a connection in the same scope, look like one that takes two: `use()` and `withScope`
 * give each a scope of its own.
 */
export class WaitingTasks {
  readonly #owners = new Map<object, number>();
  /** By scope: how many wait in it or inside it. */
  readonly #scopes = new Map<object, number>();
  /** The same, of those without an owner. */
  readonly #ownerless = new Map<object, number>();

  static of(tasks: Iterable<Task>): WaitingTasks {
    const waiting = new WaitingTasks();
    for (const task of tasks) waiting.add(task);
    return waiting;
  }

  add(task: Task): void {
    this.#count(task, 1);
  }

  /** Takes out one that was added. */
  remove(task: Task): void {
    this.#count(task, -1);
  }

  /** Whether this connection's holder waits for another one, and does nothing else. */
  includes({ owner, scope, isRunning, isOwned }: HoldingTask): boolean {
    if (isRunning) return false;
    if (owner === undefined) return !isOwned && scope !== undefined && this.#scopes.has(scope);
    if (this.#owners.has(owner) || (scope !== undefined && this.#ownerless.has(scope))) return true;
    const own = scopeOf(owner, scope);
    return own !== undefined && this.#scopes.has(own);
  }

  includesAny(holding: Iterable<HoldingTask>): boolean {
    for (const each of holding) if (this.includes(each)) return true;
    return false;
  }

  #count({ owner, scope }: Task, by: 1 | -1): void {
    if (owner !== undefined) count(this.#owners, owner, by);
    for (const each of outward(scope)) {
      count(this.#scopes, each, by);
      if (owner === undefined) count(this.#ownerless, each, by);
    }
  }
}

/** Whatever connects waiters with these holders: those that share none of it wait for nothing of their own. */
export function tiesOf(holding: Iterable<Task>): Set<object> {
  const ties = new Set<object>();
  for (const { owner, scope } of holding) {
    if (owner !== undefined) ties.add(owner);
    if (scope !== undefined) ties.add(scope);
    const own = scopeOf(owner, scope);
    if (own !== undefined) ties.add(own);
  }
  return ties;
}

export function isTied({ owner, scope }: Task, ties: ReadonlySet<object>): boolean {
  if (owner !== undefined && ties.has(owner)) return true;
  for (const each of outward(scope)) if (ties.has(each)) return true;
  return false;
}

/** The scope that has this session for itself. */
function scopeOf(owner: object | undefined, scope: PoolScope | undefined): PoolScope | undefined {
  if (owner === undefined) return undefined;
  for (const each of outward(scope)) if (each.owner === owner) return each;
  return undefined;
}

function count(counts: Map<object, number>, key: object, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
