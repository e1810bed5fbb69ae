export {
  LeaseReleasedError,
  PoolCheckoutAbortedError,
  PoolCloseTimeoutError,
  PoolClosedError,
  PoolConnectTimeoutError,
  PoolNoConnectionError,
  PoolOptionError,
  PoolOverloadedError,
  PoolSelfStarvationError,
  PoolStateError,
  PoolTimeoutError,
  PoolUnavailableError,
} from '../errors/pool-errors.ts';
export type { PoolTimeoutCause, PoolVerdict, PoolWaiters } from '../errors/pool-report.ts';
export type { CallSiteMode } from '../util/call-site-budget.ts';
export type { Clock } from '../util/clock.ts';
export type { Lease } from './lease.ts';
export { NullPool } from './null-pool.ts';
export type { NullPoolOptions } from './null-pool.ts';
export type { PoolEventMap, PoolEventName, PoolListener } from './pool-announcements.ts';
export type {
  CheckoutEvent,
  CloseFailureEvent,
  CollectEvent,
  ConnectEvent,
  ConnectionEvent,
  InvalidateEvent,
  LeakEvent,
  LeaseEvent,
  OverdueEvent,
  OverdueReason,
  OverdueReturnEvent,
  ReleaseEvent,
  TimeoutEvent,
} from './pool-events.ts';
export type { PoolOptions, PoolSize, ResetOnReturn } from './pool-options.ts';
export type { QueueOnlyOption } from './pool-settings.ts';
export type {
  CallSite,
  CheckoutOptions,
  Connector,
  DisposalReport,
  DisposeOptions,
  Pool,
  PoolCapacity,
  PoolHolder,
  PoolStatus,
  PoolTotals,
  PoolUsage,
  PoolWaiting,
} from './pool.ts';
export { withScope } from './pool-scope.ts';
export type { PoolScope } from './pool-scope.ts';
export { QueuePool } from './queue-pool.ts';
export { StaticPool } from './static-pool.ts';
export type { StaticPoolOptions } from './static-pool.ts';
