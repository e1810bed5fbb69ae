import { expect, test } from 'vitest';

import { LoopShare } from '../../src/util/loop-share.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('is due only when enough was done and the loop was kept long enough', () => {
  const clock = new ManualClock();
  const share = new LoopShare(clock);
  expect(share.isDue(100)).toBe(false);
  clock.block(10);
  expect(share.isDue(1)).toBe(false);
  expect(share.isDue(16)).toBe(true);
});

test('passes once what has arrived was handled, and starts anew', async () => {
  const clock = new ManualClock();
  const share = new LoopShare(clock);
  clock.block(10);
  const passed = share.pass();
  await clock.turn();
  await passed;
  expect(share.isDue(100)).toBe(false);
});
