import { describe, expect, it } from 'vitest';

import { PoolOverloadedError, PoolTimeoutError } from '../../src/pool/index.ts';
import { Pace } from '../../src/pool/pace.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import type { Attempt } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

/** Gives the one connection back until nobody waits; in which order the attempts had it. */
async function serveAll(attempts: Record<string, Attempt>): Promise<string[]> {
  const order: string[] = [];
  for (let rounds = 0; rounds < 100; rounds++) {
    const served = Object.entries(attempts).find(([name, { lease }]) => lease !== undefined && !order.includes(name));
    if (served === undefined) return order;
    order.push(served[0]);
    await served[1].lease?.release();
    await settle();
  }
  return order;
}

describe('QueuePool priorities', () => {
  it('serve high before normal before low, each in the order of asking', async () => {
    const { takeOne, ask } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const attempts = {
      low: ask({ priority: 'low' }),
      normal: ask(),
      high1: ask({ priority: 'high' }),
      high2: ask({ priority: 'high' }),
    };
    await lease.release();
    await settle();
    expect(await serveAll(attempts)).toEqual(['high1', 'high2', 'normal', 'low']);
  });

  it('let nobody starve: every fourth served is whoever waits longest', async () => {
    const { takeOne, ask } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const attempts: Record<string, Attempt> = { low: ask({ priority: 'low' }) };
    for (let i = 1; i <= 6; i++) attempts[`high${i}`] = ask({ priority: 'high' });
    await lease.release();
    await settle();
    expect(await serveAll(attempts)).toEqual(['high1', 'high2', 'high3', 'low', 'high4', 'high5', 'high6']);
  });

  it('are refused when they are none', async () => {
    const { pool } = openPool();
    const bad = { priority: 'urgent' } as unknown as { priority: 'high' };
    await expect(pool.checkout(bad)).rejects.toMatchObject({
      faults: ["priority must be 'high', 'normal' or 'low', not 'urgent'"],
    });
  });
});

describe('QueuePool with maxWaiting', () => {
  it('refuses at once whoever comes when the line is full, and not as a timeout', async () => {
    const { take, ask, pool } = openPool({ size: 1, maxOverflow: 0, maxWaiting: 2, name: 'main' });
    await take(1);
    const attempts = [ask(), ask(), ask()];
    await settle();
    expect(attempts.map(({ error }) => error?.constructor)).toEqual([undefined, undefined, PoolOverloadedError]);
    expect((attempts[2]?.error as Error | undefined)?.message).toBe(
      'The pool main lets 2 checkouts wait in line, and 2 are waiting. Let fewer tasks run at once, shed load earlier, or enlarge the pool. [POOL_OVERLOADED]',
    );
    expect([(attempts[2]?.error as PoolOverloadedError | undefined)?.retryable, pool.status().waiting]).toEqual([
      true,
      2,
    ]);
  });

  it('0 never lets anybody wait, yet lends what is free and opens what may be opened', async () => {
    const { ask, connector } = openPool({ size: 2, maxOverflow: 0, maxWaiting: 0 });
    const slow = gate();
    connector.connects = ['ok', slow.opened];
    const attempts = [ask(), ask(), ask()];
    await settle();
    expect(attempts.map(({ lease, error }) => [lease?.connection.id, error?.constructor])).toEqual([
      [1, undefined],
      [undefined, undefined],
      [undefined, PoolOverloadedError],
    ]);
    slow.open();
    await settle();
    await attempts[0]?.lease?.release();
    const next = ask();
    await settle();
    expect(next.lease?.connection.id).toBe(1);
  });

  it('lets a caller in again once another has left the line', async () => {
    const { take, ask, clock } = openPool({ size: 1, maxOverflow: 0, maxWaiting: 1 });
    await take(1);
    const first = ask({ timeout: 10 });
    await clock.advance(10);
    const second = ask();
    await settle();
    expect([first.error?.constructor, second.error]).toEqual([PoolTimeoutError, undefined]);
  });
});

describe('QueuePool with refuseHopeless', () => {
  it('refuses at once whoever would time out before its turn, at the pace of the moment', async () => {
    const { takeOne, ask, clock, pool } = openPool({ size: 1, maxOverflow: 0, refuseHopeless: true, timeout: 10_000 });
    let held = await takeOne();
    const patient = Array.from({ length: 30 }, () => ask());
    for (const waiter of patient.slice(0, 12)) {
      await clock.advance(100);
      await held.release();
      held = await waiter.promise;
    }
    const hasty = ask({ timeout: 1_800 });
    const calm = ask({ timeout: 2_000 });
    await settle();
    expect([hasty.error?.constructor, calm.error, pool.status().waiting]).toEqual([PoolOverloadedError, undefined, 19]);
    expect((hasty.error as Error).message).toContain(
      'At its present pace the pool default would serve this checkout in 1.9 s; its timeout is 1.8 s.',
    );
  });

  it('refuses nobody before it knows the pace', async () => {
    const { take, ask } = openPool({ size: 1, maxOverflow: 0, refuseHopeless: true });
    await take(1);
    ask();
    const hasty = ask({ timeout: 1 });
    await settle();
    expect(hasty.error).toBe(undefined);
  });

  it('expects of each connection that it is used as long as usual, or as it has been already', () => {
    const pace = new Pace();
    for (let i = 0; i < 12; i++) pace.noteUse(10);
    expect([
      new Pace().expectedMs(3, [5]),
      pace.expectedMs(0, []),
      pace.expectedMs(0, [1]),
      pace.expectedMs(4, [1]),
      pace.expectedMs(4, [1, 2]),
      pace.expectedMs(4, [1, 600_000].slice(1)),
    ]).toEqual([undefined, undefined, 10, 50, 25, 3_000_000]);
  });

  it('learns that uses have become shorter, though it lets hardly anybody in', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, refuseHopeless: true, timeout: 15_000 });
    for (let i = 0; i < 12; i++) {
      const lease = await takeOne();
      await clock.advance(10_000);
      await lease.release();
    }
    const refused: boolean[] = [];
    for (let i = 0; i < 50; i++) {
      const [first, second, third] = [ask(), ask(), ask()];
      await clock.advance(1);
      await first.lease?.release();
      await settle();
      await second.lease?.release();
      await settle();
      await third.lease?.release();
      refused.push(third.error !== undefined);
    }
    expect([refused[0], refused[49]]).toEqual([true, false]);
  });

  it('counts neither those of lower priority nor connections that are on their way', async () => {
    const { take, takeOne, ask, clock, connector } = openPool({ size: 2, maxOverflow: 0, refuseHopeless: true });
    for (let i = 0; i < 12; i++) {
      const lease = await takeOne();
      await clock.advance(1_000);
      await lease.release();
    }
    const [lease] = await take(1);
    connector.connects = [gate().opened];
    const opening = ask();
    const low = Array.from({ length: 4 }, () => ask({ priority: 'low' }));
    const attempts = [ask({ priority: 'high', timeout: 2_500 }), ask({ timeout: 0 }), ask({ timeout: 1_500 })];
    await settle();
    expect(attempts.map(({ error }) => (error as Error | undefined)?.constructor)).toEqual([
      undefined,
      PoolTimeoutError,
      PoolOverloadedError,
    ]);
    await lease?.release();
    await settle();
    expect([opening.lease?.connection.id, low.filter((each) => each.lease !== undefined).length]).toEqual([
      undefined,
      0,
    ]);
  });
});
