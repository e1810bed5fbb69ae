import { captureCallSite } from './call-site.ts';
import type { CallSite } from './call-site.ts';
import type { Clock } from './clock.ts';
import { WindowBudget } from './window-budget.ts';

/**
 * Captures call sites as long as that costs next to nothing: everyone's where there are fewer than 5,000 a second, a
 * sample of them where there are more. A capture costs about 3 µs, so all of them cost at most 1.5 % of a core.
 */
export class CallSiteBudget {
  readonly #budget: WindowBudget;

  constructor(clock: Clock) {
    this.#budget = new WindowBudget(clock);
  }

  /**
   * The line that the program is at, or undefined when too many were asked for.
   *
   * @param below - leaves out this function and everything that it called.
   */
  capture(below: Function): CallSite | undefined {
    return this.#budget.spend() ? captureCallSite(below) : undefined;
  }
}

/** How call sites are captured: each one, a sample, none. */
export type CallSiteMode = boolean | 'sampled';

/** Captures as `mode` says; takes what `CallSiteBudget.capture` takes. */
export type CallSiteCapture = (below: Function) => CallSite | undefined;

export function callSiteCapture(mode: CallSiteMode, clock: Clock): CallSiteCapture {
  if (mode === true) return captureCallSite;
  if (mode === false) return () => undefined;
  const budget = new CallSiteBudget(clock);
  return (below) => budget.capture(below);
}
