import { describe, expect, it } from 'vitest';

import { CallSiteBudget, callSiteCapture } from '../../src/util/call-site-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

function captured(count: number, capture: () => unknown): number {
  return Array.from({ length: count }, capture).filter((site) => site !== undefined).length;
}

describe('CallSiteBudget', () => {
  it('names the line of the program', () => {
    const budget = new CallSiteBudget(new ManualClock());
    const here = (): string | undefined => budget.capture(here)?.line;
    expect(here()).toMatch(/^test\/util\/call-site-budget\.test\.ts:\d+:\d+$/);
  });

  it('captures the first hundred of each 20 ms', async () => {
    const clock = new ManualClock();
    const budget = new CallSiteBudget(clock);
    const ask = (): unknown => budget.capture(ask);
    const counts = [captured(150, ask)];
    await clock.advance(19);
    counts.push(captured(10, ask));
    await clock.advance(1);
    counts.push(captured(150, ask));
    expect(counts).toEqual([100, 0, 100]);
  });

  it('keeps no process alive, and no timer once it is full again', async () => {
    const clock = new ManualClock();
    const budget = new CallSiteBudget(clock);
    budget.capture(captured);
    expect(clock.timerCount).toBe(0);
    await clock.advance(20);
    expect(captured(101, () => budget.capture(captured))).toBe(100);
  });
});

describe('callSiteCapture', () => {
  it('captures all, a sample or none', () => {
    const counts = ([true, 'sampled', false] as const).map((mode) => {
      const capture = callSiteCapture(mode, new ManualClock());
      return captured(150, () => capture(captured));
    });
    expect(counts).toEqual([150, 100, 0]);
  });
});
