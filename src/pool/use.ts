import { PoolOptionError } from '../errors/pool-errors.ts';
import type { Lease } from './lease.ts';
import { show } from './option-rules.ts';
import { currentScope, enterScope } from './pool-scope.ts';
import type { CheckoutOptions } from './pool.ts';

/** What lends. */
interface Lending<C> {
  checkout(options?: CheckoutOptions): Promise<Lease<C>>;
}

/** Lends a connection for as long as `work` runs, in a scope of its own: what waits in there is known to hold this one. */
export function use<C, T>(
  pool: Lending<C>,
  work: (connection: C, lease: Lease<C>) => Promise<T> | T,
  options?: CheckoutOptions,
): Promise<T> {
  if (typeof work !== 'function')
    return Promise.reject(PoolOptionError.of('use', [`the work must be a function, not ${show(work)}`]));
  const parent = currentScope();
  return enterScope({ label: options?.label ?? parent?.label, parent }, async () => {
    await using lease = await pool.checkout(options);
    return await work(lease.connection, lease);
  });
}
