import type { PoolHolder, PoolStatus, PoolWaiting } from '../errors/pool-report.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Lease } from './lease.ts';

export type { PoolHolder, PoolStatus, PoolWaiting } from '../errors/pool-report.ts';
export type { CallSite } from '../util/call-site.ts';

/** What a pool needs to know of the things it lends. Everything but `connect` and `close` is optional. */
export interface Connector<C> {
  /** Opens a connection. `signal` aborts when nobody wants it any more or its deadline passed. */
  connect(signal: AbortSignal): Promise<C>;
  /** Closes politely; resolves when the socket is gone. */
  close(connection: C): Promise<void>;
  /** Closes at once. Default: `close`, not waited for. */
  destroy?(connection: C): void;
  /** Rejects when the connection is dead. */
  ping?(connection: C): Promise<void>;
  /** Makes a returned connection as new: rolls back whatever is open. */
  reset?(connection: C): Promise<void>;
  /** `idle`: nothing to reset. `dirty`: reset it. `busy`: a statement is in flight. `broken`: throw it away. */
  condition?(connection: C): 'idle' | 'dirty' | 'busy' | 'broken';
}

export interface CheckoutOptions {
  /** Gives up waiting when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Who asks: a route, a job. Shown in `holders()` and in errors. */
  readonly label?: string | undefined;
  /** Longest wait, milliseconds. Default: the pool's `timeout`. 0: do not wait. */
  readonly timeout?: number | undefined;
  /** Where the program asked, when the caller captured that itself before its first await. */
  readonly callSite?: CallSite | undefined;
  /**
   * The task that asks, by identity: a session or a scope. When all holders' owners wait for a second connection the
   * timeout says so. Held weakly once the lease has been out for a second.
   */
  readonly owner?: object | undefined;
}

/** Connections to lend. */
export interface Pool<C> {
  checkout(options?: CheckoutOptions): Promise<Lease<C>>;
  status(): PoolStatus;
  /** Who has the connections, longest held first. */
  holders(): PoolHolder[];
  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[];
  /**
   * Closes what is idle now, what is being opened when it arrives, what is out when it comes back; refuses waiters and
   * later checkouts. Resolves when all is closed, or after `closeTimeout` when something is still out. Never rejects.
   */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
