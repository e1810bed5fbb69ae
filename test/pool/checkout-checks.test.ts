import { describe, expect, it } from 'vitest';

import { settle } from '../support/manual-clock.ts';
import { openPool, releaseAll } from '../support/pool-bench.ts';

const gone = new Error('terminating connection');

describe('QueuePool checks at checkout', () => {
  it('pings a pooled connection, but never a new one', async () => {
    const { takeOne, connector } = openPool({ prePing: true });
    await (await takeOne()).release();
    await (await takeOne()).release();
    expect(connector.log).toEqual(['connect', 'ping 1']);
  });

  it('does not ping by default', async () => {
    const { takeOne, connector } = openPool();
    await (await takeOne()).release();
    await (await takeOne()).release();
    expect(connector.log).toEqual(['connect']);
  });

  it('replaces a connection whose ping fails', async () => {
    const { takeOne, connector, counts } = openPool({ prePing: true });
    await (await takeOne()).release();
    connector.pings = [gone];
    const lease = await takeOne();
    expect([lease.connection.id, connector.log, counts()]).toEqual([
      2,
      ['connect', 'ping 1', 'destroy 1', 'connect'],
      [5, 0, 0, 1],
    ]);
  });

  it('takes a ping that hangs for dead, and still has time to reconnect', async () => {
    const { takeOne, ask, connector, clock } = openPool({ prePing: true, pingTimeout: 500, timeout: 1_000 });
    await (await takeOne()).release();
    connector.pings = ['never'];
    const attempt = ask();
    await clock.advance(500);
    expect([attempt.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'ping 1', 'destroy 1', 'connect']]);
  });

  it('serves a hundred callers though a third of the pings fail', async () => {
    const { pool, takeOne, connector, counts } = openPool({ size: 5, maxOverflow: 0, prePing: true });
    await releaseAll(await Promise.all([takeOne(), takeOne(), takeOne(), takeOne(), takeOne()]));
    connector.pings = Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? gone : 'ok'));
    const task = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await using lease = await pool.checkout();
        await settle(lease.connection.id % 3);
      }
    };
    await Promise.all(Array.from({ length: 10 }, task));
    const destroyed = connector.log.filter((line) => line.startsWith('destroy')).length;
    const connected = connector.log.filter((line) => line === 'connect').length;
    // The last to fail are replaced when somebody asks.
    expect(counts()).toEqual([5, connected - destroyed, 0, 0]);
    expect([connector.open, destroyed > 30]).toEqual([connected - destroyed, true]);
  });

  it('never lends a connection that says it is broken', async () => {
    const { takeOne, connector } = openPool();
    const lease = await takeOne();
    await lease.release();
    const { connections } = connector;
    if (connections[0] !== undefined) connections[0].condition = 'broken';
    expect([(await takeOne()).connection.id, connector.log]).toEqual([2, ['connect', 'destroy 1', 'connect']]);
  });

  it('replaces a connection older than recycle, and not a younger one', async () => {
    const { takeOne, connector, clock } = openPool({ recycle: 30_000 });
    await (await takeOne()).release();
    await clock.advance(1_000);
    const young = await takeOne();
    const id = young.connection.id;
    await young.release();
    await clock.advance(34_000);
    const old = await takeOne();
    expect([id, old.connection.id, connector.log]).toEqual([1, 2, ['connect', 'close 1', 'connect']]);
  });

  it('closes an expired connection when it comes back', async () => {
    const { takeOne, counts, clock, connector } = openPool({ recycle: 30_000 });
    const lease = await takeOne();
    await clock.advance(30_000);
    await lease.release();
    await settle();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'close 1'],
      [5, 0, 0, 0],
    ]);
  });
});
