import type { CallSite } from './pool.ts';

/**
 * One checkout: the right to use one connection until `release()`.
 *
 * A lease has an identity: after `release`, `invalidate` or `detach` it refuses every use and touches nothing.
 */
export interface Lease<C> {
  /** @throws {LeaseReleasedError} POOL_LEASE_RELEASED - after the lease ended. */
  readonly connection: C;
  readonly label: string | undefined;
  readonly callSite: CallSite | undefined;
  readonly isReleased: boolean;
  /** Gives the connection back, reset. Idempotent. Never rejects: a connection that cannot be reset is thrown away. */
  release(): Promise<void>;
  /** Throws the connection away; the place in the pool is free at once. Idempotent. */
  invalidate(cause?: unknown): void;
  /** Takes the connection out of the pool for good: the caller closes it. */
  detach(): C;
  /** Tells the pool what runs, for `holders()`: at a statement's start its text, at its end whether a transaction is open. */
  noteStart(sql: string): void;
  noteEnd(inTransaction: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
}
