import type { PoolTimeoutError } from '../errors/pool-errors.ts';
import type { PoolHolder } from '../errors/pool-report.ts';

/** On the tracing channel `hermetic:pool:checkout`, from the call until the lease is there or the error. */
export interface CheckoutEvent {
  readonly pool: string;
  readonly label: string | undefined;
  /** How long it took, milliseconds; 0 until it has ended. */
  waitedMs: number;
}

/** On the tracing channel `hermetic:pool:connect`, from the attempt to open a connection until it is ready or the error. */
export interface ConnectEvent {
  readonly pool: string;
  /** How long it took, milliseconds; 0 until it has ended. */
  ms: number;
}

/** A connection, as the connector opened it. */
export interface ConnectionEvent {
  readonly pool: string;
  readonly connection: unknown;
}

/** A connection, and who has or had it. */
export interface LeaseEvent extends ConnectionEvent {
  readonly label: string | undefined;
}

/** On `hermetic:pool:release`: a lease came back, by itself or through the collector. */
export interface ReleaseEvent {
  readonly pool: string;
  readonly connection: unknown;
  readonly label: string | undefined;
  readonly heldMs: number;
}

/** On `hermetic:pool:timeout`: one for each caller. */
export interface TimeoutEvent {
  readonly pool: string;
  readonly label: string | undefined;
  readonly error: PoolTimeoutError;
}

/** On `hermetic:pool:invalidate`: a connection, or all older ones, must not be lent any more. */
export interface InvalidateEvent {
  readonly pool: string;
  /** Undefined when all were invalidated and none in particular. */
  readonly connection: unknown;
  readonly label: string | undefined;
  readonly cause: unknown;
  /** With every older one. */
  readonly all: boolean;
  /** Its holder goes on with it. */
  readonly soft: boolean;
}

/** On `hermetic:pool:leak`: a lease was garbage-collected, and its connection is taken back. */
export interface LeakEvent extends ConnectionEvent {
  readonly holder: PoolHolder;
}

/** On `hermetic:pool:close-failed`: a connection did not close as it should. */
export interface CloseFailureEvent {
  readonly pool: string;
  readonly error: unknown;
  /** True when it could not be dropped by force either. */
  readonly mayBeOpen: boolean;
}

/** On `hermetic:pool:collect`: the pool had garbage collected before checkouts timed out. */
export interface CollectEvent {
  readonly pool: string;
  /** How long that stopped the program. */
  readonly ms: number;
}

/** `held`: for longer than `warnHeldAfter`; `idle in transaction`: for longer than `warnIdleInTransactionAfter`. */
export type OverdueReason = 'held' | 'idle in transaction';

/** On `hermetic:pool:overdue`, once for each lease and reason. */
export interface OverdueEvent {
  readonly pool: string;
  readonly reason: OverdueReason;
  readonly holder: PoolHolder;
}

/** On `hermetic:pool:overdue-return`: a lease that was told of as overdue came back after all. */
export interface OverdueReturnEvent {
  readonly pool: string;
  readonly holder: PoolHolder;
}
