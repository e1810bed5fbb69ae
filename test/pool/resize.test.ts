import { describe, expect, it } from 'vitest';

import { PoolTimeoutError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { gate, refusal } from '../support/scripted-connector.ts';

describe('QueuePool resize', () => {
  it('serves waiters without any release when it grows', async () => {
    const { take, ask, pool } = openPool({ size: 1, maxOverflow: 0 });
    await take(1);
    const waiters = [ask(), ask()];
    pool.resize({ size: 2, maxOverflow: 1 });
    await settle();
    expect([waiters.map(({ lease }) => lease?.connection.id), pool.status().overflow]).toEqual([[2, 3], 1]);
  });

  it('closes idle connections at once when it shrinks, lent ones when they come back, never a holder’s', async () => {
    const { take, pool, connector, counts } = openPool({ size: 4, maxOverflow: 0 });
    const leases = await take(4);
    await releaseAll(leases.slice(0, 2));
    pool.resize({ size: 1 });
    await settle();
    expect([connector.log.slice(4), counts()]).toEqual([
      ['close 1', 'close 2'],
      [1, 0, 1, 2],
    ]);
    await releaseAll(leases.slice(2));
    expect([connector.log.slice(6), counts()]).toEqual([['close 3'], [1, 1, 0, 0]]);
  });

  it('does not double places when it shrinks and grows before holders return', async () => {
    const { take, ask, pool, connector } = openPool({ size: 2, maxOverflow: 0 });
    await take(2);
    pool.resize({ size: 1 });
    pool.resize({ size: 2 });
    const waiter = ask();
    await settle();
    expect([waiter.lease, connector.open]).toEqual([undefined, 2]);
  });

  it('keeps what is not named, and refuses what cannot be', () => {
    const { pool } = openPool({ size: 3, maxOverflow: 2, minIdle: 2 });
    pool.resize({ maxOverflow: 7 });
    pool.resize({});
    expect(pool.status().size).toBe(3);
    const bad = { size: 1, maxOverflow: -2, timeout: 3 } as unknown as { size: number };
    expect(() => pool.resize(bad)).toThrow(
      expect.objectContaining({
        faults: ['timeout is not an option', 'maxOverflow must be a whole number of -1 or more, not -2'],
      }),
    );
    expect(() => pool.resize({ size: 1 })).toThrow('minIdle (2) must not exceed size (1): no more are kept');
  });
});

describe('QueuePool suspend', () => {
  it('lends nothing until resume, and serves the line then', async () => {
    const { takeOne, ask, pool, connector } = openPool({ size: 2, maxOverflow: 0 });
    const lease = await takeOne();
    pool.suspend();
    const waiters = [ask(), ask()];
    await lease.release();
    await settle();
    expect([waiters.map(({ lease: got }) => got), pool.status().checkedIn, pool.isSuspended]).toEqual([
      [undefined, undefined],
      1,
      true,
    ]);
    pool.resume();
    await settle();
    expect([waiters.map(({ lease: got }) => got?.connection.id), connector.log]).toEqual([
      [1, 2],
      ['connect', 'connect'],
    ]);
  });

  it('keeps the deadlines of those who wait', async () => {
    const { ask, pool, clock } = openPool({ timeout: 100 });
    pool.suspend();
    const patient = ask();
    const hasty = ask({ timeout: 0 });
    await settle();
    expect([patient.error, hasty.error?.constructor]).toEqual([undefined, PoolTimeoutError]);
    await clock.advance(100);
    expect(patient.error).toBeInstanceOf(PoolTimeoutError);
  });

  it('keeps a connection that arrives meanwhile', async () => {
    const { ask, pool, connector } = openPool();
    const slow = gate();
    connector.connects = [slow.opened];
    const waiter = ask();
    await settle();
    pool.suspend();
    slow.open();
    await settle();
    expect([waiter.lease, pool.status().checkedIn]).toEqual([undefined, 1]);
    pool.resume();
    await settle();
    expect(waiter.lease?.connection.id).toBe(1);
  });
});

describe('QueuePool warm-up', () => {
  it('resolves when the connections are there, and keeps them', async () => {
    const { pool, connector, take, counts } = openPool({ size: 3, maxOverflow: 2 });
    await pool.warmUp();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'connect', 'connect'],
      [3, 3, 0, 0],
    ]);
    expect(ids(await take(3))).toEqual([1, 2, 3]);
  });

  it('opens as many as it is told, never more than are kept', async () => {
    const { pool, counts } = openPool({ size: 3, maxOverflow: 2 });
    await pool.warmUp(1);
    expect(counts()).toEqual([3, 1, 0, 0]);
    await pool.warmUp(9);
    expect(counts()).toEqual([3, 3, 0, 0]);
  });

  it('fails with the cause when the database is not there, and keeps what was opened', async () => {
    const { pool, connector, counts } = openPool({ size: 2 });
    const fatal = new Error('password authentication failed');
    connector.connects = ['ok', fatal];
    await expect(pool.warmUp()).rejects.toBe(fatal);
    expect(counts()).toEqual([2, 1, 0, 0]);
  });
});

describe('QueuePool minIdle', () => {
  it('is filled from the start, and again when connections are lent or lost', async () => {
    const { pool, connector, takeOne, counts } = openPool({ size: 3, maxOverflow: 0, minIdle: 2 });
    await settle();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'connect'],
      [3, 2, 0, 0],
    ]);
    const lease = await takeOne();
    await settle();
    expect(counts()).toEqual([3, 2, 0, 1]);
    lease.invalidate();
    pool.invalidateAll();
    await settle();
    expect(counts()).toEqual([3, 2, 0, 0]);
  });

  it('never passes the kept size', async () => {
    const { take, counts } = openPool({ size: 3, maxOverflow: 2, minIdle: 2 });
    await take(2);
    await settle();
    expect(counts()).toEqual([3, 1, 0, 2]);
  });

  it('spaces its attempts while the database is away, on timers that keep no process alive', async () => {
    const { pool, connector, clock, counts } = openPool({ minIdle: 2, maxRetryDelay: 5_000 });
    await settle();
    connector.connects = Array.from({ length: 100 }, refusal);
    pool.invalidateAll();
    await clock.advance(1_000);
    const early = connector.log.length;
    await clock.advance(60_000);
    expect([early, connector.log.length, clock.timerCount]).toEqual([10, 35, 0]);
    connector.connects = [];
    await clock.advance(5_000);
    expect(counts()).toEqual([5, 2, 0, 0]);
  });
});

describe('QueuePool recreate', () => {
  it('makes a pool with the same connector and options, which prepares its first connection again', async () => {
    const { pool, connector, takeOne } = openPool({ size: 3, maxOverflow: 0, name: 'main' });
    let prepared = 0;
    Object.assign(connector, { prepareOnce: () => void (prepared += 1) });
    pool.resize({ size: 4 });
    const again = pool.recreate();
    expect([again.name, again.status().size, connector.log]).toEqual(['main', 4, []]);
    await (await again.checkout()).release();
    await again.dispose();
    await takeOne();
    expect([connector.log, prepared]).toEqual([['connect', 'close 1', 'connect'], 1]);
  });
});
