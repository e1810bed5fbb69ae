import { AsyncLocalStorage } from 'node:async_hooks';

import { PoolOptionError } from '../errors/pool-errors.ts';
import { show } from './option-rules.ts';

/** A piece of work that takes connections: a request, a job, a part of one. */
export interface PoolScope {
  readonly label: string | undefined;
  /** The scope in which this one was opened. */
  readonly parent: PoolScope | undefined;
  /** The session that the scope has for itself, once there is one: what it holds is held until the scope ends. */
  readonly owner?: object | undefined;
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
 * @throws {PoolOptionError} POOL_BAD_OPTION - the label is no text, or the work no function.
 * @example
 * await withScope('nightly report', async () => {
 *   await using lease = await pool.checkout();
 * });
 */
export function withScope<T>(label: string, work: () => T): T {
  const faults = [
    ...(typeof label === 'string' ? [] : [`the label must be a text, not ${show(label)}`]),
    ...(typeof work === 'function' ? [] : [`the work must be a function, not ${show(work)}`]),
  ];
  if (faults.length > 0) throw PoolOptionError.of('withScope', faults);
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
