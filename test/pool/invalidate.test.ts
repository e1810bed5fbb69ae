import { describe, expect, it } from 'vitest';

import { settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

describe('QueuePool invalidation', () => {
  it('frees the place at once, and happens once', async () => {
    const { takeOne, connector, counts, ask } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiter = ask();
    lease.invalidate(new Error('gone'));
    lease.invalidate(new Error('gone'));
    await settle();
    expect([waiter.lease?.connection.id, connector.log, counts()]).toEqual([
      2,
      ['connect', 'destroy 1', 'connect'],
      [1, 0, 0, 1],
    ]);
  });

  it('replaces all older connections: idle ones now, lent ones when they come back', async () => {
    const { take, pool, connector, counts } = openPool();
    const leases = await take(4);
    await releaseAll(leases.slice(2));
    pool.invalidateAll();
    expect([connector.log.slice(4), counts()]).toEqual([
      ['destroy 3', 'destroy 4'],
      [5, 0, 0, 2],
    ]);
    await releaseAll(leases);
    expect([connector.log.slice(6), counts()]).toEqual([
      ['close 1', 'close 2'],
      [5, 0, 0, 0],
    ]);
    expect(ids(await take(1))).toEqual([5]);
  });

  it('replaces one pool only, however many of its connections report the failure', async () => {
    const { take, connector, counts } = openPool();
    const leases = await take(15);
    for (const lease of leases.slice(0, 8)) lease.invalidateAll(new Error('gone'));
    const fresh = await take(8);
    for (const lease of leases.slice(8)) lease.invalidateAll(new Error('gone'));
    await releaseAll(fresh.slice(0, 5));
    expect([connector.connections.length, counts(), connector.open]).toEqual([23, [5, 5, 3, 3], 8]);
    expect(ids(await take(5))).toEqual([16, 17, 18, 19, 20]);
  });

  it('closes what began to connect before, and serves the waiter by another', async () => {
    const { ask, pool, connector } = openPool({ size: 1, maxOverflow: 0 });
    const slow = gate();
    connector.connects = [slow.opened];
    const waiter = ask();
    await settle();
    pool.invalidateAll();
    slow.open();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'close 1', 'connect']]);
  });

  it('serves five waiters on one place with one reconnect', async () => {
    const { takeOne, ask, pool, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiters = Array.from({ length: 5 }, () => ask());
    pool.invalidateAll();
    await lease.release();
    const served = [];
    for (const waiter of waiters) {
      const next = await waiter.promise;
      served.push(next.connection.id);
      await next.release();
    }
    expect([served, connector.log]).toEqual([
      [2, 2, 2, 2, 2],
      ['connect', 'close 1', 'connect'],
    ]);
  });

  it('drops a connection whose test succeeds after the invalidation', async () => {
    const { takeOne, ask, pool, connector } = openPool({ size: 1, maxOverflow: 0, prePing: true });
    await (await takeOne()).release();
    const ping = gate();
    connector.pings = [ping.opened];
    const waiter = ask();
    pool.invalidateAll();
    ping.open();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'ping 1', 'close 1', 'connect']]);
  });

  it('keeps its counts right over a thousand take-and-throw-away rounds', async () => {
    const { pool, counts, connector } = openPool({ size: 2, maxOverflow: 1 });
    const task = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) (await pool.checkout()).invalidate();
    };
    await Promise.all([task(), task(), task(), task(), task()]);
    expect([counts(), connector.open, connector.connections.length]).toEqual([[2, 0, 0, 0], 0, 1_000]);
  });
});
