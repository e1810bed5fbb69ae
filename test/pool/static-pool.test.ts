import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';

import { StaticPool } from '../../src/pool/index.ts';
import type { StaticPoolOptions } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ids, watch } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

function open(options: StaticPoolOptions = {}): {
  pool: StaticPool<FakeConnection>;
  connector: ScriptedConnector;
  clock: ManualClock;
} {
  const clock = new ManualClock();
  const connector = new ScriptedConnector();
  return { pool: new StaticPool(connector, { clock, ...options }), connector, clock };
}

describe('StaticPool', () => {
  it('lends one connection to everybody at once', async () => {
    const { pool, connector } = open();
    const leases = await Promise.all([pool.checkout(), pool.checkout(), pool.checkout()]);
    expect([ids(leases), connector.log, pool.status()]).toEqual([
      [1, 1, 1],
      ['connect'],
      { size: 1, checkedIn: 0, checkedOut: 3, overflow: 0, waiting: 0, connecting: 0 },
    ]);
  });

  it('gives nobody more a connection that has hung up, and ends the other leases of it', async () => {
    const { pool, connector } = open();
    const lease = await pool.checkout();
    lease.connection.condition = 'broken';
    const next = await pool.checkout();
    expect([next.connection.id, lease.isReleased, connector.log]).toEqual([
      2,
      true,
      ['connect', 'destroy 1', 'connect'],
    ]);
    expect(() => lease.connection).toThrow('POOL_LEASE_RELEASED');
    await lease.release();
    expect(pool.status().checkedOut).toBe(1);
  });

  it('tells of an invalidation once, though all who have the connection report it', async () => {
    const { pool } = open();
    const told: unknown[] = [];
    const listen = (event: unknown): void => void told.push(event);
    subscribe('hermetic:pool:invalidate', listen);
    try {
      const [first, second] = await Promise.all([pool.checkout(), pool.checkout()]);
      first.invalidate();
      second.invalidate();
      expect([told.length, second.isReleased]).toEqual([1, true]);
    } finally {
      unsubscribe('hermetic:pool:invalidate', listen);
    }
  });

  it('resets the connection when the last has given it back', async () => {
    const { pool, connector } = open();
    const [first, second] = await Promise.all([pool.checkout(), pool.checkout()]);
    first.connection.condition = 'dirty';
    await first.release();
    await first.release();
    expect(connector.log).toEqual(['connect']);
    await second.release();
    expect([connector.log, pool.status().checkedIn]).toEqual([['connect', 'reset 1'], 1]);
    expect((await pool.checkout()).connection.id).toBe(1);
  });

  it('makes newcomers wait for a reset', async () => {
    const { pool, connector } = open();
    const lease = await pool.checkout();
    lease.connection.condition = 'dirty';
    const reset = gate();
    connector.resets = [reset.opened];
    void lease.release();
    const next = watch(pool.checkout());
    await settle();
    expect(next.lease).toBe(undefined);
    reset.open();
    await settle();
    expect(next.lease?.connection.id).toBe(1);
  });

  it('replaces an invalidated connection, and ignores late returns of the old one', async () => {
    const { pool, connector } = open();
    const [first, second] = await Promise.all([pool.checkout(), pool.checkout()]);
    first.invalidate(new Error('gone'));
    const next = await pool.checkout();
    await second.release();
    second.invalidate();
    expect([next.connection.id, pool.status().checkedOut, pool.holders().length, connector.log]).toEqual([
      2,
      1,
      1,
      ['connect', 'destroy 1', 'connect'],
    ]);
  });

  it('gives a detached connection away and opens another', async () => {
    const { pool, connector } = open();
    const lease = await pool.checkout();
    const detached = lease.detach();
    const next = await pool.checkout();
    expect([detached.id, next.connection.id, connector.log]).toEqual([1, 2, ['connect', 'connect']]);
  });

  it('tells all who wait that connecting failed', async () => {
    const { pool, connector } = open();
    const refused = new Error('no');
    connector.connects = [refused];
    const attempts = [watch(pool.checkout()), watch(pool.checkout())];
    await settle();
    expect(attempts.map((attempt) => attempt.error)).toEqual([refused, refused]);
    expect((await pool.checkout()).connection.id).toBe(1);
  });

  it('times out, aborts and refuses like the others', async () => {
    const { pool, connector, clock } = open({ timeout: 1_000 });
    connector.connects = ['never'];
    const slow = watch(pool.checkout());
    const controller = new AbortController();
    const aborted = watch(pool.checkout({ signal: controller.signal }));
    controller.abort();
    await clock.advance(1_000);
    const late = watch(pool.checkout({ signal: controller.signal }));
    const bad = watch(pool.checkout({ timeout: -1 }));
    await pool.dispose();
    const closed = watch(pool.checkout());
    await settle();
    expect([slow, aborted, late, bad, closed].map((attempt) => (attempt.error as { code?: string }).code)).toEqual([
      'POOL_TIMEOUT',
      'POOL_CHECKOUT_ABORTED',
      'POOL_CHECKOUT_ABORTED',
      'POOL_BAD_OPTION',
      'POOL_CLOSED',
    ]);
  });

  it('closes its connection on dispose, once the last lease is back', async () => {
    const { pool, connector } = open();
    const lease = await pool.checkout();
    const disposed = pool[Symbol.asyncDispose]();
    await lease.release();
    await disposed;
    expect([connector.log, await pool.dispose()]).toEqual([['connect', 'close 1'], { holders: [] }]);
  });

  it('knows each holder', async () => {
    const { pool, clock } = open();
    await pool.checkout({ label: 'a' });
    await clock.advance(100);
    await pool.checkout({ label: 'b' });
    expect(pool.holders().map(({ label, heldMs }) => [label, heldMs])).toEqual([
      ['a', 100],
      ['b', 0],
    ]);
  });
});
