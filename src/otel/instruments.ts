import type { Attributes, Histogram, Meter, ObservableUpDownCounter } from '@opentelemetry/api';

const PREFIX = 'db.client.connection.';

/** Seconds; those of the semantic conventions for database calls. The SDK's own are made for milliseconds. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Numbers that are true at the moment of a look. */
export interface Gauges {
  readonly count: ObservableUpDownCounter<Attributes>;
  readonly idleMax: ObservableUpDownCounter<Attributes>;
  readonly idleMin: ObservableUpDownCounter<Attributes>;
  readonly limit: ObservableUpDownCounter<Attributes>;
  readonly max: ObservableUpDownCounter<Attributes>;
  readonly pendingRequests: ObservableUpDownCounter<Attributes>;
}

/** The instruments that OpenTelemetry's semantic conventions define for connection pools. */
export function makeGauges(meter: Meter): Gauges {
  const gauge = (name: string, unit: string, description: string): ObservableUpDownCounter<Attributes> =>
    meter.createObservableUpDownCounter(`${PREFIX}${name}`, { unit, description });
  const limit = 'The maximum number of open connections allowed.';
  return {
    count: gauge(
      'count',
      '{connection}',
      'The number of connections that are currently in state described by the `state` attribute.',
    ),
    idleMax: gauge('idle.max', '{connection}', 'The maximum number of idle open connections allowed.'),
    idleMin: gauge('idle.min', '{connection}', 'The minimum number of idle open connections allowed.'),
    limit: gauge('limit', '{connection}', limit),
    // The older name of `limit`, which dashboards still read.
    max: gauge('max', '{connection}', limit),
    pendingRequests: gauge(
      'pending_requests',
      '{request}',
      'The number of current pending requests for an open connection.',
    ),
  };
}

/** What happens, counted or timed when it does. */
export function makeRecorders(meter: Meter) {
  const histogram = (name: string, description: string): Histogram =>
    meter.createHistogram(`${PREFIX}${name}`, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: BOUNDARIES },
    });
  return {
    timeouts: meter.createCounter(`${PREFIX}timeouts`, {
      unit: '{timeout}',
      description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
    }),
    createTime: histogram('create_time', 'The time it took to create a new connection.'),
    waitTime: histogram('wait_time', 'The time it took to obtain an open connection from the pool.'),
    useTime: histogram('use_time', 'The time between borrowing a connection and returning it to the pool.'),
  };
}
