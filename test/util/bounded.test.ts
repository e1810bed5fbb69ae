import { describe, expect, it } from 'vitest';

import { bounded } from '../../src/util/bounded.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('bounded', () => {
  it('gives what the work gives, and stops its timer', async () => {
    const clock = new ManualClock();
    expect([await bounded(clock, 10, () => 'value'), clock.timerCount]).toEqual([
      { outcome: 'done', value: 'value' },
      0,
    ]);
  });

  it('turns a throw and a rejection into an outcome', async () => {
    const clock = new ManualClock();
    const error = new Error('no');
    const thrown = await bounded(clock, 10, () => {
      throw error;
    });
    const rejected = await bounded(clock, 10, () => Promise.reject(error));
    expect([thrown, rejected, clock.timerCount]).toEqual([
      { outcome: 'failed', error },
      { outcome: 'failed', error },
      0,
    ]);
  });

  it('gives up when the time is over', async () => {
    const clock = new ManualClock();
    const outcome = bounded(clock, 10, () => new Promise(() => {}));
    await clock.advance(10);
    expect(await outcome).toEqual({ outcome: 'timed out' });
  });

  it('needs no timer for ever', async () => {
    const clock = new ManualClock();
    void bounded(clock, Infinity, () => new Promise(() => {}));
    await clock.turn();
    expect(clock.timerCount).toBe(0);
  });
});
