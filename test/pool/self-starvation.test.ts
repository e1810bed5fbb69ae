import { describe, expect, it } from 'vitest';

import { PoolSelfStarvationError, PoolTimeoutError, withScope } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';

const full = { size: 2, maxOverflow: 0, timeout: 1_000 };

describe('Self-starvation', () => {
  it('is found when every lease was taken in a scope that now waits for another one', async () => {
    const { pool, ask, clock } = openPool(full);
    const attempts = ['GET /a', 'GET /b'].map((label) =>
      withScope(label, async () => {
        await pool.checkout();
        return ask();
      }),
    );
    const [first] = await Promise.all(attempts);
    await clock.advance(1_000);
    expect(first?.error).toBeInstanceOf(PoolTimeoutError);
    const { verdict, holders, waiters } = first!.error as PoolTimeoutError;
    expect([verdict, holders.map(({ label }) => label), waiters]).toEqual([
      {
        cause: 'self-starvation',
        evidence: '2 of 2 connections are held by tasks that are themselves waiting here for another one',
      },
      ['GET /a', 'GET /b'],
      [
        { label: 'GET /a', count: 1 },
        { label: 'GET /b', count: 1 },
      ],
    ]);
  });

  it('is found where use() calls use(), without any label', async () => {
    const { pool, clock } = openPool(full);
    const nested = (): Promise<unknown> => pool.use(() => pool.use(() => 'never'));
    const outcomes = Promise.allSettled([nested(), nested()]);
    await clock.advance(1_000);
    const causes = (await outcomes).map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as PoolTimeoutError).verdict.cause : outcome.value,
    );
    expect(causes).toEqual(['self-starvation', 'self-starvation']);
  });

  it('is found when the inner wait stands in a scope of its own', async () => {
    const { pool, ask, clock } = openPool({ ...full, size: 1 });
    const inner = await withScope('GET /report', async () => {
      await pool.checkout();
      return withScope('audit', () => ask());
    });
    await clock.advance(1_000);
    expect((inner.error as PoolTimeoutError).verdict.cause).toBe('self-starvation');
  });

  it('is not seen where the holders are somebody else, or one task uses many connections side by side', async () => {
    const { pool, ask, clock } = openPool(full);
    const causes: string[] = [];
    await withScope('other', () => Promise.all([pool.checkout(), pool.checkout()]));
    const stranger = withScope('stranger', () => ask());
    await clock.advance(1_000);
    causes.push((stranger.error as PoolTimeoutError).verdict.cause);
    const wide = openPool(full);
    const uses = withScope('fan-out', () =>
      Array.from({ length: 3 }, () => wide.pool.use(() => new Promise(() => {})).catch((error: unknown) => error)),
    );
    await wide.clock.advance(1_000);
    causes.push(((await uses[2]) as PoolTimeoutError).verdict.cause);
    expect(causes).toEqual(['leak', 'leak']);
  });

  it('is refused at once where refuseSelfStarvation is set, and the others go on when the refused gives up', async () => {
    const { pool, ask, clock } = openPool({ ...full, refuseSelfStarvation: true, captureCallSites: true });
    const task = async (label: string) =>
      withScope(label, async () => {
        const lease = await pool.checkout();
        await settle();
        return { lease, second: ask() };
      });
    const [a, b] = await Promise.all([task('GET /a'), task('GET /b')]);
    await settle();
    expect(a.second.error).toBeUndefined();
    const error = b.second.error as PoolSelfStarvationError;
    expect(error).toBeInstanceOf(PoolSelfStarvationError);
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(
        /^Every connection of pool default is held by a task that itself waits for another one, and so would this checkout \(.*pool-bench\.ts:\d+:\d+\):$/,
      ) as string,
      expect.stringMatching(
        /^ {2}- GET \/a: held for 0\.0 s, no statement yet, not in transaction, taken at test\/pool\/self-starvation\.test\.ts:\d+:\d+$/,
      ) as string,
      expect.stringMatching(/^ {2}- GET \/b: held for 0\.0 s, /) as string,
      ' Do all of one task’s work on the connection it already has, or take what it needs before the first. [POOL_SELF_STARVATION]',
    ]);
    expect([error.code, error.retryable, error.holders.length, clock.timerCount]).toEqual([
      'POOL_SELF_STARVATION',
      false,
      2,
      1,
    ]);
    expect(a.second.lease).toBeUndefined();
    await b.lease.release();
    await settle();
    expect(a.second.lease?.isReleased).toBe(false);
  });

  it('is not refused while a connection is on its way, or held by somebody who does not wait', async () => {
    const { pool, ask } = openPool({ ...full, refuseSelfStarvation: true });
    await pool.checkout();
    const second = await withScope('GET /a', async () => {
      await pool.checkout();
      return ask();
    });
    await settle();
    expect([second.error, second.lease, pool.status().waiting]).toEqual([undefined, undefined, 1]);
  });
});

describe('withScope', () => {
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
