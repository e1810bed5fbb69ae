import type { CallSiteMode } from '../util/call-site-budget.ts';
import type { Clock } from '../util/clock.ts';

/**
 * What happens to a connection that comes back: `rollback` resets it unless it says that it is idle. `commit` commits
 * instead what its holder left open, and throws it away when that fails; it still rolls back where a statement runs or
 * the lease was lost. `none` does nothing.
 */
export type ResetOnReturn = 'rollback' | 'commit' | 'none';

/** How many connections a pool has. */
export interface PoolSize {
  /** Connections kept open. 0: no limit. Default 5. */
  readonly size?: number | undefined;
  /** Connections above `size` while they are needed. −1: no limit. Default 10. */
  readonly maxOverflow?: number | undefined;
}

/** How a pool behaves. Durations are milliseconds, `Infinity` where it may be left out stands for never. */
export interface PoolOptions extends PoolSize {
  /** Longest wait of a checkout, connecting included. 0: do not wait in line. `Infinity`: for ever. Default 30 000. */
  readonly timeout?: number | undefined;
  /** Longest line of callers for whom no connection is on its way. 0: none. Default `Infinity`. */
  readonly maxWaiting?: number | undefined;
  /** Refuses at once a caller who, at the pace of the moment, will not be served within its timeout. Default false. */
  readonly refuseHopeless?: boolean | undefined;
  /**
   * Replaces connections older than this when they come back, are next asked for, or sit idle. −1: never. Default −1.
   * Each goes up to a tenth earlier, at random, so that those of one birth do not go together.
   */
  readonly recycle?: number | undefined;
  /** Closes a connection that came back from this many checkouts. Default `Infinity`. */
  readonly maxUses?: number | undefined;
  /** Connections kept idle ahead of demand, within `size`; opened from the start. Default 0. */
  readonly minIdle?: number | undefined;
  /** Closes connections that were idle for so long, down to `minIdle`. Default `Infinity`. */
  readonly idleTimeout?: number | undefined;
  /** Pings connections that were idle for so long, and replaces the dead. Default `Infinity`. */
  readonly keepAlive?: number | undefined;
  /** Pings a pooled connection before it is lent, and replaces it when dead. Default false. */
  readonly prePing?: boolean | undefined;
  /** How long a connection must have been idle for `prePing` to test it. Default 0: every time. */
  readonly pingAfter?: number | undefined;
  /**
   * A process that stood still for longer than this, or whose wall clock jumped by it, tests idle connections before
   * it lends them, where the connector can ping. Default 5 000; `Infinity`: never.
   */
  readonly thawAfter?: number | undefined;
  /** Lends the connection that came back last, so that the others can be closed by the server. Default false. */
  readonly useLifo?: boolean | undefined;
  /** What to do with a transaction that a returned connection has open. Default `rollback`. */
  readonly resetOnReturn?: ResetOnReturn | undefined;
  /** Shown in errors and events. Default `default`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  /** Where jitter comes from: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /**
   * Remembers the line of checkouts, 3 µs each: `true` of all; `'sampled'` of the first 100 in 20 ms, which are all
   * where there are fewer than 5,000 a second. Default `'sampled'`.
   */
  readonly captureCallSites?: CallSiteMode | undefined;
  /** Longest time to open one connection. Default 10 000. */
  readonly connectTimeout?: number | undefined;
  /** Connections opened at the same time, at most. Default a quarter of all, at least 2. */
  readonly maxConnecting?: number | undefined;
  /** Wait before the next attempt when connecting failed but may pass; doubles each time, with jitter. Default 50. */
  readonly retryDelay?: number | undefined;
  /** Longest such wait, and the interval of probes while the database is down. Default 1 000. */
  readonly maxRetryDelay?: number | undefined;
  /** After so many such failures in a row checkouts fail at once, with the cause, until a probe succeeds. Default 3. */
  readonly circuitAfter?: number | undefined;
  /** Longest time to close one politely. Default 5 000. */
  readonly closeTimeout?: number | undefined;
  /** Longest time to reset one, cancelling its statement included; then it is thrown away. Default 5 000. */
  readonly resetTimeout?: number | undefined;
  /** Longest time for a ping's answer; then it counts as dead. Default 5 000, but at most half of `timeout`. */
  readonly pingTimeout?: number | undefined;
  /**
   * The most connections that work of one label may have at a time: one number for every label, or numbers by label.
   * Others of that label wait, while labels behind them are served. Default `Infinity`.
   */
  readonly maxPerLabel?: number | Readonly<Record<string, number>> | undefined;
  /** Warns, once for each, of leases that are out for longer than this. Default `Infinity`: never. */
  readonly warnHeldAfter?: number | undefined;
  /** Warns, once for each, of leases that lie idle in a transaction for longer than this. Default 60 000. */
  readonly warnIdleInTransactionAfter?: number | undefined;
  /**
   * Refuses a checkout at once, not at its timeout, when every connection, or every one that `maxPerLabel` allows its
   * label, is held by a task that itself waits for another one: a session that waits, or a scope. See `withScope`.
   * Default false.
   */
  readonly refuseSelfStarvation?: boolean | undefined;
  /** Takes back, with a warning, leases that were garbage-collected. Default true. */
  readonly leakWatch?: boolean | undefined;
  /**
   * Before checkouts time out beside connections that lie idle with their holders, or whose statement seems to run for
   * the whole wait, collects garbage once, so that lost leases come back. True uses V8's collector, which stops the program for some milliseconds for each 100 MB; a
   * function is called instead. Default true.
   */
  readonly collectBeforeTimeout?: boolean | (() => void) | undefined;
}
