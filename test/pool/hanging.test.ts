import { describe, expect, it } from 'vitest';

import { PoolConnectTimeoutError, PoolTimeoutError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll } from '../support/pool-bench.ts';
import { gate, refusal } from '../support/scripted-connector.ts';

function calls(log: readonly string[], name: string): number {
  return log.filter((line) => line.startsWith(name)).length;
}

describe('A connect that hangs', () => {
  it('is not counted on, a second later, by those for whom it was not begun', async () => {
    const { ask, connector, clock } = openPool();
    connector.connects = ['never'];
    const gone = ask({ timeout: 100 });
    await clock.advance(100);
    const next = ask();
    await clock.advance(899);
    expect([gone.error?.constructor, next.lease]).toEqual([PoolTimeoutError, undefined]);
    await clock.advance(1);
    expect([next.lease?.connection.id, connector.log]).toEqual([1, ['connect', 'connect']]);
  });

  it('tells its timeout to nobody but the caller for whom it was begun', async () => {
    const { ask, take, connector, clock } = openPool({ size: 2, maxOverflow: 0 });
    const [held] = await take(1);
    connector.connects = ['never', 'never'];
    const first = ask();
    await clock.advance(1_000);
    await held?.release();
    await clock.advance(8_000);
    const second = ask();
    await clock.advance(1_000);
    expect([first.lease?.connection.id, second.error]).toEqual([1, undefined]);
    await first.lease?.release();
    await settle();
    expect(second.lease?.connection.id).toBe(1);
  });

  it('does not keep others waiting while the database is tried again', async () => {
    const { ask, connector, clock } = openPool({ size: 5, maxOverflow: 0 });
    connector.connects = ['never', refusal()];
    const attempts = [ask(), ask()];
    await clock.advance(1_000);
    expect(attempts.map(({ lease }) => lease?.connection.id)).toEqual([1, 2]);
  });

  it('is told to its own caller when its time is over', async () => {
    const { ask, connector, clock } = openPool({ connectTimeout: 5_000 });
    connector.connects = ['never'];
    const attempt = ask();
    await clock.advance(4_999);
    expect(attempt.error).toBe(undefined);
    await clock.advance(1);
    expect([attempt.error?.constructor, calls(connector.log, 'connect')]).toEqual([PoolConnectTimeoutError, 1]);
  });
});

describe('A connect that fails for good', () => {
  it('is told to the caller for whom it was begun, and not to one whose own is under way', async () => {
    const { ask, connector } = openPool();
    const slow = gate();
    const fatal = new Error('no such user');
    connector.connects = [slow.opened, fatal];
    const attempts = [ask(), ask()];
    await settle();
    slow.open();
    await settle();
    expect(attempts.map(({ lease, error }) => [lease?.connection.id, error])).toEqual([
      [1, undefined],
      [undefined, fatal],
    ]);
  });

  it('is told to nobody when it was begun for nobody: whoever waits gets an attempt of its own', async () => {
    const { pool, ask, connector } = openPool({ size: 1, maxOverflow: 0, minIdle: 1 });
    await settle();
    const filling = gate();
    connector.connects = [filling.opened];
    pool.invalidateAll();
    const attempt = ask();
    filling.fail(new Error('no such user'));
    await settle();
    expect([attempt.error, attempt.lease?.connection.id, calls(connector.log, 'connect')]).toEqual([undefined, 2, 3]);
  });

  it('does not make minIdle try again without a pause', async () => {
    const { pool, ask, connector, clock } = openPool({ minIdle: 1, retryDelay: 100, maxRetryDelay: 1_000 });
    await settle();
    const fatal = new Error('password authentication failed');
    connector.connects = Array.from({ length: 1_000 }, () => fatal);
    pool.invalidateAll();
    await settle();
    const seen = [calls(connector.log, 'connect')];
    for (const ms of [49, 1, 100, 200, 400, 500, 500]) {
      await clock.advance(ms);
      seen.push(calls(connector.log, 'connect'));
    }
    expect([seen, clock.timerCount]).toEqual([[2, 2, 3, 4, 5, 6, 7, 8], 0]);
    // Who asks does not wait for that pause, and hears at once.
    const attempt = ask();
    await settle();
    expect([attempt.error, calls(connector.log, 'connect')]).toEqual([fatal, 9]);
  });

  it('by throwing instead of rejecting, harms nobody, however many wait', async () => {
    const { pool, connector } = openPool({ size: 2, maxOverflow: 0 });
    Object.assign(connector, {
      connect: () => {
        throw new Error('no driver');
      },
    });
    const asked = Array.from({ length: 20_000 }, () => pool.checkout().catch((error: Error) => error.message));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['no driver']));
    expect(pool.totals()).toMatchObject({ started: 20_000, failed: 20_000, connectsFailed: 20_000 });
  });
});

