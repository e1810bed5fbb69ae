import { describe, expect, it } from 'vitest';

import { settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

describe('QueuePool idleTimeout', () => {
  it('closes connections that were idle for so long, down to minIdle', async () => {
    const { take, connector, clock, counts } = openPool({ size: 4, idleTimeout: 10_000, minIdle: 1 });
    await releaseAll(await take(4));
    await clock.advance(9_999);
    expect(counts()).toEqual([4, 4, 0, 0]);
    await clock.advance(1);
    expect([connector.log.slice(4), counts()]).toEqual([
      ['close 1', 'close 2', 'close 3'],
      [4, 1, 0, 0],
    ]);
    await clock.advance(60_000);
    expect([counts(), clock.timerCount]).toEqual([[4, 1, 0, 0], 0]);
  });

  it('closes nothing that must be kept', async () => {
    const { take, connector, clock } = openPool({ size: 3, minIdle: 3, idleTimeout: 1_000 });
    await releaseAll(await take(3));
    await clock.advance(10_000);
    expect(connector.log.filter((line) => line.startsWith('close'))).toEqual([]);
  });

  it('lets the superfluous go under constant light use, with useLifo', async () => {
    const { take, clock, counts, connector } = openPool({ size: 4, idleTimeout: 1_000, useLifo: true });
    await releaseAll(await take(4));
    for (let round = 0; round < 30; round++) {
      await releaseAll(await take(2));
      await clock.advance(100);
    }
    expect([counts(), connector.log.slice(4)]).toEqual([
      [4, 2, 0, 0],
      ['close 1', 'close 2'],
    ]);
  });

  it('drops an idle connection that broke, without being asked for it', async () => {
    const { takeOne, connector, clock } = openPool({ idleTimeout: 1_000, minIdle: 1, size: 1 });
    const lease = await takeOne();
    await lease.release();
    const [connection] = connector.connections;
    if (connection !== undefined) connection.condition = 'broken';
    await clock.advance(1_000);
    expect(connector.log).toEqual(['connect', 'destroy 1', 'connect']);
  });
});

describe('QueuePool recycle', () => {
  it('closes an idle connection when its time is over', async () => {
    const { takeOne, connector, clock, counts } = openPool({ recycle: 30_000 });
    await (await takeOne()).release();
    await clock.advance(29_999);
    expect(counts()).toEqual([5, 1, 0, 0]);
    await clock.advance(1);
    expect([connector.log, counts()]).toEqual([
      ['connect', 'close 1'],
      [5, 0, 0, 0],
    ]);
  });

  it('ends lives up to a tenth early, at random, so that they do not end together', async () => {
    const chances = [0, 0.5, 1];
    const { take, connector, clock } = openPool({ recycle: 1_000, size: 3, random: () => chances.shift() ?? 0 });
    await releaseAll(await take(3));
    const seen: string[][] = [];
    for (const ms of [900, 50, 50]) {
      await clock.advance(ms);
      seen.push(connector.log.slice(3));
    }
    expect(seen).toEqual([['close 3'], ['close 3', 'close 2'], ['close 3', 'close 2', 'close 1']]);
  });

  it('leaves a lent connection alone until it comes back, and then serves the waiter with a new one', async () => {
    const { takeOne, ask, connector, clock } = openPool({ recycle: 1_000, size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    await clock.advance(5_000);
    const waiter = ask();
    expect(connector.log).toEqual(['connect']);
    await lease.release();
    await settle();
    expect([connector.log, waiter.lease?.connection.id]).toEqual([['connect', 'close 1', 'connect'], 2]);
  });
});

describe('QueuePool maxUses', () => {
  it('closes a connection when it comes back from its last use, and refills', async () => {
    const { takeOne, connector, counts } = openPool({ size: 1, maxOverflow: 0, maxUses: 2, minIdle: 1 });
    await (await takeOne()).release();
    expect(connector.log).toEqual(['connect']);
    await (await takeOne()).release();
    await settle();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'close 1', 'connect'],
      [1, 1, 0, 0],
    ]);
  });
});

