import { outward } from './pool-scope.ts';
import type { PoolScope } from './pool-scope.ts';

/** Scopes in which connections are made ready → the pool's settings, which stand for it. */
const pools = new WeakMap<PoolScope, object>();

/** A scope in which a pool's connections are made ready. */
export function preparationScope(pool: object, name: string): PoolScope {
  const scope = { label: `preparing a connection of pool ${name}`, parent: undefined };
  pools.set(scope, pool);
  return scope;
}

/** Whether whoever works in `scope` makes a connection of this pool ready. */
export function isPreparing(scope: PoolScope | undefined, pool: object): boolean {
  for (const each of outward(scope)) if (pools.get(each) === pool) return true;
  return false;
}
