import { describe, expect, it } from 'vitest';

import { NullPool, QueuePool, StaticPool } from '../../src/pool/index.ts';
import type { PoolOptions } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { watch } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

const GIVEN: readonly PoolOptions[] = [
  {},
  { retryDelay: 2_000 },
  { maxRetryDelay: 20 },
  { timeout: 0 },
  { timeout: Infinity, pingTimeout: 10 },
  { recycle: 35, maxConnecting: 3 },
  { size: 0 },
  { size: 0, maxOverflow: -1 },
  { minIdle: 3, maxPerLabel: { a: 1 } },
];

describe('A recreated pool', () => {
  it('has what the first one was given, whatever that was', () => {
    for (const options of GIVEN) {
      const connector = { connect: () => new Promise<object>(() => {}), close: async () => {} };
      const pool = new QueuePool(connector, { clock: new ManualClock(), ...options });
      expect(pool.recreate().recreate().capacity).toEqual(pool.capacity);
      pool.resize({ size: 9 });
      expect(pool.recreate().capacity).toEqual({ ...pool.capacity, maxIdle: 9 });
    }
  });

  it('is as large as the first one is now', () => {
    const pool = new QueuePool(new ScriptedConnector(), { size: 8, maxOverflow: 10 });
    pool.resize({ size: 2, maxOverflow: 0 });
    pool.resize({ size: 0 });
    expect(pool.recreate().capacity).toEqual({ limit: Infinity, maxIdle: Infinity, minIdle: 0 });
    pool.resize({ size: 3, maxOverflow: undefined });
    expect(pool.recreate().capacity).toEqual({ limit: 3, maxIdle: 3, minIdle: 0 });
  });

  it('serves, though the first one is disposed of', async () => {
    const connector = new ScriptedConnector();
    const options = { name: 'main', clock: new ManualClock() };
    for (const pool of [new NullPool(connector, options), new StaticPool(connector, options)]) {
      await pool.dispose();
      const again = pool.recreate();
      await using lease = await again.checkout();
      expect([again.constructor, again.name, lease.isReleased]).toEqual([pool.constructor, 'main', false]);
    }
  });

  it('keeps the caps by label that the first one was given, though their object has changed', async () => {
    const maxPerLabel: Record<string, number> = { a: 1 };
    const pool = new QueuePool(new ScriptedConnector(), { maxPerLabel, clock: new ManualClock() });
    maxPerLabel['a'] = 5;
    delete maxPerLabel['a'];
    for (const each of [pool, pool.recreate()]) {
      await using first = await each.checkout({ label: 'a' });
      const second = watch(each.checkout({ label: 'a' }));
      await settle();
      expect([first.isReleased, second.lease]).toEqual([false, undefined]);
    }
  });
});

describe('statusText', () => {
  it('has the same form for every pool', async () => {
    const connector = new ScriptedConnector();
    const nobody = new NullPool(connector);
    const shared = new StaticPool(connector);
    const leases = await Promise.all([nobody.checkout(), nobody.checkout(), shared.checkout(), shared.checkout()]);
    expect([nobody.statusText(), shared.statusText()]).toEqual([
      'Pool size: 0  Connections in pool: 0 Current Overflow: 0 Current Checked out connections: 2',
      'Pool size: 1  Connections in pool: 0 Current Overflow: 0 Current Checked out connections: 2',
    ]);
    for (const lease of leases) await lease.release();
    expect(shared.statusText()).toBe(
      'Pool size: 1  Connections in pool: 1 Current Overflow: 0 Current Checked out connections: 0',
    );
  });
});

describe('invalidateAll of a StaticPool', () => {
  it('replaces an idle connection now', async () => {
    const connector = new ScriptedConnector();
    const pool = new StaticPool(connector);
    await (await pool.checkout()).release();
    pool.invalidateAll();
    await using lease = await pool.checkout();
    expect([lease.connection.id, connector.log]).toEqual([2, ['connect', 'destroy 1', 'connect']]);
  });

  it('replaces a lent one when the last holder has given it back, and lets newcomers wait for that', async () => {
    const connector = new ScriptedConnector();
    const clock = new ManualClock();
    const pool = new StaticPool(connector, { clock, timeout: 1_000 });
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    pool.invalidateAll(new Error('failover'));
    const newcomer = watch(pool.checkout());
    const hasty = watch(pool.checkout({ timeout: 0 }));
    await first.release();
    await settle();
    expect([newcomer.lease, hasty.error]).toMatchObject([undefined, { code: 'POOL_TIMEOUT' }]);
    await second.release();
    await settle();
    expect([newcomer.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'close 1', 'connect']]);
  });
});
