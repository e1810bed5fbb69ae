import type { PoolHolder, PoolStatus, PoolWaiting } from '../errors/pool-report.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Lease } from './lease.ts';
import type { PoolEventName, PoolListener } from './pool-announcements.ts';

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
  /** Makes a new connection ready, within the deadline of its connect. When it fails the connection is closed. */
  prepare?(connection: C, signal: AbortSignal): PromiseLike<void> | void;
  /** The same once for a pool, before any connection is lent; runs again with the next one when it fails. */
  prepareOnce?(connection: C, signal: AbortSignal): PromiseLike<void> | void;
  /**
   * Whether a connect that failed so may succeed soon, so that its caller waits for the next attempt. Default: what the
   * error's `retryable` says, or a code such as ECONNREFUSED.
   */
  isPassing?(error: unknown): boolean;
  /** Rejects when the connection is dead. */
  ping?(connection: C): Promise<void>;
  /** Whether a ping's error means that the connection is dead. Default: it does. Others are told to the caller. */
  isDisconnect?(error: unknown): boolean;
  /** Stops the statement that runs; resolves when the connection is quiet. Without it a busy one is thrown away. */
  cancel?(connection: C): Promise<void>;
  /** Makes a returned connection as new: rolls back whatever is open. */
  reset?(connection: C): Promise<void>;
  /** Makes what a returned connection has open last: for `resetOnReturn: 'commit'`, instead of `reset`. */
  commit?(connection: C): Promise<void>;
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
  /** Who goes first when there is a line. Every fourth is whoever waits longest, so that `low` is served too. Default `normal`. */
  readonly priority?: 'high' | 'normal' | 'low' | undefined;
  /** Where the program asked, when the caller captured that itself before its first await. */
  readonly callSite?: CallSite | undefined;
  /**
   * The task that asks, by identity: a session or a scope. When all holders' owners wait for a second connection the
   * timeout says so. Held weakly once the lease has been out for a second.
   */
  readonly owner?: object | undefined;
}

/** How a pool ends. */
export interface DisposeOptions {
  /** Those in line: refused at once, or served while there is time. Default `refuse`. */
  readonly waiters?: 'refuse' | 'serve' | undefined;
  /** How long to wait for connections that are out, milliseconds. Default: the pool's `closeTimeout`. */
  readonly timeout?: number | undefined;
  /** False: forgets all connections and touches none, as a forked process must. Default true. */
  readonly close?: boolean | undefined;
}

/** How a disposal went. */
export interface DisposalReport {
  /** Who still had a connection when time was up: those were dropped. Empty when all came back. */
  readonly holders: readonly PoolHolder[];
}

/** How many connections there may be. `Infinity` where there is no limit. */
export interface PoolCapacity {
  /** Open at the same time. */
  readonly limit: number;
  /** Kept idle, at most. */
  readonly maxIdle: number;
  /** Kept idle ahead of demand. */
  readonly minIdle: number;
}

/** What has happened since a pool was made. */
export interface PoolTotals {
  /** Checkouts asked for: those that ended, each in one of the six ways below, and those that wait now. */
  readonly started: number;
  /** Served at once with a connection that lay idle. */
  readonly direct: number;
  /** Served through the line: by a new connection, a tested or a returned one. */
  readonly waited: number;
  readonly timedOut: number;
  readonly aborted: number;
  /** Turned away by the pool: it is closed, overloaded, starved, knows the database to be down, or the options are wrong. */
  readonly refused: number;
  /** Ended with what the connector said. */
  readonly failed: number;
  /** Connections that were there, if only to be closed: `closed`, `detached`, or still with the pool. */
  readonly opened: number;
  readonly closed: number;
  /** Left to their holder by `detach()`, or to the other process by `dispose({ close: false })`. */
  readonly detached: number;
  /** Attempts to open one that failed, timed out, or were given up. */
  readonly connectsFailed: number;
}

/** What the work of one label has of a pool, and wants of it. */
export interface PoolUsage {
  /** Undefined: work without a label. */
  readonly label: string | undefined;
  /** Leases that are out. */
  readonly held: number;
  /** Callers in line, those included whom `maxPerLabel` holds back. */
  readonly waiting: number;
  /** How long the oldest of the leases has been out, milliseconds; undefined when there is none. */
  readonly oldestHeldMs: number | undefined;
}

/** Connections to lend. */
export interface Pool<C> {
  /** Shown in errors and events. */
  readonly name: string;
  readonly capacity: PoolCapacity;
  checkout(options?: CheckoutOptions): Promise<Lease<C>>;
  /**
   * Lends a connection for as long as `work` runs, and takes it back however that ends. `work` is a scope of its own:
   * what waits in there for a second connection is known to hold this one.
   *
   * @returns What `work` returns.
   * @example const rows = await pool.use((connection) => connection.query('select 1'), { label: 'GET /users' });
   */
  use<T>(work: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: CheckoutOptions): Promise<T>;
  status(): PoolStatus;
  /** Counts since the pool was made, which only grow. */
  totals(): PoolTotals;
  /** Who has the connections, longest held first. */
  holders(): PoolHolder[];
  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[];
  /** What each label has and wants, most connections first; counted when it is asked for. */
  usage(): PoolUsage[];
  /**
   * Tells `listener` what happens in this pool; see `PoolEventMap`. Listeners go with the pool through `recreate()`.
   *
   * @returns What removes the listener again.
   * @throws {PoolOptionError} POOL_BAD_OPTION - there is no such event, or `listener` is no function.
   * @example pool.on('checkout', ({ connection, label }) => console.log(label));
   */
  on<N extends PoolEventName>(name: N, listener: PoolListener<N>): () => void;
  /**
   * Closes what is idle now, what is being opened when it arrives, what is out when it comes back; refuses later
   * checkouts. When time is up, drops what is still out and says who had it. Done once; however it goes it resolves.
   *
   * @throws {PoolOptionError} POOL_BAD_OPTION - bad options; nothing is disposed of.
   */
  dispose(options?: DisposeOptions): Promise<DisposalReport>;
  [Symbol.asyncDispose](): Promise<void>;
}
