import { describe, expect, it } from 'vitest';

import { PoolSelfStarvationError, PoolTimeoutError, withScope } from '../../src/pool/index.ts';
import { WaitingTasks } from '../../src/pool/starvation.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool, watch } from '../support/pool-bench.ts';

const full = { size: 2, maxOverflow: 0, timeout: 1_000 };

function codeOf({ error }: { readonly error: unknown }): unknown {
  return error instanceof PoolSelfStarvationError ? error.code : error;
}

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
      expect.stringMatching(
        /^ {2}in line: GET \/a at test\/support\/pool-bench\.ts:\d+:\d+, GET \/b at test\/support\/pool-bench\.ts:\d+:\d+$/,
      ) as string,
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

  it('is told with both stacks, as values too: who holds, and where the same tasks wait', async () => {
    const { takeOne, ask } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const owner = {};
    await takeOne({ owner, label: 'job', callSite: { line: 'src/job.ts:1:1' } });
    ask({ label: 'stranger' });
    const starved = ask({ owner, label: 'audit', callSite: { line: 'src/audit.ts:2:2' } });
    await settle();
    const { holders, waiters } = starved.error as PoolSelfStarvationError;
    expect([holders.map(({ label, line }) => [label, line]), waiters]).toEqual([
      [['job', 'src/job.ts:1:1']],
      [{ label: 'audit', count: 1, line: 'src/audit.ts:2:2' }],
    ]);
  });

  it('is refused when a grant completes the circle', async () => {
    const { takeOne, ask } = openPool({ ...full, refuseSelfStarvation: true });
    const [a, b] = [{}, {}];
    await takeOne({ owner: a });
    const stranger = await takeOne();
    const [b1, b2] = [ask({ owner: b }), ask({ owner: b })];
    const a2 = ask({ owner: a });
    await settle();
    expect([a2.error, b2.error]).toEqual([undefined, undefined]);
    await stranger.release();
    await settle();
    expect([b1.lease !== undefined, b2.error, codeOf(a2)]).toEqual([true, undefined, 'POOL_SELF_STARVATION']);
  });

  it('is refused when the pool loses a place', async () => {
    for (const lose of ['resize', 'detach'] as const) {
      const { pool, takeOne, ask, connector } = openPool({ ...full, refuseSelfStarvation: true });
      const owner = {};
      await takeOne({ owner });
      const other = await takeOne();
      connector.closes = ['never'];
      const starved = ask({ owner });
      await settle();
      expect(starved.error).toBe(undefined);
      pool.resize({ size: 1, maxOverflow: 0 });
      if (lose === 'resize') await other.invalidate();
      else other.detach();
      await settle();
      expect(codeOf(starved)).toBe('POOL_SELF_STARVATION');
    }
  });

  it('is refused behind any number of strangers, and seen there by the verdict', async () => {
    const refusing = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const judging = openPool({ ...full, size: 2 });
    const [a, b] = [{}, {}];
    await refusing.takeOne({ owner: a });
    for (const owner of [a, b]) await judging.takeOne({ owner });
    for (let i = 0; i < 1_500; i++) {
      refusing.ask({ label: 'x', timeout: 60_000 });
      judging.ask({ label: 'x', timeout: 60_000 });
    }
    const starved = refusing.ask({ owner: a });
    const judged = judging.ask({ owner: a });
    judging.ask({ owner: b, timeout: 60_000 });
    await settle();
    expect(codeOf(starved)).toBe('POOL_SELF_STARVATION');
    await judging.clock.advance(1_000);
    expect((judged.error as PoolTimeoutError).verdict.cause).toBe('self-starvation');
  });

  it('is refused for every wait of a task that holds the only connection', async () => {
    const { pool } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const outcomes = await withScope('A', () =>
      pool.use(() => Promise.allSettled([pool.use(() => 1), pool.use(() => 2)])),
    );
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && codeOf({ error: outcome.reason }))).toEqual([
      'POOL_SELF_STARVATION',
      'POOL_SELF_STARVATION',
    ]);
  });

  it('is refused in a pool that is suspended too', async () => {
    const { pool, takeOne, ask } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const owner = {};
    await takeOne({ owner });
    pool.suspend();
    const starved = ask({ owner });
    await settle();
    expect(codeOf(starved)).toBe('POOL_SELF_STARVATION');
  });

  it('is refused to whom its label holds back, when all that the label may have is held by such tasks', async () => {
    const { pool, takeOne, ask } = openPool({ size: 5, maxOverflow: 0, maxPerLabel: 1, refuseSelfStarvation: true });
    const owner = {};
    const held = await takeOne({ label: 'a', owner });
    await takeOne({ label: 'b' });
    const stranger = ask({ label: 'a' });
    const other = ask({ label: 'b', owner });
    const starved = ask({ label: 'a', owner });
    await settle();
    expect([stranger.error, other.error, codeOf(starved)]).toEqual([undefined, undefined, 'POOL_SELF_STARVATION']);
    const { message, holders } = starved.error as PoolSelfStarvationError;
    expect([message.split('\n')[0], holders.length]).toEqual([
      'Every connection of pool default that maxPerLabel allows a, which is 1 at a time, is held by a task that itself waits for another one, and so would this checkout:',
      1,
    ]);
    await held.release();
    await settle();
    expect([stranger.lease?.label, pool.status().waiting]).toEqual(['a', 1]);
  });

  it('is not refused to work side by side that gives back what it has', async () => {
    const { pool, takeOne, clock } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const pause = (): Promise<void> => new Promise((resolve) => clock.setTimer(10, resolve));
    const work = async (): Promise<string> => {
      await using lease = await pool.checkout();
      lease.noteStart('select 1');
      await pause();
      lease.noteEnd(false);
      return 'done';
    };
    const outcomes: PromiseSettledResult<string>[] = [];
    for (const isWarm of [false, true]) {
      if (isWarm) await (await takeOne()).release();
      const all = withScope('GET /a', () => Promise.allSettled([work(), work(), work()]));
      await clock.advance(100);
      outcomes.push(...(await all));
    }
    expect(outcomes.map(({ status }) => status)).toEqual(Array(6).fill('fulfilled'));
  });

  it('is not refused to work that begins side by side, though nobody tells what it does', async () => {
    const { pool, takeOne, clock } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const work = async (): Promise<string> => {
      const lease = await pool.checkout();
      await new Promise<void>((resolve) => clock.setTimer(50, resolve));
      await lease.release();
      return 'done';
    };
    for (const isWarm of [false, true]) {
      if (isWarm) await (await takeOne()).release();
      const all = withScope('GET /a', () => Promise.all([work(), work(), work()]));
      await clock.advance(200);
      expect(await all).toEqual(['done', 'done', 'done']);
    }
  });

  it('is not seen in a wait that began long before the holder in the same scope was served', async () => {
    const { takeOne, ask, clock } = openPool({ ...full, size: 1 });
    const stranger = await takeOne();
    const [first, second] = withScope('GET /a', () => [ask(), ask()] as const);
    await clock.advance(500);
    await stranger.release();
    await clock.advance(500);
    expect([first.lease !== undefined, (second.error as PoolTimeoutError).verdict.cause]).toEqual([true, 'leak']);
  });

  it('is neither refused nor seen while a statement of the holder runs', async () => {
    const { pool, clock } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const [first, second] = withScope('GET /a', () => [pool.checkout(), watch(pool.checkout())] as const);
    (await first).noteStart('select pg_sleep(5)');
    await clock.advance(1_000);
    expect((second.error as PoolTimeoutError).verdict).toEqual({
      cause: 'overload',
      evidence: 'of 1 connection checked out, 1 at work now and 0 a moment ago, for 1 caller in line',
    });
  });

  it('tells two owners in one scope apart, and two uses side by side', async () => {
    const { pool, clock, ask, takeOne } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const second = await withScope('GET /a', async () => {
      await takeOne({ owner: {} });
      return ask({ owner: {} });
    });
    await clock.advance(1_000);
    expect((second.error as PoolTimeoutError).verdict.cause).toBe('leak');
    const uses = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    const both = withScope('GET /b', () =>
      Promise.all([uses.pool.use(() => settle().then(() => 'one')), uses.pool.use(() => 'two')]),
    );
    expect([await both, pool.status().waiting]).toEqual([['one', 'two'], 0]);
  });

  it('is not refused to work that was begun inside a use() which does not wait for it', async () => {
    const { pool } = openPool({ ...full, size: 1, refuseSelfStarvation: true });
    let later: Promise<unknown> | undefined;
    const first = await pool.use(() => {
      later = pool.use(() => 'later');
      return 'first';
    });
    expect([first, await later]).toEqual(['first', 'later']);
  });

  it('is not seen where an owner is gone: nobody can wait in its name', () => {
    const scope = { label: 'a', parent: undefined };
    const waiting = new WaitingTasks();
    const heldSince = waiting.nextMoment();
    waiting.add({ scope });
    const held = { scope, isRunning: false, owner: undefined };
    expect([
      waiting.includes({ ...held, isOwned: false }, heldSince),
      waiting.includes({ ...held, isOwned: true }, heldSince),
      waiting.includes({ ...held, isOwned: false }, waiting.nextMoment()),
    ]).toEqual([true, false, false]);
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
