import { AsyncLocalStorage } from 'node:async_hooks';

/** A piece of work that takes connections: a request, a job, a part of one. */
export interface PoolScope {
  readonly label: string | undefined;
  /** The scope in which this one was opened. */
  readonly parent: PoolScope | undefined;
}

const scopes = new AsyncLocalStorage<PoolScope>();

/** The scope that the program is in. */
export function currentScope(): PoolScope | undefined {
  return scopes.getStore();
}

/**
 * Runs `work` as a scope of its own: checkouts in it have its label, and pools know that they belong to one task, so that
 * a task which waits for a second connection while all are held by such tasks is found out.
 *
 * @param label - who works here, such as `GET /orders`.
 * @returns What `work` returns.
 * @example
 * await withScope('nightly report', async () => {
 *   await using lease = await pool.checkout();
 * });
 */
export function withScope<T>(label: string, work: () => T): T {
  return scopes.run({ label, parent: currentScope() }, work);
}

/** Runs `work` in `scope`. */
export function enterScope<T>(scope: PoolScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** `scope` and all around it. */
export function* outward(scope: PoolScope | undefined): Generator<PoolScope> {
  for (let each = scope; each !== undefined; each = each.parent) yield each;
}
