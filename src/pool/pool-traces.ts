import { tracingChannel } from 'node:diagnostics_channel';

import type { Clock } from '../util/clock.ts';
import type { ConnectListener } from './connect-attempt.ts';
import type { Lease } from './lease.ts';
import type { CheckoutEvent, ConnectEvent } from './pool-events.ts';

const connectChannel = tracingChannel<ConnectEvent>('hermetic:pool:connect');
const checkoutChannel = tracingChannel<CheckoutEvent>('hermetic:pool:checkout');

/** The pool that tells. */
interface TraceSource {
  readonly name: string;
  readonly clock: Clock;
}

/** True when somebody listens to checkouts: only then is `traceCheckout` worth a call. */
export function checkoutsAreTraced(): boolean {
  return checkoutChannel.hasSubscribers;
}

export function traceCheckout<C>(
  { name, clock }: TraceSource,
  label: string | undefined,
  checkout: () => Promise<Lease<C>>,
): Promise<Lease<C>> {
  const event: CheckoutEvent = { pool: name, label, waitedMs: 0 };
  const start = clock.now();
  const timed = (): Promise<Lease<C>> => checkout().finally(() => (event.waitedMs = clock.now() - start));
  return checkoutChannel.tracePromise(timed, event);
}

/** The listener of an attempt to connect, with those who trace such things told before it. */
export function traceConnect<C>({ name, clock }: TraceSource, listener: ConnectListener<C>): ConnectListener<C> {
  if (!connectChannel.hasSubscribers) return listener;
  const event: ConnectEvent = { pool: name, ms: 0 };
  const start = clock.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
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
