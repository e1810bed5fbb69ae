import { describe, expect, it } from 'vitest';

import { ManualClock, settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

describe('QueuePool size and overflow', () => {
  it('opens nothing until it is asked, and nothing when it is disposed of', async () => {
    const { pool, connector } = openPool();
    await pool.dispose();
    expect(connector.log).toEqual([]);
  });

  it('counts overflow from the kept size, and closes it when it comes back', async () => {
    const { take, counts, connector } = openPool({ size: 3, maxOverflow: -1 });
    const leases = [];
    const seen = [];
    for (let i = 0; i < 6; i++) {
      leases.push(...(await take(1)));
      seen.push(counts());
    }
    expect(seen).toEqual([
      [3, 0, 0, 1],
      [3, 0, 0, 2],
      [3, 0, 0, 3],
      [3, 0, 1, 4],
      [3, 0, 2, 5],
      [3, 0, 3, 6],
    ]);
    await releaseAll(leases.slice(0, 3));
    expect(counts()).toEqual([3, 3, 3, 3]);
    await releaseAll(leases.slice(3));
    expect([counts(), connector.open]).toEqual([[3, 3, 0, 0], 3]);
  });

  it('never passes its limit, however many ask while connecting is slow', async () => {
    for (const maxOverflow of [0, 5]) {
      const { pool, connector, clock } = openPool({ size: 3, maxOverflow });
      let most = 0;
      const task = async (): Promise<void> => {
        for (let round = 0; round < 10; round++) {
          await using lease = await pool.checkout();
          most = Math.max(most, connector.open);
          lease.noteStart('select 1');
          await settle(2);
          lease.noteEnd(false);
        }
      };
      await Promise.all(Array.from({ length: 40 }, task));
      expect([most, pool.status().waiting, clock.timerCount]).toEqual([3 + maxOverflow, 0, 0]);
    }
  });

  it('has no limit at size 0, and reports no overflow', async () => {
    const { take, counts } = openPool({ size: 0 });
    const leases = await take(50);
    expect(counts()).toEqual([0, 0, 0, 50]);
    await releaseAll(leases);
    expect(counts()).toEqual([0, 50, 0, 0]);
  });

  it('serves others while one connect in the overflow hangs', async () => {
    const { take, ask, connector, pool } = openPool({ size: 2, maxOverflow: 3 });
    await take(2);
    connector.connects = ['never'];
    const attempts = [ask(), ask(), ask()];
    await settle();
    expect([attempts.map((attempt) => attempt.lease?.connection.id), pool.status().connecting]).toEqual([
      [3, 4, undefined],
      1,
    ]);
  });

  it('hands a returned overflow connection to the head of the line instead of closing it', async () => {
    const { take, ask, connector } = openPool({ size: 1, maxOverflow: 1 });
    const [first, second] = await take(2);
    const waiter = ask();
    await second?.release();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'connect']]);
    await first?.release();
  });

  it('settles at as many connections as are used together', async () => {
    const { take, connector, counts } = openPool();
    for (let round = 0; round < 20; round++) await releaseAll(await take(3));
    expect([connector.connections.length, counts()]).toEqual([3, [5, 3, 0, 0]]);
  });

  it('lends in turn by default, and the latest with useLifo', async () => {
    const orders = [];
    for (const useLifo of [false, true]) {
      const { take, takeOne } = openPool({ size: 3, useLifo });
      await releaseAll(await take(3));
      const order = [];
      for (let i = 0; i < 5; i++) {
        const lease = await takeOne();
        order.push(lease.connection.id);
        await lease.release();
      }
      orders.push(order);
    }
    expect(orders).toEqual([
      [1, 2, 3, 1, 2],
      [3, 3, 3, 3, 3],
    ]);
  });

  it('frees the place of a detached connection at once, and never closes that connection', async () => {
    const { takeOne, pool, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const detached = lease.detach();
    const next = await takeOne();
    await next.release();
    await pool.dispose();
    expect([detached.id, next.isReleased, connector.log]).toEqual([1, true, ['connect', 'connect', 'close 2']]);
  });

  it('holds the place of a connection that is closing politely', async () => {
    const { take, ask, connector, pool } = openPool({ size: 1, maxOverflow: 1, recycle: 1_000 });
    const closing = gate();
    connector.closes = [closing.opened];
    const [first, second] = await take(2);
    await first?.release();
    await second?.release();
    const waiters = [ask(), ask()];
    await settle();
    expect([waiters.map((waiter) => waiter.lease?.connection.id), pool.status().overflow]).toEqual([[1, undefined], 1]);
    closing.open();
    await settle();
    expect(waiters.map((waiter) => waiter.lease?.connection.id)).toEqual([1, 3]);
  });

  it('says its status in words', async () => {
    const { take, pool } = openPool();
    await take(15);
    expect(pool.statusText()).toBe(
      'Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15',
    );
  });

  it('works as an async disposable, with leases that are too', async () => {
    const { pool, connector } = openPool({ clock: new ManualClock() });
    {
      await using lending = pool;
      await using lease = await lending.checkout();
      expect(ids([lease])).toEqual([1]);
    }
    expect([connector.log, connector.open]).toEqual([['connect', 'close 1'], 0]);
  });
});
