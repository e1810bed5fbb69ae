import { channel, tracingChannel } from 'node:diagnostics_channel';

import type { PoolTimeoutError } from '../errors/pool-errors.ts';
import type { PoolHolder } from '../errors/pool-report.ts';
import type { Clock } from '../util/clock.ts';
import type { ConnectListener } from './connect-attempt.ts';
import type { Lease } from './lease.ts';

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

/** On `hermetic:pool:release`: a lease came back, by itself or through the collector. */
export interface ReleaseEvent {
  readonly pool: string;
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
  readonly label: string | undefined;
  readonly cause: unknown;
  readonly all: boolean;
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

const connectChannel = tracingChannel<ConnectEvent>('hermetic:pool:connect');
const overdueChannel = channel('hermetic:pool:overdue');
const overdueReturnChannel = channel('hermetic:pool:overdue-return');
const checkoutChannel = tracingChannel<CheckoutEvent>('hermetic:pool:checkout');
const releaseChannel = channel('hermetic:pool:release');
const timeoutChannel = channel('hermetic:pool:timeout');
const invalidateChannel = channel('hermetic:pool:invalidate');
const closeFailureChannel = channel('hermetic:pool:close-failed');
const collectChannel = channel('hermetic:pool:collect');

/** The pool that tells. */
interface EventSource {
  readonly name: string;
  readonly clock: Clock;
}

/** True when somebody listens to checkouts: only then is `traceCheckout` worth a call. */
export function checkoutsAreTraced(): boolean {
  return checkoutChannel.hasSubscribers;
}

export function traceCheckout<C>(
  { name, clock }: EventSource,
  label: string | undefined,
  checkout: () => Promise<Lease<C>>,
): Promise<Lease<C>> {
  const event: CheckoutEvent = { pool: name, label, waitedMs: 0 };
  const start = clock.now();
  const timed = (): Promise<Lease<C>> => checkout().finally(() => (event.waitedMs = clock.now() - start));
  return checkoutChannel.tracePromise(timed, event);
}

/** The listener of an attempt to connect, with those who trace such things told before it. */
export function traceConnect<C>({ name, clock }: EventSource, listener: ConnectListener<C>): ConnectListener<C> {
  if (!connectChannel.hasSubscribers) return listener;
  const event: ConnectEvent = { pool: name, ms: 0 };
  const start = clock.now();
  const { promise, resolve, reject } = deferred();
  void connectChannel.tracePromise(() => promise, event).catch(() => {});
  return {
    arrived: (connection) => {
      event.ms = clock.now() - start;
      resolve();
      listener.arrived(connection);
    },
    failed: (error) => {
      event.ms = clock.now() - start;
      reject(error);
      listener.failed(error);
    },
    unwanted: (connection) => listener.unwanted(connection),
  };
}

/** True when somebody listens to releases, and to how long leases were held. */
export function releasesAreHeard(): boolean {
  return releaseChannel.hasSubscribers;
}

export function publishRelease(
  source: EventSource,
  loan: { readonly label: string | undefined; readonly takenAt: number },
): void {
  if (!releasesAreHeard()) return;
  const heldMs = source.clock.now() - loan.takenAt;
  releaseChannel.publish({ pool: source.name, label: loan.label, heldMs } satisfies ReleaseEvent);
}

export function publishTimeout(event: TimeoutEvent): void {
  if (timeoutChannel.hasSubscribers) timeoutChannel.publish(event);
}

export function publishInvalidate(event: InvalidateEvent): void {
  if (invalidateChannel.hasSubscribers) invalidateChannel.publish(event);
}

export function publishCloseFailure(event: CloseFailureEvent): void {
  if (closeFailureChannel.hasSubscribers) closeFailureChannel.publish(event);
}

export function publishCollect(event: CollectEvent): void {
  if (collectChannel.hasSubscribers) collectChannel.publish(event);
}

export function publishOverdue(event: OverdueEvent): void {
  if (overdueChannel.hasSubscribers) overdueChannel.publish(event);
}

export function publishOverdueReturn(event: OverdueReturnEvent): void {
  if (overdueReturnChannel.hasSubscribers) overdueReturnChannel.publish(event);
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((...handles) => ([resolve, reject] = handles));
  return { promise, resolve, reject };
}
