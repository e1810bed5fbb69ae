import { describe, expect, it } from 'vitest';

import { PoolTimeoutError } from '../../src/pool/index.ts';
import { LoopWatch } from '../../src/pool/loop-watch.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';

const leaked = { size: 1, maxOverflow: 0 };

describe('A standstill of the event loop', () => {
  it('is found anywhere in the wait, when it takes half of that', async () => {
    const causes: unknown[] = [];
    for (const [timeout, at, ms] of [
      [800, 100, 500],
      [1_500, 150, 900],
      [1_900, 50, 1_100],
      [3_000, 100, 2_000],
      [30_000, 100, 20_000],
      [1_000, 130, 500],
      [1_000, 130, 400],
      [1_000, 0, 400],
    ] as const) {
      const { clock, ask, takeOne } = openPool({ ...leaked, timeout });
      await takeOne();
      const attempt = ask();
      await clock.advance(at);
      clock.block(ms);
      await clock.advance(timeout);
      causes.push(attempt.error instanceof PoolTimeoutError && attempt.error.verdict.cause);
    }
    const blocked = 'blocked event loop';
    expect(causes).toEqual([blocked, blocked, blocked, blocked, blocked, blocked, 'leak', 'leak']);
  });

  it('is found where it consists of many short ones', async () => {
    const { clock, ask, takeOne } = openPool({ ...leaked, timeout: 5_000 });
    await takeOne();
    const attempt = ask();
    for (let slice = 0; slice < 40; slice++) {
      clock.block(150);
      await clock.turn();
    }
    expect((attempt.error as PoolTimeoutError).verdict.evidence).toMatch(
      /^the event loop stood still for 4\.\d s of this wait/,
    );
  });

  it('is not made of the collecting that the pool itself does at the end', async () => {
    const { clock, ask, takeOne } = openPool({
      ...leaked,
      timeout: 400,
      collectBeforeTimeout: () => clock.block(2_000),
    });
    await takeOne();
    const attempt = ask();
    await clock.advance(400);
    expect((attempt.error as PoolTimeoutError).verdict.cause).toBe('leak');
  });
});

describe('LoopWatch', () => {
  it('runs one timer while it is needed, and none afterwards', async () => {
    const clock = new ManualClock();
    let timers = 0;
    const start = clock.setBackgroundTimer.bind(clock);
    clock.setBackgroundTimer = (ms, fire) => {
      timers += 1;
      return start(ms, fire);
    };
    let isNeeded = true;
    const watch = new LoopWatch(clock, () => isNeeded);
    for (let i = 0; i < 10; i++) watch.begin();
    await clock.advance(1_000);
    isNeeded = false;
    await clock.advance(10_000);
    expect(timers).toBe(21);
  });

  it('counts the part of a standstill that falls into the time asked for', async () => {
    const clock = new ManualClock();
    const watch = new LoopWatch(clock, () => true);
    watch.begin();
    const start = clock.now();
    await clock.advance(100);
    clock.block(1_000);
    await clock.advance(400);
    clock.block(100);
    const now = clock.now();
    expect([
      watch.blockedBetween(start, now),
      watch.blockedBetween(start, start + 600),
      watch.blockedBetween(start + 600, start + 1_400),
      watch.blockedBetween(start + 1_200, start + 1_400),
      watch.blockedBetween(now, start),
    ]).toEqual([1_075, 500, 500, 0, 0]);
  });

  it('knows of one that has not ended yet', () => {
    const clock = new ManualClock();
    const watch = new LoopWatch(clock, () => true);
    watch.begin();
    const start = clock.now();
    clock.freeze(700);
    expect(watch.blockedBetween(start, clock.now())).toBe(700);
  });

  it('keeps what it needs of thousands of standstills', async () => {
    const clock = new ManualClock();
    const watch = new LoopWatch(clock, () => true);
    watch.begin();
    const start = clock.now();
    for (let i = 0; i < 1_000; i++) {
      await clock.advance(50);
      clock.block(250);
    }
    expect(watch.blockedBetween(start, clock.now())).toBeCloseTo(250_000, 3);
  });
});
