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
 * The tasks that wait for a connection, so that it can be told whether a holder waits for another one.
 *
 * Where both sides have an owner, that alone decides: two sessions of one request are two tasks. The exception is the
 * session that a scope has for itself, which is held for as long as anything in the scope goes on. Otherwise a
 * connection waits when somebody waits in the scope in which it was taken, or in one inside that, who asked when the
 * holder had it already. So pieces of work that run side by side and begin together are told apart; those that begin
 * later, each taking a connection in the same scope, look like one that takes two. `use()` and `withScope` give each a
 * scope of its own.
 */
export class WaitingTasks {
  readonly #owners = new Map<object, number>();
  /** By scope: who waits in it or inside it. */
  readonly #scopes = new Map<object, Set<Task>>();
  readonly #askedAt = new Map<Task, number>();
  #moment = 0;

  /** @param askedAt - on the scale on which `includes` is told since when somebody holds; default: after all there was. */
  add(task: Task, askedAt = this.nextMoment()): void {
    const { owner, scope } = task;
    this.#askedAt.set(task, askedAt);
    if (owner !== undefined) this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1);
    for (const each of outward(scope)) this.#scopes.set(each, (this.#scopes.get(each) ?? new Set()).add(task));
  }

  /** Takes out one that was added. */
  remove(task: Task): void {
    const { owner, scope } = task;
    this.#askedAt.delete(task);
    if (owner !== undefined) this.#forgetOwner(owner);
    for (const each of outward(scope)) {
      const inside = this.#scopes.get(each);
      inside?.delete(task);
      if (inside?.size === 0) this.#scopes.delete(each);
    }
  }

  /** A moment after all there were. */
  nextMoment(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** When this one asked. */
  momentOf(task: Task): number {
    return this.#askedAt.get(task) ?? Infinity;
  }

  /** Whether this connection's holder, who has had it since that moment, waits for another one and does nothing else. */
  includes({ owner, scope, isRunning, isOwned }: HoldingTask, heldSince: number): boolean {
    if (isRunning) return false;
    if (owner === undefined) return !isOwned && this.#isAskedIn(scope, { since: heldSince, isOwnerless: false });
    if (this.#owners.has(owner) || this.#isAskedIn(scope, { since: heldSince, isOwnerless: true })) return true;
    return this.#isAskedIn(scopeOf(owner, scope), { since: -Infinity, isOwnerless: false });
  }

  #isAskedIn(scope: PoolScope | undefined, { since, isOwnerless }: { since: number; isOwnerless: boolean }): boolean {
    const inside = scope === undefined ? undefined : this.#scopes.get(scope);
    for (const task of inside ?? [])
      if (this.momentOf(task) >= since && !(isOwnerless && task.owner !== undefined)) return true;
    return false;
  }

  #forgetOwner(owner: object): void {
    const waiting = (this.#owners.get(owner) ?? 0) - 1;
    if (waiting > 0) this.#owners.set(owner, waiting);
    else this.#owners.delete(owner);
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
  // By hand: a long line is looked through so.
  for (let each = scope; each !== undefined; each = each.parent) if (ties.has(each)) return true;
  return false;
}

/** The scope that has this session for itself. */
function scopeOf(owner: object | undefined, scope: PoolScope | undefined): PoolScope | undefined {
  if (owner === undefined) return undefined;
  for (const each of outward(scope)) if (each.owner === owner) return each;
  return undefined;
}
