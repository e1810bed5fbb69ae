import { describe, expect, it } from 'vitest';

import { PoolOptionError, withScope } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { rejection } from '../support/rejection.ts';

describe('withScope', () => {
  it('refuses a label that is no text, and work that is no function, by name', () => {
    const bad: readonly [unknown, unknown][] = [
      [Symbol('x'), () => 'never'],
      [undefined, () => 'never'],
      [7, undefined],
    ];
    const errors = bad.map((given) => {
      try {
        return Reflect.apply(withScope, undefined, given);
      } catch (error) {
        return error;
      }
    });
    expect(errors.map((error) => error instanceof PoolOptionError && [error.code, error.faults])).toEqual([
      ['POOL_BAD_OPTION', ['the label must be a text, not symbol']],
      ['POOL_BAD_OPTION', ['the label must be a text, not undefined']],
      ['POOL_BAD_OPTION', ['the label must be a text, not 7', 'the work must be a function, not undefined']],
    ]);
  });

  it('labels the checkouts in it, unless they have a label of their own, and gives back what the work returns', async () => {
    const { pool } = openPool({ size: 3 });
    const result = await withScope('nightly report', async () => {
      await pool.checkout();
      await pool.checkout({ label: 'part' });
      await withScope('inner', () => pool.checkout());
      return 'done';
    });
    await pool.checkout();
    expect([result, pool.holders().map(({ label }) => label)]).toEqual([
      'done',
      ['nightly report', 'part', 'inner', undefined],
    ]);
  });

  it('labels who waits, also when somebody outside serves them', async () => {
    const { pool, takeOne, ask } = openPool({ size: 1, maxOverflow: 0 });
    const outside = await takeOne();
    withScope('GET /a', () => ask());
    expect(pool.waiters().map(({ label }) => label)).toEqual(['GET /a']);
    await outside.release();
    await settle();
    expect(pool.holders().map(({ label }) => label)).toEqual(['GET /a']);
  });
});

describe('use()', () => {
  it('refuses work that is no function before it takes a connection', async () => {
    const { pool, connector } = openPool();
    const error = await rejection(Reflect.apply(pool.use, pool, [undefined]));
    expect([error.code, connector.log]).toEqual(['POOL_BAD_OPTION', []]);
  });

  it('lends while the work runs, and takes back after it', async () => {
    const { pool, connector, counts } = openPool();
    const seen = await pool.use((connection, lease) => [connection.id, lease.isReleased, counts()], { label: 'job' });
    expect([seen, counts(), connector.log]).toEqual([[1, false, [5, 0, 0, 1]], [5, 1, 0, 0], ['connect']]);
  });

  it('takes back when the work throws, now or later, and passes the error on', async () => {
    const { pool, counts } = openPool();
    const now = pool.use(() => {
      throw new Error('now');
    });
    await expect(now).rejects.toThrow('now');
    await expect(pool.use(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(counts()).toEqual([5, 1, 0, 0]);
  });

  it('does not run the work when there is no connection for it', async () => {
    const { pool, connector } = openPool({ size: 1 });
    connector.connects = [new Error('password authentication failed')];
    let hasRun = false;
    await expect(pool.use(() => (hasRun = true))).rejects.toThrow('password authentication failed');
    expect(hasRun).toBe(false);
  });

  it('leaves a lease alone that the work has thrown away or taken out itself', async () => {
    const { pool, connector, counts } = openPool();
    await pool.use((_, lease) => lease.invalidate());
    await pool.use((_, lease) => void lease.detach());
    expect([connector.log, counts()]).toEqual([
      ['connect', 'destroy 1', 'connect'],
      [5, 0, 0, 0],
    ]);
  });
});
