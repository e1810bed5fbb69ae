import { describe, expect, it } from 'vitest';

import { NullPool, StaticPool } from '../../src/pool/index.ts';
import type { Pool, PoolEventName, PoolOptionError } from '../../src/pool/index.ts';
import { POOL_EVENT_NAMES } from '../../src/pool/pool-announcements.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { FakeCollector } from '../support/fake-collector.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

/** What a pool tells, as `name id label`. */
function log(pool: Pool<FakeConnection>, names: readonly PoolEventName[] = POOL_EVENT_NAMES): string[] {
  const told: string[] = [];
  for (const name of names) {
    pool.on(name, (event) => {
      const { connection, label } = { connection: undefined, label: undefined, ...event };
      const id = (connection as FakeConnection | undefined)?.id;
      told.push([name, id, label].filter((part) => part !== undefined).join(' '));
    });
  }
  return told;
}

describe('A listener of a pool', () => {
  it('hears of each step once, in order, with the connection', async () => {
    const { pool, takeOne } = openPool({ size: 1, maxOverflow: 0 });
    const told = log(pool);
    const lease = await takeOne({ label: 'job' });
    lease.connection.condition = 'dirty';
    await lease.release();
    const second = await takeOne();
    second.invalidate(new Error('gone'));
    const third = await takeOne({ label: 'dump' });
    third.detach();
    await (await takeOne()).release();
    await pool.dispose();
    expect(told).toEqual([
      'connect 1',
      'checkout 1 job',
      'release 1 job',
      'reset 1',
      'checkout 1',
      'close 1',
      'invalidate 1',
      'connect 2',
      'checkout 2 dump',
      'detach 2 dump',
      'connect 3',
      'checkout 3',
      'release 3',
      'close 3',
    ]);
  });

  it('hears of connections that came too late to be of use', async () => {
    const { pool, ask, connector, clock } = openPool({ connectTimeout: 100 });
    const told = log(pool);
    const late = gate();
    connector.connects = [late.opened];
    ask();
    await clock.advance(100);
    late.open();
    await settle();
    expect([told, pool.totals()]).toMatchObject([
      ['connect 1', 'close 1'],
      { opened: 1, closed: 1, connectsFailed: 1 },
    ]);
  });

  it('hears what the event is about', async () => {
    const { pool, takeOne, clock } = openPool({ name: 'main' });
    const events: unknown[] = [];
    for (const name of ['checkout', 'release', 'invalidate'] as const)
      pool.on(name, (event) => void events.push(event));
    const lease = await takeOne({ label: 'a' });
    const { connection } = lease;
    const cause = new Error('old');
    lease.invalidate(cause, { soft: true });
    await clock.advance(250);
    await lease.release();
    pool.invalidateAll(cause);
    expect(events).toEqual([
      { pool: 'main', connection, label: 'a' },
      { pool: 'main', connection, label: 'a', cause, all: false, soft: true },
      { pool: 'main', connection, label: 'a', heldMs: 250 },
      { pool: 'main', connection: undefined, label: undefined, cause, all: true, soft: false },
    ]);
  });

  it('hears of no other pool, and of nothing any more once it was removed', async () => {
    const [one, other] = [openPool(), openPool()];
    const told: string[] = [];
    const remove = one.pool.on('checkout', () => void told.push('checkout'));
    await other.takeOne();
    await one.takeOne();
    remove();
    remove();
    await one.takeOne();
    expect(told).toEqual(['checkout']);
  });

  it('goes with the pool that is made anew', async () => {
    const connector = new ScriptedConnector();
    const clock = new ManualClock();
    const pools = [openPool().pool, new NullPool(connector, { clock }), new StaticPool(connector, { clock })];
    for (const pool of pools) {
      const told = log(pool, ['connect', 'checkout', 'release']);
      await (await pool.recreate().checkout()).release();
      expect(told.map((line) => line.split(' ')[0])).toEqual(['connect', 'checkout', 'release']);
    }
  });

  it('that throws harms neither the pool nor the others', async () => {
    const { pool, takeOne, counts } = openPool();
    const thrown: unknown[] = [];
    const onThrow = (error: unknown): void => void thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', onThrow);
    try {
      const broken = new Error('broken listener');
      pool.on('checkout', () => {
        throw broken;
      });
      const told = log(pool, ['checkout']);
      await takeOne();
      await new Promise((resolve) => setImmediate(resolve));
      expect([told, thrown, counts()]).toEqual([['checkout 1'], [broken], [5, 0, 0, 1]]);
    } finally {
      process.removeListener('uncaughtException', onThrow);
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });

  it('may use the pool', async () => {
    const { pool, takeOne, ask } = openPool({ size: 2, maxOverflow: 0 });
    const inner: Promise<void>[] = [];
    pool.on('release', ({ label }) => {
      if (label === 'outer') inner.push(pool.checkout({ label: 'inner' }).then((lease) => lease.release()));
    });
    pool.on('connect', () => void pool.status());
    const [lease, waiter] = [await takeOne({ label: 'outer' }), await takeOne()];
    const waiting = ask();
    await lease.release();
    await settle();
    expect(waiting.lease?.connection.id).toBe(1);
    await waiting.lease?.release();
    await Promise.all(inner);
    await waiter.release();
    expect(pool.status()).toMatchObject({ checkedIn: 2, checkedOut: 0, waiting: 0 });
  });

  it('may dispose of the pool when a connection arrives', async () => {
    const { pool, ask, connector } = openPool();
    pool.on('connect', () => void pool.dispose());
    const attempt = ask();
    await settle();
    expect([(attempt.error as Error).name, connector.log, pool.status().checkedOut]).toEqual([
      'PoolClosedError',
      ['connect', 'close 1'],
      0,
    ]);
  });

  it('hears of leases that the collector found', async () => {
    const collector = new FakeCollector();
    collector.install();
    try {
      const { pool, takeOne, clock } = openPool();
      const told = log(pool, ['leak', 'release']);
      const lost = await takeOne({ label: 'GET /leak' });
      await clock.advance(1_000);
      collector.collect(lost);
      expect(told).toEqual(['leak 1', 'release 1 GET /leak']);
    } finally {
      collector.uninstall();
    }
  });

  it('is refused when there is no such event, or it is no function', () => {
    const { pool } = openPool();
    const bad = [
      () => pool.on('chekout' as 'checkout', () => {}),
      () => pool.on('checkout', 'log' as unknown as () => void),
      () => pool.on('x' as 'checkout', () => {}),
    ];
    const faults = bad.map((act) => {
      try {
        act();
        return undefined;
      } catch (error) {
        return (error as PoolOptionError).faults;
      }
    });
    expect(faults).toEqual([
      ["'chekout' is not an event of a pool, did you mean checkout?"],
      ["the listener must be a function, not 'log'"],
      [`'x' is not an event of a pool, there are ${POOL_EVENT_NAMES.join(', ')}`],
    ]);
  });
});
