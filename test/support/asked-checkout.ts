import type { Lease } from '../../src/pool/index.ts';
import type { CheckoutPlan } from './pool-actions.ts';
import { CONNECTOR_ERRORS } from './slow-replies.ts';
import type { FakeConnection } from './scripted-connector.ts';

/** How a checkout ended, in the words of `totals()`; `unknown` must not happen. */
export type Outcome = 'served' | 'timedOut' | 'aborted' | 'refused' | 'failed' | 'unknown';

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  POOL_TIMEOUT: 'timedOut',
  POOL_CHECKOUT_ABORTED: 'aborted',
  POOL_CLOSED: 'refused',
  POOL_OVERLOADED: 'refused',
  POOL_SELF_STARVATION: 'refused',
  POOL_UNAVAILABLE: 'refused',
  POOL_CONNECT_TIMEOUT: 'failed',
};

/** One checkout of a schedule: who asked, and what became of it so far. */
export interface AskedCheckout {
  readonly controller: AbortController;
  readonly priority: CheckoutPlan['priority'];
  readonly label: string | undefined;
  readonly owner: object | undefined;
  /** Asked when the pool was disposed of. */
  readonly isLate: boolean;
  lease: Lease<FakeConnection> | undefined;
  outcome: Outcome | undefined;
  /** The program has dropped the lease. */
  isLost: boolean;
  /** There was a connection for it before the call returned. */
  isLentAtOnce: boolean;
  /** And nobody stood in line. */
  isDirect: boolean;
}

/** Where a checkout stands whose lease the program has. */
export type Holding = AskedCheckout & { readonly lease: Lease<FakeConnection> };

export function isHolding(asked: AskedCheckout): asked is Holding {
  return asked.lease !== undefined && !asked.isLost && !asked.lease.isReleased;
}

export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return 'unknown';
  if (CONNECTOR_ERRORS.includes(error.message)) return 'failed';
  return OUTCOMES[codeOf(error)] ?? 'unknown';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
