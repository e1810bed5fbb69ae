import { describe, expect, it, vi } from 'vitest';

import { NullPool } from '../../src/pool/index.ts';
import type { NullPoolOptions } from '../../src/pool/index.ts';
import { PoolRoster } from '../../src/pool/pool-roster.ts';
import { RankedQueue } from '../../src/util/ranked-queue.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { watch } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

function open(options: NullPoolOptions = {}): {
  pool: NullPool<FakeConnection>;
  connector: ScriptedConnector;
  clock: ManualClock;
} {
  const clock = new ManualClock();
  const connector = new ScriptedConnector();
  return { pool: new NullPool(connector, { clock, ...options }), connector, clock };
}

describe('NullPool', () => {
  it('opens a connection for each checkout and closes it at its release', async () => {
    const { pool, connector } = open();
    for (let i = 0; i < 2; i++) await (await pool.checkout()).release();
    await settle();
    expect([connector.log, pool.status()]).toEqual([
      ['connect', 'close 1', 'connect', 'close 2'],
      { size: 0, checkedIn: 0, checkedOut: 0, overflow: 0, waiting: 0, connecting: 0 },
    ]);
  });

  it('lends no connection twice: who waits for its own does not get another’s', async () => {
    const { pool, connector } = open();
    const slow = gate();
    connector.connects = ['ok', slow.opened];
    const first = await pool.checkout();
    const second = watch(pool.checkout());
    await first.release();
    await settle();
    expect([second.lease, connector.log]).toEqual([undefined, ['connect', 'connect', 'close 1']]);
    slow.open();
    await settle();
    expect(second.lease?.connection.id).toBe(2);
  });

  it('tells each caller the failure of its own connect', async () => {
    const { pool, connector } = open();
    const slow = gate();
    const fatal = new Error('no such user');
    connector.connects = [slow.opened, fatal];
    const attempts = [watch(pool.checkout()), watch(pool.checkout())];
    await settle();
    expect(attempts.map(({ error }) => error)).toEqual([undefined, fatal]);
    slow.open();
    await settle();
    expect(attempts[0]?.lease?.connection.id).toBe(1);
  });

  it('has no limit', async () => {
    const { pool } = open();
    const leases = await Promise.all(Array.from({ length: 100 }, () => pool.checkout()));
    expect(pool.status().checkedOut).toBe(100);
    await Promise.all(leases.map((lease) => lease.release()));
    await settle();
    expect(pool.status().checkedOut).toBe(0);
  });

  it('opens any number at once without looking through those that are being opened, or that wait', () => {
    const { pool, connector } = open();
    connector.connects = Array.from({ length: 1_000 }, () => 'never' as const);
    const looks = [PoolRoster, RankedQueue].map(({ prototype }) => vi.spyOn(prototype, Symbol.iterator));
    for (let i = 0; i < 1_000; i++) void pool.checkout().catch(() => {});
    expect([connector.log.length, ...looks.map(({ mock }) => mock.calls.length)]).toEqual([1_000, 0, 0]);
    for (const look of looks) look.mockRestore();
  });

  it('stops connecting when its caller aborts', async () => {
    const { pool, connector } = open();
    connector.connects = ['never'];
    const controller = new AbortController();
    const attempt = watch(pool.checkout({ signal: controller.signal }));
    controller.abort();
    await settle();
    expect([(attempt.error as Error).name, connector.signals[0]?.aborted, pool.status().connecting]).toEqual([
      'PoolCheckoutAbortedError',
      true,
      0,
    ]);
  });

  it('knows its holders, and the line that took each', async () => {
    const { pool, clock } = open();
    await pool.checkout({ label: 'GET /users' });
    await clock.advance(500);
    const [holder] = pool.holders();
    expect([holder?.label, holder?.heldMs]).toEqual(['GET /users', 500]);
    expect(holder?.line).toMatch(/^test\/pool\/null-pool\.test\.ts:\d+:\d+$/);
  });

  it('closes what arrives after an invalidation, and lends another', async () => {
    const { pool, connector } = open();
    const asked = pool.checkout();
    pool.invalidateAll();
    expect([(await asked).connection.id, connector.log]).toEqual([2, ['connect', 'close 1', 'connect']]);
  });

  it('refuses checkouts after dispose', async () => {
    const { pool } = open({ name: 'edge' });
    await using closing = pool;
    await closing.dispose();
    await expect(pool.checkout()).rejects.toThrow(
      'The pool edge is disposed of and lends no more connections. Dispose of a pool after the last piece of work that uses it. [POOL_CLOSED]',
    );
  });
});