describe('A ping that hangs', () => {
  it('has all idle connections replaced that were not heard of since', async () => {
    const { take, ask, connector, clock } = openPool({ size: 10, prePing: true });
    await releaseAll(await take(10));
    connector.pings = Array.from({ length: 10 }, () => 'never' as const);
    clock.freeze(1);
    const attempts = [ask()];
    await clock.advance(5_000);
    expect([attempts[0]?.lease?.connection.id, calls(connector.log, 'ping')]).toEqual([11, 1]);
    expect(calls(connector.log, 'destroy')).toBe(10);
  });

  it('leaves those alone that came back meanwhile', async () => {
    const { take, ask, connector, clock } = openPool({ size: 3, maxOverflow: 0, prePing: true, pingAfter: 1_000 });
    const [first, second, third] = await take(3);
    await first?.release();
    await second?.release();
    await clock.advance(2_000);
    connector.pings = ['never'];
    ask();
    await clock.advance(500);
    await third?.release();
    await clock.advance(4_500);
    expect(connector.log.filter((line) => line.startsWith('destroy'))).toEqual(['destroy 1', 'destroy 2']);
  });

  it('takes no more than half of what its caller allows, but at least 100 ms', async () => {
    const { takeOne, ask, connector, clock } = openPool({ prePing: true });
    await (await takeOne()).release();
    connector.pings = ['never'];
    const attempt = ask({ timeout: 1_000 });
    await clock.advance(500);
    expect(attempt.lease?.connection.id).toBe(2);
    await attempt.lease?.release();
    connector.pings = ['never'];
    const hasty = ask({ timeout: 150 });
    await clock.advance(99);
    expect(hasty.lease).toBe(undefined);
    await clock.advance(1);
    expect(hasty.lease?.connection.id).toBe(3);
  });

  it('of one hasty caller costs no other connection', async () => {
    const { take, ask, connector, clock } = openPool({ size: 3, prePing: true });
    await releaseAll(await take(3));
    connector.pings = ['never'];
    clock.freeze(1);
    ask({ timeout: 1_000 });
    await clock.advance(500);
    expect(calls(connector.log, 'destroy')).toBe(1);
  });

  it('is not counted on after a second, when there is a place for another connection', async () => {
    const { takeOne, ask, connector, clock } = openPool({ keepAlive: 10_000 });
    await (await takeOne()).release();
    connector.pings = ['never'];
    await clock.advance(10_000);
    const attempt = ask();
    await clock.advance(1_000);
    expect([attempt.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'ping 1', 'connect']]);
  });

  it('to keep one alive does not keep another from being lent that lies idle', async () => {
    const { pool, take, ask, connector, clock } = openPool({ size: 2, maxOverflow: 0, keepAlive: 10_000 });
    const [first, second] = await take(2);
    await first?.release();
    await clock.advance(5_000);
    await second?.release();
    connector.pings = ['never'];
    await clock.advance(5_000);
    pool.suspend();
    const attempt = ask();
    pool.resume();
    await settle();
    expect([attempt.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'connect', 'ping 1']]);
  });
});

describe('A polite close that hangs', () => {
  it('is cut short after half of what callers allow, so that a waiter gets a new connection', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 1, maxOverflow: 0, maxUses: 1, timeout: 1_000 });
    const lease = await takeOne();
    connector.closes = ['never'];
    const waiter = ask();
    void lease.release();
    await clock.advance(500);
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'close 1', 'destroy 1', 'connect']]);
  });
});

describe('QueuePool prePing', () => {
  it('tests a connection that goes from hand to hand, as one that lay idle', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 1, maxOverflow: 0, prePing: true });
    const lease = await takeOne();
    const waiter = ask();
    await clock.advance(20_000);
    connector.pings = [new Error('terminated')];
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'ping 1', 'destroy 1', 'connect']]);
  });

  it('does not test one that was reset: it has answered just now', async () => {
    const { takeOne, ask, connector } = openPool({ size: 1, maxOverflow: 0, prePing: true, pingAfter: 10 });
    const lease = await takeOne();
    const waiter = ask();
    lease.connection.condition = 'dirty';
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([1, ['connect', 'reset 1']]);
  });

  it('does not test again what a keep-alive has tested within pingAfter', async () => {
    const { takeOne, ask, connector, clock } = openPool({ prePing: true, pingAfter: 1_000, keepAlive: 5_000 });
    await (await takeOne()).release();
    await clock.advance(5_500);
    const attempt = ask();
    await settle();
    expect([attempt.lease?.connection.id, connector.log]).toEqual([1, ['connect', 'ping 1']]);
  });

  it('does not lend a connection that breaks while its ping is answered', async () => {
    const { takeOne, ask, connector } = openPool({ prePing: true });
    const lease = await takeOne();
    const { connection } = lease;
    await lease.release();
    const answer = gate();
    connector.pings = [answer.opened];
    const attempt = ask();
    connection.condition = 'broken';
    answer.open();
    await settle();
    expect([attempt.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'ping 1', 'destroy 1', 'connect']]);
  });
});

describe('QueuePool keepAlive', () => {
  it('pings connections that came back together at different times, up to a tenth early', async () => {
    let chance = 0;
    const { take, connector, clock } = openPool({ size: 5, keepAlive: 1_000, random: () => (chance += 0.15) });
    await releaseAll(await take(5));
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      await clock.advance(10);
      if (i === 0) await clock.advance(890);
      seen.push(calls(connector.log, 'ping'));
    }
    expect(seen[0]).toBe(0);
    expect(new Set(seen).size).toBeGreaterThan(3);
    expect(seen.at(-1)).toBe(5);
  });
});

describe('QueuePool recycle', () => {
  it('replaces a connection whose time comes while it is reset', async () => {
    const { takeOne, connector, clock } = openPool({ recycle: 1_000 });
    const lease = await takeOne();
    await clock.advance(800);
    lease.connection.condition = 'dirty';
    const reset = gate();
    connector.resets = [reset.opened];
    void lease.release();
    await clock.advance(300);
    reset.open();
    await settle();
    expect([ids([await takeOne()]), connector.log]).toEqual([[2], ['connect', 'reset 1', 'close 1', 'connect']]);
  });
});
