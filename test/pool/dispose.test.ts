import { describe, expect, it } from 'vitest';

import { PoolClosedError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

/** Whether a promise is settled yet. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
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

  it('resolves after closeTimeout though a lease never comes back, and closes it should it come', async () => {
    const { takeOne, pool, clock, connector } = openPool({ closeTimeout: 5_000 });
    const lease = await takeOne();
    const disposed = pool.dispose();
    await clock.advance(4_999);
    expect(await isSettled(disposed)).toBe(false);
    await clock.advance(1);
    expect([await isSettled(disposed), connector.open]).toEqual([true, 1]);
    await lease.release();
    await settle();
    expect(connector.log).toEqual(['connect', 'close 1']);
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
    expect(pool[Symbol.asyncDispose]()).toBe(pool.dispose());
    await pool.dispose();
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
});
