import { describe, expect, it } from 'vitest';

import { PoolClosedError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

/** Whether a promise is settled yet. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await settle();
  return settled;
}

describe('QueuePool dispose', () => {
  it('closes the idle one now, the lent one when it comes back, and lends no more', async () => {
    const { take, pool, connector, counts } = openPool();
    const [idle, lent] = await take(2);
    await idle?.release();
    const disposed = pool.dispose();
    expect([connector.log.slice(2), await isSettled(disposed), counts()]).toEqual([['close 1'], false, [5, 0, 0, 1]]);
    await expect(pool.checkout()).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await lent?.release();
    await disposed;
    expect([connector.log.slice(2), connector.open, counts()]).toEqual([['close 1', 'close 2'], 0, [5, 0, 0, 0]]);
  });

  it('refuses those who wait', async () => {
    const { take, ask, pool, clock } = openPool({ size: 1, maxOverflow: 0, name: 'main' });
    await take(1);
    const waiter = ask();
    await clock.advance(2_000);
    void pool.dispose();
    await settle();
    expect(waiter.error).toBeInstanceOf(PoolClosedError);
    expect((waiter.error as Error).message).toBe(
      'The pool main was disposed of while this checkout waited (2.0 s). Dispose of a pool after the last piece of work that uses it. [POOL_CLOSED]',
    );
  });

  it('drops after closeTimeout what never came back, and says who has it', async () => {
    const { takeOne, pool, clock, connector } = openPool({ closeTimeout: 5_000 });
    const lease = await takeOne({ label: 'GET /slow' });
    const disposed = pool.dispose();
    await clock.advance(4_999);
    expect(await isSettled(disposed)).toBe(false);
    await clock.advance(1);
    const { holders } = await disposed;
    expect([holders.map(({ label, heldMs }) => [label, heldMs]), connector.open]).toEqual([[['GET /slow', 5_000]], 0]);
    await lease.release();
    lease.invalidate();
    expect([connector.log, pool.status().checkedOut]).toEqual([['connect', 'destroy 1'], 0]);
  });

  it('resolves though a connect never settles', async () => {
    const { ask, pool, clock, connector } = openPool({ closeTimeout: 1_000, connectTimeout: Infinity });
    connector.connects = [gate().opened];
    const attempt = ask();
    await settle();
    const disposed = pool.dispose({ timeout: 100 });
    await clock.advance(1_100);
    expect([(attempt.error as PoolClosedError).code, await disposed]).toEqual(['POOL_CLOSED', { holders: [] }]);
  });

  it('serves those who wait before it closes, when asked to, for as long as it may', async () => {
    const { takeOne, ask, pool, clock, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiters = [ask(), ask()];
    const disposed = pool.dispose({ waiters: 'serve', timeout: 1_000 });
    await expect(pool.checkout()).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await lease.release();
    await settle();
    expect([waiters[0]?.lease?.connection.id, waiters[1]?.error]).toEqual([1, undefined]);
    await clock.advance(1_000);
    expect(waiters[1]?.error).toMatchObject({ code: 'POOL_CLOSED' });
    expect([(await disposed).holders.length, connector.open]).toEqual([1, 0]);
  });

  it('is over as soon as the last one served has given back', async () => {
    const { takeOne, ask, pool, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiter = ask();
    const disposed = pool.dispose({ waiters: 'serve' });
    await lease.release();
    await settle();
    await waiter.lease?.release();
    expect([await disposed, connector.log]).toEqual([{ holders: [] }, ['connect', 'close 1']]);
  });

  it('touches no connection with close false, and forgets them all', async () => {
    const { take, ask, pool, connector, clock } = openPool({ size: 3, maxOverflow: 0 });
    const [first, second] = await take(2);
    await first?.release();
    const slow = gate();
    connector.connects = [slow.opened];
    const attempts = [ask(), ask()];
    await settle();
    expect(await pool.dispose({ close: false })).toEqual({ holders: [] });
    await second?.release();
    await attempts[0]?.lease?.release();
    expect([connector.log.filter((line) => line !== 'connect'), clock.timerCount]).toEqual([[], 1]);
    slow.open();
    await settle();
    expect([connector.log.filter((line) => line !== 'connect'), pool.status().checkedOut]).toEqual([['close 3'], 0]);
  });

  it('gives up connects in flight, and closes one that arrives all the same', async () => {
    const { ask, pool, connector } = openPool();
    const deaf = gate();
    connector.connects = ['never', deaf.opened];
    const attempts = [ask(), ask()];
    await settle();
    const disposed = pool.dispose();
    expect([connector.signals.map((signal) => signal.aborted), await isSettled(disposed)]).toEqual([
      [true, true],
      false,
    ]);
    deaf.open();
    await disposed;
    expect([attempts.map((attempt) => (attempt.error as PoolClosedError).code), connector.log, connector.open]).toEqual(
      [['POOL_CLOSED', 'POOL_CLOSED'], ['connect', 'connect', 'close 1'], 0],
    );
  });

  it('waits for tests and resets in flight', async () => {
    const { take, ask, pool, connector } = openPool({ prePing: true });
    const [first, second] = await take(2);
    await first?.release();
    const ping = gate();
    const reset = gate();
    connector.pings = [ping.opened];
    connector.resets = [reset.opened];
    ask();
    if (second !== undefined) second.connection.condition = 'dirty';
    void second?.release();
    const disposed = pool.dispose();
    expect(await isSettled(disposed)).toBe(false);
    ping.open();
    reset.open();
    await disposed;
    expect(connector.open).toBe(0);
  });

  it('destroys what fails to close or hangs, and closes the others', async () => {
    const { take, pool, connector, clock } = openPool({ closeTimeout: 1_000 });
    for (const lease of await take(3)) await lease.release();
    connector.closes = [new Error('no'), 'never', 'ok'];
    const disposed = pool.dispose();
    await clock.advance(1_000);
    await disposed;
    expect([connector.log.slice(3), connector.open]).toEqual([
      ['close 1', 'close 2', 'close 3', 'destroy 1', 'destroy 2'],
      0,
    ]);
  });

  it('waits for connections that were thrown away by a connector that cannot destroy', async () => {
    const { takeOne, pool, connector } = openPool();
    Object.defineProperty(connector, 'destroy', { value: undefined });
    const closing = gate();
    connector.closes = [closing.opened];
    (await takeOne()).invalidate();
    const disposed = pool.dispose();
    expect(await isSettled(disposed)).toBe(false);
    closing.open();
    await disposed;
    expect(connector.open).toBe(0);
  });

  it('is done once', async () => {
    const { pool } = openPool();
    expect(pool.dispose()).toBe(pool.dispose());
    await pool[Symbol.asyncDispose]();
    expect(await pool.dispose()).toEqual({ holders: [] });
  });

  it('meets checkout loops with nothing but closed errors', async () => {
    const { pool, connector } = openPool({ size: 2, maxOverflow: 1 });
    const errors = new Set<unknown>();
    const task = async (): Promise<void> => {
      for (;;) {
        try {
          await using lease = await pool.checkout();
          await settle(lease.connection.id);
        } catch (error) {
          errors.add((error as Error).constructor);
          return;
        }
      }
    };
    const tasks = Array.from({ length: 8 }, task);
    await settle(200);
    await Promise.all([pool.dispose(), pool.dispose(), ...tasks]);
    expect([[...errors], connector.open]).toEqual([[PoolClosedError], 0]);
  });

  it('can be hastened by a later call, which does not lengthen anything', async () => {
    const { pool, takeOne, clock } = openPool({ name: 'main' });
    await takeOne({ label: 'GET /slow' });
    const first = pool.dispose({ timeout: Infinity });
    void pool.dispose({ timeout: Infinity });
    await clock.advance(60_000);
    const second = pool.dispose({ timeout: 1_000 });
    await clock.advance(1_000);
    const reports = await Promise.all([first, second]);
    expect(reports.map(({ holders }) => holders.map(({ label }) => label))).toEqual([['GET /slow'], ['GET /slow']]);
    expect(clock.timerCount).toBe(0);
  });

  it('refuses those in line when a later call says so', async () => {
    const { pool, takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiter = ask();
    void pool.dispose({ waiters: 'serve', timeout: Infinity });
    await settle();
    expect(waiter.error).toBe(undefined);
    const report = pool.dispose({ waiters: 'refuse' });
    await settle();
    expect((waiter.error as Error | undefined)?.name).toBe('PoolClosedError');
    await lease.release();
    await clock.advance(1);
    expect((await report).holders).toEqual([]);
  });
});
