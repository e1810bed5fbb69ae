import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';

import { PoolConnectTimeoutError, QueuePool } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';

const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432');

describe('QueuePool connects', () => {
  it('passes the failure to the caller and restores the counts', async () => {
    const { take, ask, connector, counts } = openPool({ size: 2, maxOverflow: 3 });
    await take(3);
    connector.connects = [refused];
    const attempt = ask();
    await settle();
    expect([attempt.error, counts()]).toEqual([refused, [2, 0, 1, 3]]);
    expect(ids(await take(2))).toEqual([4, 5]);
  });

  it('can lend all again after the database was down', async () => {
    const { take, ask, connector, counts, clock } = openPool({ size: 2, maxOverflow: 3, recycle: 1_000 });
    await releaseAll(await take(1));
    await clock.advance(1_000);
    connector.connects = [refused, refused];
    const attempts = [ask(), ask()];
    await settle();
    expect([attempts.map((attempt) => attempt.error), counts()]).toEqual([
      [refused, refused],
      [2, 0, 0, 0],
    ]);
    await take(5);
    expect(counts()).toEqual([2, 0, 3, 5]);
  });

  it('refuses one caller for each failure, the first in line first', async () => {
    const { ask, connector, pool } = openPool({ size: 2, maxOverflow: 0 });
    connector.connects = [refused, refused, refused];
    const attempts = [ask(), ask(), ask(), ask()];
    await settle();
    expect([
      attempts.map((attempt) => attempt.error),
      attempts[3]?.lease?.connection.id,
      pool.status().waiting,
    ]).toEqual([[refused, refused, refused, undefined], 1, 0]);
  });

  it('serves a waiter with what a holder returns, though its connect fails later', async () => {
    const { take, ask, connector, counts } = openPool({ size: 2, maxOverflow: 1 });
    const slow = gate();
    const [first] = await take(2);
    connector.connects = [slow.opened];
    const waiter = ask();
    await settle();
    await first?.release();
    slow.fail(refused);
    await settle();
    expect([waiter.lease?.connection.id, waiter.error, counts()]).toEqual([1, undefined, [2, 0, 0, 2]]);
  });

  it('bounds a connect, and closes the connection that arrives too late', async () => {
    const { ask, connector, clock, counts } = openPool({ connectTimeout: 5_000 });
    const deaf = gate();
    connector.connects = [deaf.opened];
    const attempt = ask();
    await clock.advance(5_000);
    expect(attempt.error).toBeInstanceOf(PoolConnectTimeoutError);
    expect(attempt.error).toMatchObject({ code: 'POOL_CONNECT_TIMEOUT', retryable: true });
    expect([connector.signals[0]?.aborted, counts()]).toEqual([true, [5, 0, 0, 0]]);
    deaf.open();
    await settle();
    expect([connector.log, connector.open, counts()]).toEqual([['connect', 'close 1'], 0, [5, 0, 0, 0]]);
  });

  it('counts a connection that arrives too late until it is closed, and drops it when there is no place', async () => {
    const { ask, connector, clock, counts } = openPool({ size: 1, maxOverflow: 0, connectTimeout: 5_000 });
    const [deaf, deafToo] = [gate(), gate()];
    connector.connects = [deaf.opened];
    ask();
    await clock.advance(5_000);
    const closing = gate();
    connector.closes = [closing.opened];
    deaf.open();
    await settle();
    connector.connects = [deafToo.opened];
    const attempt = ask();
    await settle();
    expect([attempt.lease, connector.open, connector.log]).toEqual([undefined, 1, ['connect', 'close 1']]);
    closing.open();
    await clock.advance(5_000);
    await ask().promise;
    deafToo.open();
    await settle();
    expect([connector.log.slice(2), counts()]).toEqual([
      ['connect', 'connect', 'destroy 3'],
      [1, 0, 0, 1],
    ]);
  });

  it('turns a connector that throws into a refusal', async () => {
    const thrower = {
      connect: (): Promise<never> => {
        throw refused;
      },
      close: async (): Promise<void> => {},
    };
    const pool = new QueuePool(thrower, { clock: new ManualClock() });
    await expect(pool.checkout()).rejects.toBe(refused);
    expect(pool.status().connecting).toBe(0);
  });

  it('opens connections outside the async context of whoever asks', async () => {
    const requests = new AsyncLocalStorage<string>();
    const connector = new ScriptedConnector();
    const seen: (string | undefined)[] = [];
    connector.onConnect = () => seen.push(requests.getStore());
    const pool = new QueuePool(connector, { clock: new ManualClock() });
    const inside = await requests.run('GET /users', async () => {
      await pool.checkout();
      return requests.getStore();
    });
    expect([seen, inside]).toEqual([[undefined], 'GET /users']);
  });

  it('stays consistent when a connector asks the pool for more while it connects', async () => {
    const { ask, connector, pool, counts } = openPool({ size: 2, maxOverflow: 0 });
    connector.onConnect = () => {
      connector.onConnect = undefined;
      void pool.checkout();
    };
    const attempt = ask();
    await settle();
    expect([attempt.lease?.connection.id, counts(), connector.log]).toEqual([1, [2, 0, 0, 2], ['connect', 'connect']]);
  });
});
