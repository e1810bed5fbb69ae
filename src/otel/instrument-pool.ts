import { metrics } from '@opentelemetry/api';
import type { Attributes, BatchObservableResult, Meter, MeterProvider } from '@opentelemetry/api';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { PoolNameError } from '../errors/otel-errors.ts';
import type { CheckoutEvent, ConnectEvent, Pool, ReleaseEvent, TimeoutEvent } from '../pool/index.ts';
import { makeGauges, makeRecorders } from './instruments.ts';
import type { Gauges } from './instruments.ts';

export interface InstrumentOptions {
  /** Default: the global one of `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider | undefined;
  /** More attributes for every measurement, such as `server.address`. */
  readonly attributes?: Attributes | undefined;
}

/** As much of a pool as is measured here. */
export type InstrumentedPool = Pick<Pool<unknown>, 'name' | 'status' | 'capacity'>;

/** What a tracing channel leaves on an event whose work has failed. */
type Traced<E> = E & { readonly error?: unknown };

/** Of the pool's channels, those that are listened to here. */
interface Messages {
  'hermetic:pool:timeout': TimeoutEvent;
  'hermetic:pool:release': ReleaseEvent;
  'tracing:hermetic:pool:checkout:asyncEnd': Traced<CheckoutEvent>;
  'tracing:hermetic:pool:connect:asyncEnd': Traced<ConnectEvent>;
}

const POOL_NAME = 'db.client.connection.pool.name';
const STATE = 'db.client.connection.state';

/** Names in use, by provider: to whoever reads the metrics the name is the pool. */
const measured = new WeakMap<MeterProvider, Set<string>>();

/**
 * Reports a pool's numbers to OpenTelemetry under the names of its semantic conventions: `db.client.connection.count`,
 * `.idle.max`, `.idle.min`, `.limit` (and `.max`, its older name), `.pending_requests`, `.timeouts`, `.create_time`,
 * `.wait_time` and `.use_time`, the times in seconds.
 *
 * @returns A function that stops it.
 * @throws {PoolNameError} OTEL_POOL_NAME_TAKEN - a pool of this name is measured already.
 * @example
 * const stop = instrumentPool(engine.pool, { attributes: { 'server.address': 'db.example' } });
 */
export function instrumentPool(pool: InstrumentedPool, options: InstrumentOptions = {}): () => void {
  const provider = options.meterProvider ?? metrics.getMeterProvider();
  const giveBackName = takeName(provider, pool.name);
  const meter = provider.getMeter('hermetic');
  const attributes = { ...options.attributes, [POOL_NAME]: pool.name };
  const stops = [observe(pool, meter, attributes), record(pool, meter, attributes), giveBackName];
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

function takeName(provider: MeterProvider, name: string): () => void {
  const names = measured.get(provider) ?? new Set();
  if (names.has(name)) throw PoolNameError.taken(name);
  measured.set(provider, names.add(name));
  return () => names.delete(name);
}

/** What is read when the SDK collects. */
function observe(pool: InstrumentedPool, meter: Meter, attributes: Attributes): () => void {
  const gauges = makeGauges(meter);
  const all: Gauges[keyof Gauges][] = Object.values(gauges);
  const look = (result: BatchObservableResult): void => {
    const { checkedIn, checkedOut, waiting } = pool.status();
    result.observe(gauges.count, checkedIn, { ...attributes, [STATE]: 'idle' });
    result.observe(gauges.count, checkedOut, { ...attributes, [STATE]: 'used' });
    result.observe(gauges.pendingRequests, waiting, attributes);
    const { limit, maxIdle, minIdle } = pool.capacity;
    // A pool without a limit has no number to tell.
    if (limit !== Infinity) for (const gauge of [gauges.limit, gauges.max]) result.observe(gauge, limit, attributes);
    if (maxIdle !== Infinity) result.observe(gauges.idleMax, maxIdle, attributes);
    result.observe(gauges.idleMin, minIdle, attributes);
  };
  meter.addBatchObservableCallback(look, all);
  return () => meter.removeBatchObservableCallback(look, all);
}

/** What is told when it happens. */
function record(pool: InstrumentedPool, meter: Meter, attributes: Attributes): () => void {
  const { timeouts, createTime, waitTime, useTime } = makeRecorders(meter);
  const isOurs = (event: { readonly pool: string }): boolean => event.pool === pool.name;
  const isSuccess = (event: Traced<{ readonly pool: string }>): boolean => isOurs(event) && event.error === undefined;
  const stops = [
    onMessage('hermetic:pool:timeout', (event) => isOurs(event) && timeouts.add(1, attributes)),
    onMessage('hermetic:pool:release', (event) => isOurs(event) && useTime.record(seconds(event.heldMs), attributes)),
    onMessage(
      'tracing:hermetic:pool:checkout:asyncEnd',
      (event) => isSuccess(event) && waitTime.record(seconds(event.waitedMs), attributes),
    ),
    onMessage(
      'tracing:hermetic:pool:connect:asyncEnd',
      (event) => isSuccess(event) && createTime.record(seconds(event.ms), attributes),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function seconds(ms: number): number {
  return ms / 1_000;
}

function onMessage<N extends keyof Messages>(name: N, hear: (event: Messages[N]) => unknown): () => void {
  const listener = (message: unknown): void => void hear(message as Messages[N]);
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}
