import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';

import { PoolAnnouncements } from '../../src/pool/pool-announcements.ts';
import { PoolDates } from '../../src/pool/pool-dates.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A clock that counts how often it was looked at. */
class CountingClock extends ManualClock {
  looks = 0;

  override now(): number {
    this.looks += 1;
    return super.now();
  }
}

/** Dates so many loans, each `apartMs` after the one before, and tells by how much the last date is wrong. */
async function errorAfter(loans: number, apartMs: number, round = Math.floor): Promise<number> {
  const clock = new ManualClock();
  const dates = new PoolDates(clock, new PoolAnnouncements());
  let error = 0;
  for (let i = 0; i < loans; i++) {
    await clock.advance(apartMs);
    error = round(clock.now()) - dates.now();
  }
  return error;
}

describe('PoolDates', () => {
  it('is right to the millisecond where dates are asked for less than 5,000 times a second', async () => {
    expect(await errorAfter(500, 0.25)).toBe(0);
  });

  it('is wrong by less than 20 ms in a rush, and never ahead', async () => {
    const error = await errorAfter(150, 0.125);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(20);
  });

  it('looks at the clock a hundred times in 20 ms, however many dates are asked for', () => {
    const clock = new CountingClock();
    const dates = new PoolDates(clock, new PoolAnnouncements());
    for (let i = 0; i < 1_000; i++) dates.now();
    expect(clock.looks).toBe(100);
  });

  it('is exact in a rush too while somebody listens to releases', async () => {
    const listen = (): void => {};
    subscribe('hermetic:pool:release', listen);
    try {
      expect(await errorAfter(150, 0.125, (ms) => ms)).toBe(0);
    } finally {
      unsubscribe('hermetic:pool:release', listen);
    }
  });
});
