import { channel, tracingChannel } from 'node:diagnostics_channel';

import type { PoolTimeoutError } from '../errors/pool-errors.ts';
import type { Lease } from './lease.ts';
import type { CheckoutOptions } from './pool.ts';

/** On the tracing channel `hermetic:pool:checkout`, from the call until the lease is there or the error. */
export interface CheckoutEvent {
  readonly pool: string;
  readonly label: string | undefined;
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

const checkoutChannel = tracingChannel<CheckoutEvent>('hermetic:pool:checkout');
const releaseChannel = channel('hermetic:pool:release');
const timeoutChannel = channel('hermetic:pool:timeout');
const invalidateChannel = channel('hermetic:pool:invalidate');
const closeFailureChannel = channel('hermetic:pool:close-failed');
const collectChannel = channel('hermetic:pool:collect');

/** True when somebody listens to checkouts: only then is `traceCheckout` worth a call. */
export function checkoutsAreTraced(): boolean {
  return checkoutChannel.hasSubscribers;
}

export function traceCheckout<C>(
  pool: string,
  options: CheckoutOptions,
  checkout: () => Promise<Lease<C>>,
): Promise<Lease<C>> {
  return checkoutChannel.tracePromise(checkout, { pool, label: options.label });
}

export function publishRelease(
  pool: string,
  loan: { readonly label: string | undefined; readonly takenAt: number },
  now: () => number,
): void {
  if (!releaseChannel.hasSubscribers) return;
  releaseChannel.publish({ pool, label: loan.label, heldMs: now() - loan.takenAt } satisfies ReleaseEvent);
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
