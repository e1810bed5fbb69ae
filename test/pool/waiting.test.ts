import { describe, expect, it } from 'vitest';

import { PoolTimeoutError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool, releaseAll } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';

describe('QueuePool waiting', () => {
  it('waits when every connection is checked out, and gives up at its deadline, not before', async () => {
    const { take, ask, clock } = openPool({ size: 3, maxOverflow: 0, timeout: 2_000 });
    await take(3);
    const waiter = ask();
    await clock.advance(1_999);
    expect([waiter.lease, waiter.error]).toEqual([undefined, undefined]);
    await clock.advance(1);
    expect(waiter.error).toBeInstanceOf(PoolTimeoutError);
    expect((waiter.error as PoolTimeoutError).waitedMs).toBe(2_000);
  });

  it('does not wait in line with timeout 0, but does open a connection', async () => {
    const { ask, connector, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 0 });
    const slow = gate();
    connector.connects = [slow.opened];
    const first = ask();
    const second = ask();
    await settle();
    expect([first.error, (second.error as PoolTimeoutError).code]).toEqual([undefined, 'POOL_TIMEOUT']);
    slow.open();
    await settle();
    expect([first.lease?.connection.id, clock.timerCount]).toEqual([1, 0]);
  });

  it('waits for ever with timeout Infinity', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: Infinity });
    const lease = await takeOne();
    const waiter = ask();
    await clock.advance(10 ** 10);
    // The timer that keeps the process alive.
    expect([waiter.error, clock.timerCount]).toEqual([undefined, 1]);
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, clock.timerCount]).toEqual([1, 0]);
  });

  it('gives each loser of a race its whole time', async () => {
    const { pool, clock } = openPool({ size: 2, maxOverflow: 1, timeout: 3_000 });
    const start = clock.now();
    const times: number[] = [];
    const race = Array.from({ length: 10 }, () => pool.checkout().catch(() => times.push(clock.now() - start)));
    await clock.advance(3_000);
    await Promise.all(race);
    expect(times).toEqual([3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000]);
  });

  it('works again after timeouts', async () => {
    const { takeOne, ask, clock, counts } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    const lease = await takeOne();
    const waiter = ask();
    await clock.advance(100);
    await lease.release();
    expect([(waiter.error as PoolTimeoutError).code, counts()]).toEqual(['POOL_TIMEOUT', [1, 1, 0, 0]]);
    expect((await takeOne()).connection.id).toBe(1);
  });

  it('keeps a connection that arrives after its caller timed out, for the next', async () => {
    const { ask, takeOne, connector, clock, counts } = openPool({ timeout: 100 });
    const slow = gate();
    connector.connects = [slow.opened];
    const waiter = ask();
    await clock.advance(100);
    slow.open();
    await settle();
    expect([(waiter.error as PoolTimeoutError).code, counts()]).toEqual(['POOL_TIMEOUT', [5, 1, 0, 0]]);
    expect([(await takeOne()).connection.id, connector.log]).toEqual([1, ['connect']]);
  });

  it('serves in the order of asking; newcomers never overtake', async () => {
    const { take, ask, connector } = openPool({ size: 2, maxOverflow: 0 });
    const [first, second] = await take(2);
    const waiters = [ask(), ask()];
    const replacement = gate();
    connector.connects = [replacement.opened];
    if (first !== undefined) first.connection.condition = 'broken';
    await first?.release();
    const newcomer = ask();
    await second?.release();
    await settle();
    expect([...waiters, newcomer].map((waiter) => waiter.lease?.connection.id)).toEqual([2, undefined, undefined]);
    replacement.open();
    await settle();
    expect([...waiters, newcomer].map((waiter) => waiter.lease?.connection.id)).toEqual([2, 3, undefined]);
  });

  it('serves the head by a replacement at once when a broken connection never closes', async () => {
    const { takeOne, ask, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiter = ask();
    connector.closes = ['never'];
    lease.connection.condition = 'broken';
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'destroy 1', 'connect']]);
  });

  it('lets a shorter deadline of its own end first, and others wait on', async () => {
    const { take, ask, clock, pool } = openPool({ size: 1, maxOverflow: 0, timeout: 1_000 });
    await take(1);
    const patient = ask();
    const hasty = ask({ timeout: 50 });
    await clock.advance(50);
    expect([(hasty.error as PoolTimeoutError).waitedMs, patient.error, pool.status().waiting]).toEqual([
      50,
      undefined,
      1,
    ]);
    await clock.advance(950);
    expect((patient.error as PoolTimeoutError).waitedMs).toBe(1_000);
  });

  it('lets a thousand time out together and leaves no timer', async () => {
    const { take, ask, clock, pool } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    await take(1);
    const waiters = Array.from({ length: 1_000 }, () => ask());
    await clock.advance(100);
    expect([new Set(waiters.map((waiter) => (waiter.error as PoolTimeoutError).code)), pool.status().waiting]).toEqual([
      new Set(['POOL_TIMEOUT']),
      0,
    ]);
    expect(clock.timerCount).toBe(0);
  });

  it('serves instead of refusing when the release arrives in the turn after a late timer', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 50 });
    const lease = await takeOne();
    const waiter = ask();
    clock.block(80);
    await lease.release();
    await clock.turn();
    expect([waiter.lease?.connection.id, waiter.error]).toEqual([1, undefined]);
  });

  it('has one outcome when release and deadline fall in one instant', async () => {
    const { takeOne, ask, clock, counts } = openPool({ size: 1, maxOverflow: 0, timeout: 50 });
    const lease = await takeOne();
    const waiter = ask();
    clock.setTimer(50, () => void lease.release());
    await clock.advance(50);
    expect([waiter.lease?.connection.id, waiter.error, counts()]).toEqual([1, undefined, [1, 0, 0, 1]]);
  });

  it('uses one timer for the whole line', async () => {
    const { take, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    const leases = await take(1);
    const waiters = Array.from({ length: 100 }, () => ask());
    expect(clock.timerCount).toBe(1);
    await releaseAll(leases);
    for (const waiter of waiters) await waiter.promise.then((lease) => lease.release());
    expect(clock.timerCount).toBe(0);
  });

  it('refuses a bad timeout, label or signal by name', async () => {
    const { pool } = openPool();
    const bad = { timeout: -1, label: 3, signal: 'x' } as unknown as { timeout: number };
    await expect(pool.checkout(bad)).rejects.toMatchObject({
      code: 'POOL_BAD_OPTION',
      faults: [
        'timeout must be milliseconds, 0 or more, not -1',
        'label must be a text, not 3',
        "signal must be an AbortSignal, not 'x'",
      ],
    });
  });
});
