import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, describe, expect, it } from 'vitest';

import { createEngine } from '../../src/index.ts';
import { instrumentPool } from '../../src/otel/index.ts';
import { NullPool } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { gate, ScriptedConnector } from '../support/scripted-connector.ts';

class OnDemand extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** The real SDK, and a look at what it has collected. */
function openTelemetry() {
  const reader = new OnDemand({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const collect = async (): Promise<MetricData[]> => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  };
  return { meterProvider, collect };
}

/** `name` → its values by attributes: `idle 1`, or `count sum` of a histogram. */
async function numbers(collect: () => Promise<MetricData[]>): Promise<Record<string, string[]>> {
  const data = await collect();
  return Object.fromEntries(
    data.map(({ descriptor, dataPoints }) => [
      descriptor.name.replace('db.client.connection.', ''),
      dataPoints.map(({ attributes, value }) => {
        const state = attributes['db.client.connection.state'];
        const shown = typeof value === 'number' ? String(value) : `${value.count} in ${value.sum} s`;
        return state === undefined ? shown : `${String(state)} ${shown}`;
      }),
    ]),
  );
}

function measured(options: Parameters<typeof openPool>[0] = {}) {
  const bench = openPool({ name: 'main', ...options });
  const { meterProvider, collect } = openTelemetry();
  const stop = instrumentPool(bench.pool, { meterProvider });
  stops.push(stop);
  return { ...bench, meterProvider, stop, collect, numbers: () => numbers(collect) };
}

describe('instrumentPool', () => {
  it('reports under the names, units and kinds of the semantic conventions, and no others', async () => {
    const { takeOne, ask, clock, collect } = measured({ size: 1, maxOverflow: 0, timeout: 100 });
    const lease = await takeOne();
    ask();
    await clock.advance(100);
    await lease.release();
    const data = await collect();
    const facts = data.map(({ descriptor: { name, unit, valueType }, dataPointType, ...rest }) => ({
      name,
      unit,
      kind: ['histogram', 'exponential', 'gauge', 'sum'][dataPointType],
      monotonic: 'isMonotonic' in rest ? rest.isMonotonic : undefined,
      valueType,
    }));
    const sum = (name: string, unit: string, monotonic = false) => ({
      name,
      unit,
      kind: 'sum',
      monotonic,
      valueType: 1,
    });
    const histogram = (name: string) => ({ name, unit: 's', kind: 'histogram', monotonic: undefined, valueType: 1 });
    expect(facts.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_COUNT, '{connection}'),
      histogram(conventions.METRIC_DB_CLIENT_CONNECTION_CREATE_TIME),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_IDLE_MAX, '{connection}'),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_IDLE_MIN, '{connection}'),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_LIMIT, '{connection}'),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_MAX, '{connection}'),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_PENDING_REQUESTS, '{request}'),
      sum(conventions.METRIC_DB_CLIENT_CONNECTION_TIMEOUTS, '{timeout}', true),
      histogram(conventions.METRIC_DB_CLIENT_CONNECTION_USE_TIME),
      histogram(conventions.METRIC_DB_CLIENT_CONNECTION_WAIT_TIME),
    ]);
  });

  it('gives every measurement the name of the pool, and what the program adds', async () => {
    const { pool, takeOne } = openPool({ name: 'main' });
    const { meterProvider, collect } = openTelemetry();
    stops.push(instrumentPool(pool, { meterProvider, attributes: { 'server.address': 'db.example' } }));
    await (await takeOne()).release();
    const own = { [conventions.ATTR_DB_CLIENT_CONNECTION_POOL_NAME]: 'main', 'server.address': 'db.example' };
    const attributes = (await collect()).flatMap(({ dataPoints }) => dataPoints.map((point) => point.attributes));
    const withState = (state: string) => ({ ...own, [conventions.ATTR_DB_CLIENT_CONNECTION_STATE]: state });
    expect(attributes.filter((each) => 'db.client.connection.state' in each)).toEqual([
      withState(conventions.DB_CLIENT_CONNECTION_STATE_VALUE_IDLE),
      withState(conventions.DB_CLIENT_CONNECTION_STATE_VALUE_USED),
    ]);
    expect(attributes.filter((each) => !('db.client.connection.state' in each))).toEqual(
      Array.from({ length: 8 }, () => own),
    );
  });

  it('counts connections and callers as they are at the moment of a look', async () => {
    const { take, ask, numbers } = measured({ size: 2, maxOverflow: 1, minIdle: 1 });
    const before = await numbers();
    const leases = await take(3);
    ask();
    const full = await numbers();
    await leases[0]?.release();
    await leases[1]?.release();
    const after = await numbers();
    const pick = (all: Record<string, string[]>) => [all['count'], all['pending_requests']];
    expect([before, full, after].map(pick)).toEqual([
      [['idle 0', 'used 0'], ['0']],
      [['idle 0', 'used 3'], ['1']],
      [['idle 1', 'used 2'], ['0']],
    ]);
    expect([full['max'], full['limit'], full['idle.max'], full['idle.min']]).toEqual([['3'], ['3'], ['2'], ['1']]);
  });

  it('times connecting, waiting and use in seconds, and counts timeouts', async () => {
    const { takeOne, ask, clock, connector, numbers } = measured({ size: 1, maxOverflow: 0, timeout: 5_000 });
    const slow = gate();
    connector.connects = [slow.opened];
    const first = takeOne();
    await clock.advance(250);
    slow.open();
    const lease = await first;
    const second = ask();
    await clock.advance(1_500);
    await lease.release();
    await settle();
    ask();
    await clock.advance(5_000);
    const { create_time, wait_time, use_time, timeouts } = await numbers();
    expect([second.lease !== undefined, create_time, wait_time, use_time, timeouts]).toEqual([
      true,
      ['1 in 0.25 s'],
      ['2 in 1.75 s'],
      ['1 in 1.5 s'],
      ['1'],
    ]);
  });

  it('does not time a connect or a wait that failed', async () => {
    const { ask, connector, numbers } = measured({ size: 1 });
    connector.connects = [new Error('password authentication failed')];
    const attempt = ask();
    await settle();
    const { create_time = [], wait_time = [] } = await numbers();
    expect([attempt.error, create_time, wait_time]).toEqual([new Error('password authentication failed'), [], []]);
  });

  it('has buckets that tell milliseconds apart', async () => {
    const { takeOne, collect } = measured();
    await (await takeOne()).release();
    const point = (await collect()).find(({ descriptor }) => descriptor.name.endsWith('use_time'))?.dataPoints[0];
    expect(point?.value).toMatchObject({ buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] } });
  });

  it('tells no limit of a pool that has none', async () => {
    const pool = new NullPool(new ScriptedConnector(), { clock: new ManualClock(), name: 'nothing kept' });
    const { meterProvider, collect } = openTelemetry();
    stops.push(instrumentPool(pool, { meterProvider }));
    const all = await numbers(collect);
    expect([all['max'] ?? [], all['limit'] ?? [], all['idle.max'], all['idle.min']]).toEqual([[], [], ['0'], ['0']]);
  });

  it('keeps pools apart by name, and refuses a second one of the same name until the first has stopped', async () => {
    const { pool, meterProvider, stop, numbers } = measured();
    const other = openPool({ name: 'other' });
    stops.push(instrumentPool(other.pool, { meterProvider }));
    await (await other.takeOne()).release();
    const { use_time } = await numbers();
    expect(use_time).toEqual(['1 in 0 s']);
    expect(() => instrumentPool(pool, { meterProvider })).toThrow(
      'A pool with the name main is measured already. Give each pool a `name` of its own, or stop the measuring of the first with what `instrumentPool` returned. [OTEL_POOL_NAME_TAKEN]',
    );
    stop();
    stops.push(instrumentPool(pool, { meterProvider }));
  });

  it('measures nothing after it was stopped', async () => {
    const { takeOne, stop, numbers } = measured();
    stop();
    stop();
    await (await takeOne()).release();
    const { count = [], use_time = [] } = await numbers();
    expect([count, use_time]).toEqual([[], []]);
  });

  it('measures the pool of an engine', async () => {
    await using engine = createEngine({ url: 'sqlite::memory:', name: 'memory' });
    const { meterProvider, collect } = openTelemetry();
    stops.push(instrumentPool(engine.pool, { meterProvider }));
    const connection = await engine.connect();
    const held = await numbers(collect);
    await connection.release();
    const { use_time } = await numbers(collect);
    expect([held['count'], held['max'], use_time?.[0]]).toEqual([
      ['idle 0', 'used 1'],
      ['1'],
      expect.stringMatching(/^1 in /) as string,
    ]);
  });
});
