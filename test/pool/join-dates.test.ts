import { describe, expect, it } from 'vitest';

import { JoinDates } from '../../src/pool/join-dates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';

/** Dates that have given a hundred exact ones already, as they do in a rush. */
function inRush(): { clock: ManualClock; dates: JoinDates } {
  const clock = new ManualClock();
  const dates = new JoinDates(clock);
  for (let i = 0; i < 100; i++) dates.shared();
  return { clock, dates };
}

describe('JoinDates', () => {
  it('gives everybody a moment of their own where less than 5,000 join in a second', async () => {
    const clock = new ManualClock();
    const dates = new JoinDates(clock);
    for (let i = 0; i < 300; i++) {
      await clock.advance(0.25);
      const { earliest, latest } = dates.shared();
      expect([earliest, latest]).toEqual([clock.now(), clock.now()]);
    }
  });

  it('lets sixteen share a moment in a rush, which ends when the next begins', () => {
    const { clock, dates } = inRush();
    const start = clock.now();
    const moments = Array.from({ length: 17 }, () => {
      clock.freeze(1);
      return dates.shared();
    });
    expect(new Set(moments).size).toBe(2);
    expect([moments[0]?.earliest, moments[0]?.latest]).toEqual([start + 1, start + 17]);
    expect(moments[16]?.latest).toBe(Infinity);
  });

  it('ends a moment with the turn of the event loop, with an exact one, and when asked', async () => {
    const { clock, dates } = inRush();
    const start = clock.now();
    const moments = [dates.shared()];
    clock.freeze(1);
    await clock.turn();
    moments.push(dates.shared());
    clock.freeze(1);
    dates.exact();
    moments.push(dates.shared());
    clock.freeze(1);
    dates.end();
    expect(moments.map(({ earliest, latest }) => [earliest - start, latest - start])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });
});

describe('A line in a rush', () => {
  it('refuses nobody before the time, and nobody later than the next look at the clock', async () => {
    const { pool, clock, take } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    const [lease] = await take(1);
    const refusedAfter: number[] = [];
    for (let i = 0; i < 150; i++) {
      const askedAt = clock.now();
      void pool.checkout().catch(() => refusedAfter.push(clock.now() - askedAt));
      clock.freeze(0.01);
    }
    // The first asked 98 + 1.5 ms ago.
    await clock.advance(98);
    expect(refusedAfter.length).toBe(0);
    await clock.advance(4);
    expect(refusedAfter.length).toBe(150);
    expect(Math.min(...refusedAfter)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...refusedAfter)).toBeLessThanOrEqual(102);
    await lease?.release();
    expect([pool.status().waiting, clock.timerCount]).toEqual([0, 0]);
  });
});
