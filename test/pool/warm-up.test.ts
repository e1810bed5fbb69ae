import { describe, expect, it } from 'vitest';

import { PoolClosedError, PoolTimeoutError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { ids, openPool } from '../support/pool-bench.ts';
import { gate, refusal } from '../support/scripted-connector.ts';

/** Tells how it ended, once it has. */
function outcomeOf(warmUp: Promise<void>): { value: unknown } {
  const outcome: { value: unknown } = { value: 'pending' };
  warmUp.then(
    () => (outcome.value = 'warm'),
    (error: unknown) => (outcome.value = error),
  );
  return outcome;
}

describe('QueuePool warmUp', () => {
  it('counts what is out, and waits for no holder', async () => {
    const { pool, take, counts } = openPool({ size: 3, maxOverflow: 0 });
    await take(1);
    await pool.warmUp();
    expect(counts()).toEqual([3, 2, 0, 1]);
  });

  it('lends what is there meanwhile', async () => {
    const { pool, connector, ask, counts } = openPool({ size: 3, maxOverflow: 0, maxConnecting: 3 });
    const slow = gate();
    connector.connects = ['ok', 'ok', slow.opened];
    const warmUp = outcomeOf(pool.warmUp());
    const attempts = [ask(), ask()];
    await settle();
    expect([warmUp.value, attempts.map(({ lease }) => lease?.connection.id)]).toEqual(['pending', [1, 2]]);
    slow.open();
    await settle();
    expect([warmUp.value, counts()]).toEqual(['warm', [3, 1, 0, 2]]);
  });

  it('waits for a database that starts up', async () => {
    const { pool, connector, clock, counts } = openPool({ size: 2 });
    connector.connects = Array.from({ length: 8 }, refusal);
    const warmUp = outcomeOf(pool.warmUp());
    await clock.advance(10_000);
    expect([warmUp.value, counts(), clock.timerCount]).toEqual(['warm', [2, 2, 0, 0], 0]);
  });

  it('gives up when its time is over, and says why', async () => {
    const { pool, connector, clock } = openPool({ size: 2, timeout: 5_000 });
    const down = refusal();
    connector.connects = Array.from({ length: 50 }, () => down);
    const warmUp = outcomeOf(pool.warmUp());
    await clock.advance(5_000);
    expect(warmUp.value).toBeInstanceOf(PoolTimeoutError);
    expect(warmUp.value).toMatchObject({ verdict: { cause: 'database down' }, cause: down });
    const tries = connector.log.length;
    await clock.advance(60_000);
    expect([connector.log.length, clock.timerCount]).toEqual([tries, 0]);
  });

  it('wants no more than are kept, when the pool shrinks meanwhile', async () => {
    const { pool, connector, take } = openPool({ size: 3, maxOverflow: 0 });
    const slow = gate();
    connector.connects = ['ok', slow.opened, slow.opened];
    const warmUp = outcomeOf(pool.warmUp());
    await settle();
    pool.resize({ size: 1 });
    await settle();
    slow.open();
    await settle();
    expect([warmUp.value, pool.status()]).toMatchObject(['warm', { size: 1, checkedIn: 1, connecting: 0 }]);
    expect((await take(1)).length).toBe(1);
  });

  it('ends with the pool', async () => {
    const { pool, connector } = openPool({ size: 2 });
    connector.connects = ['never'];
    const warmUp = outcomeOf(pool.warmUp());
    await settle();
    void pool.dispose();
    await settle();
    expect(warmUp.value).toBeInstanceOf(PoolClosedError);
    await expect(pool.warmUp()).rejects.toBeInstanceOf(PoolClosedError);
  });

  it('is no checkout in the totals', async () => {
    const { pool, take } = openPool({ size: 2 });
    await pool.warmUp();
    expect(pool.totals()).toMatchObject({ started: 0, opened: 2 });
    expect(ids(await take(2))).toEqual([1, 2]);
  });
});