describe('QueuePool keepAlive', () => {
  it('pings connections that were quiet for so long, and keeps those that answer', async () => {
    const { takeOne, connector, clock, counts } = openPool({ keepAlive: 500 });
    await (await takeOne()).release();
    await clock.advance(499);
    expect(connector.log).toEqual(['connect']);
    await clock.advance(1_001);
    expect([connector.log, counts()]).toEqual([
      ['connect', 'ping 1', 'ping 1', 'ping 1'],
      [5, 1, 0, 0],
    ]);
  });

  it('finds a dead one and fills up again', async () => {
    const { connector, clock, counts } = openPool({ keepAlive: 500, minIdle: 1 });
    await settle();
    connector.pings = [new Error('terminated')];
    await clock.advance(500);
    expect([connector.log, counts()]).toEqual([
      ['connect', 'ping 1', 'destroy 1', 'connect'],
      [5, 1, 0, 0],
    ]);
  });

  it('does not lend a connection during its ping; who asks gets it afterwards', async () => {
    const { takeOne, ask, connector, clock } = openPool({ keepAlive: 500, size: 1, maxOverflow: 0 });
    await (await takeOne()).release();
    const ping = gate();
    connector.pings = [ping.opened];
    await clock.advance(500);
    const waiter = ask();
    await settle();
    expect(waiter.lease).toBe(undefined);
    ping.open();
    await settle();
    expect(waiter.lease?.connection.id).toBe(1);
  });

  it('does not count as use: an idle connection is closed all the same', async () => {
    const { takeOne, connector, clock } = openPool({ keepAlive: 400, idleTimeout: 1_000 });
    await (await takeOne()).release();
    await clock.advance(1_000);
    expect(connector.log).toEqual(['connect', 'ping 1', 'ping 1', 'close 1']);
  });
});

describe('A pooled connection', () => {
  it('is not tested by prePing when it was in use within pingAfter', async () => {
    const { takeOne, connector, clock } = openPool({ prePing: true, pingAfter: 500 });
    await (await takeOne()).release();
    await clock.advance(499);
    await (await takeOne()).release();
    await clock.advance(499);
    await (await takeOne()).release();
    expect(connector.log).toEqual(['connect']);
    await clock.advance(500);
    await takeOne();
    expect(connector.log).toEqual(['connect', 'ping 1']);
  });
});

describe('QueuePool after a standstill', () => {
  it('tests idle connections before it lends them, though it does not ping otherwise', async () => {
    const { take, takeOne, connector, clock } = openPool();
    await releaseAll(await take(2));
    clock.block(60_000);
    connector.pings = [new Error('terminated')];
    const lease = await takeOne();
    expect([connector.log.slice(2), lease.connection.id]).toEqual([['ping 1', 'destroy 1', 'ping 2'], 2]);
    await lease.release();
    expect(ids([await takeOne()])).toEqual([2]);
    expect(connector.log.slice(5)).toEqual([]);
  });

  it('does so when a caller comes before any timer', async () => {
    const { takeOne, connector, clock } = openPool();
    await (await takeOne()).release();
    clock.freeze(60_000);
    await takeOne();
    expect(connector.log).toEqual(['connect', 'ping 1']);
  });

  it('does so when only the wall clock jumped, forwards or backwards', async () => {
    const { takeOne, connector, clock } = openPool();
    for (const ms of [3_600_000, -3_600_000]) {
      await (await takeOne()).release();
      clock.jump(ms);
      await clock.advance(1_000);
    }
    await takeOne();
    expect(connector.log).toEqual(['connect', 'ping 1', 'ping 1']);
  });

  it('pings nothing when time just passes, or stands still for less', async () => {
    const { takeOne, connector, clock } = openPool();
    await (await takeOne()).release();
    await clock.advance(60_000);
    clock.freeze(5_000);
    await takeOne();
    expect(connector.log).toEqual(['connect']);
  });

  it('can be switched off', async () => {
    const { takeOne, connector, clock } = openPool({ thawAfter: Infinity });
    await (await takeOne()).release();
    clock.block(60_000);
    await takeOne();
    expect(connector.log).toEqual(['connect']);
  });
});
