import type { OptionRule } from '../pool/option-rules.ts';
import type { PoolOptions, ResetOnReturn } from '../pool/pool-options.ts';
import { POOL_RULES, QUEUE_ONLY_OPTIONS } from '../pool/pool-settings.ts';
import type { CallSiteMode } from '../util/call-site-budget.ts';

/** How an engine's pool behaves. Durations are milliseconds; `docs/pool.md` says more of each. */
export interface PoolingOptions {
  /** Connections kept open. Default 5; 1 for SQLite in memory. */
  readonly poolSize?: number | undefined;
  /** Connections above that while they are needed. Default 10; 0 for SQLite in memory. */
  readonly maxOverflow?: number | undefined;
  /** Longest wait for a connection. Default 30 000. */
  readonly poolTimeout?: number | undefined;
  /** Longest line of callers for whom no connection is on its way. Default `Infinity`. */
  readonly poolMaxWaiting?: number | undefined;
  /** Refuses at once a caller who will, at the pace of the moment, not be served in time. Default false. */
  readonly poolRefuseHopeless?: boolean | undefined;
  /** Connections older than this are replaced, each up to a tenth earlier. Default -1: never. */
  readonly poolRecycle?: number | undefined;
  /** Closes a connection after so many checkouts. Default `Infinity`. */
  readonly poolMaxUses?: number | undefined;
  /** Connections kept idle ahead of demand. Default 0. */
  readonly poolMinIdle?: number | undefined;
  /** Closes connections that were idle for so long, down to `poolMinIdle`. Default `Infinity`. */
  readonly poolIdleTimeout?: number | undefined;
  /** Pings connections that were idle for so long. Default `Infinity`. */
  readonly poolKeepAlive?: number | undefined;
  /** Pings a pooled connection before it is lent. Default false. */
  readonly poolPrePing?: boolean | undefined;
  /** How long a connection must have been idle for `poolPrePing` to test it. Default 0: every time. */
  readonly poolPingAfter?: number | undefined;
  /** Longest time for a ping's answer. Default 5 000, but at most half of `poolTimeout`. */
  readonly poolPingTimeout?: number | undefined;
  /** After a standstill of the process for so long idle connections are tested before use. Default 5 000. */
  readonly poolThawAfter?: number | undefined;
  /** Lends the connection that came back last. Default false. */
  readonly poolUseLifo?: boolean | undefined;
  /**
   * What happens to a transaction that a returned connection has open and that was begun by a text: it is rolled back,
   * committed, or left. What `begin()` or a session began and did not end `commit` rolls back too. Default `rollback`.
   */
  readonly poolResetOnReturn?: ResetOnReturn | undefined;
  /** Longest time to reset a connection that comes back, cancelling its statement included. Default 5 000. */
  readonly poolResetTimeout?: number | undefined;
  /** Longest time to close a connection politely, and to wait for lent ones at the end. Default 5 000. */
  readonly poolCloseTimeout?: number | undefined;
  /** Longest time to open one connection. Default 10 000. */
  readonly connectTimeout?: number | undefined;
  /** Connections opened at the same time, at most. Default a quarter of all, at least 2. */
  readonly poolMaxConnecting?: number | undefined;
  /** Wait before the next attempt when connecting failed but may pass; doubles each time. Default 50. */
  readonly poolRetryDelay?: number | undefined;
  /** Longest such wait. Default 1 000. */
  readonly poolMaxRetryDelay?: number | undefined;
  /** After so many such failures in a row the database counts as down, and callers hear so at once. Default 3. */
  readonly poolCircuitAfter?: number | undefined;
  /** The most connections for work of one label: a number for every label, or numbers by label. Default `Infinity`. */
  readonly poolMaxPerLabel?: number | Readonly<Record<string, number>> | undefined;
  /** Refuses at once the wait that completes a circle of tasks which hold and wait. Default false. */
  readonly poolRefuseSelfStarvation?: boolean | undefined;
  /** Warns of connections that are out for longer than this. Default `Infinity`: never. */
  readonly poolWarnHeldAfter?: number | undefined;
  /** Warns of connections that lie idle in a transaction for longer than this. Default 60 000. */
  readonly poolWarnIdleInTransactionAfter?: number | undefined;
  /** Takes back, with a warning, leases that were garbage-collected. Default true. */
  readonly poolLeakWatch?: boolean | undefined;
  /** Has garbage collected before checkouts time out beside idle holders. Default true. */
  readonly poolCollectBeforeTimeout?: boolean | (() => void) | undefined;
  /** Remembers the line of checkouts: of all, a sample, or none. Default `sampled`. */
  readonly poolCaptureCallSites?: CallSiteMode | undefined;
}

type PoolName = Exclude<keyof PoolOptions, 'name' | 'clock' | 'random'>;

/** Each of an engine's options for its pool, with the pool's own name of it. */
export const POOLING_NAMES: readonly (readonly [keyof PoolingOptions, PoolName])[] = [
  ['poolSize', 'size'],
  ['maxOverflow', 'maxOverflow'],
  ['poolTimeout', 'timeout'],
  ['poolMaxWaiting', 'maxWaiting'],
  ['poolRefuseHopeless', 'refuseHopeless'],
  ['poolRecycle', 'recycle'],
  ['poolMaxUses', 'maxUses'],
  ['poolMinIdle', 'minIdle'],
  ['poolIdleTimeout', 'idleTimeout'],
  ['poolKeepAlive', 'keepAlive'],
  ['poolPrePing', 'prePing'],
  ['poolPingAfter', 'pingAfter'],
  ['poolPingTimeout', 'pingTimeout'],
  ['poolThawAfter', 'thawAfter'],
  ['poolUseLifo', 'useLifo'],
  ['poolResetOnReturn', 'resetOnReturn'],
  ['poolResetTimeout', 'resetTimeout'],
  ['poolCloseTimeout', 'closeTimeout'],
  ['connectTimeout', 'connectTimeout'],
  ['poolMaxConnecting', 'maxConnecting'],
  ['poolRetryDelay', 'retryDelay'],
  ['poolMaxRetryDelay', 'maxRetryDelay'],
  ['poolCircuitAfter', 'circuitAfter'],
  ['poolMaxPerLabel', 'maxPerLabel'],
  ['poolRefuseSelfStarvation', 'refuseSelfStarvation'],
  ['poolWarnHeldAfter', 'warnHeldAfter'],
  ['poolWarnIdleInTransactionAfter', 'warnIdleInTransactionAfter'],
  ['poolLeakWatch', 'leakWatch'],
  ['poolCollectBeforeTimeout', 'collectBeforeTimeout'],
  ['poolCaptureCallSites', 'captureCallSites'],
];

/** What the pool asks of these options, by the engine's names. */
export const POOLING_RULES: Readonly<Record<string, OptionRule>> = Object.fromEntries(
  POOLING_NAMES.map(([name, poolName]) => [name, POOL_RULES[poolName]]),
);

/** The same options by the pool's names, those that were given. */
export function poolOptionsOf(options: PoolingOptions): PoolOptions {
  const given = POOLING_NAMES.filter(([name]) => options[name] !== undefined);
  return Object.fromEntries(given.map(([name, poolName]) => [poolName, options[name]]));
}

/** Options that were given to an engine whose pool has no such thing. */
export function meaninglessIn(options: PoolingOptions): string[] {
  const queueOnly: readonly string[] = QUEUE_ONLY_OPTIONS;
  return POOLING_NAMES.filter(([name, poolName]) => options[name] !== undefined && queueOnly.includes(poolName)).map(
    ([name]) => name,
  );
}
