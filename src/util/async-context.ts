import { AsyncLocalStorage } from 'node:async_hooks';

import type { Clock } from './clock.ts';

/** Calls a function in the async context that was current when the runner was made, and gives back its result. */
export type ContextRunner = <T>(run: () => T) => T;

/** A runner for the present context: what it starts belongs to no request that comes later. */
export function captureContext(): ContextRunner {
  return AsyncLocalStorage.snapshot();
}

/** `clock`, with timers that hold on to `context` and not to whoever happened to start them. */
export function clockInContext(clock: Clock, context: ContextRunner): Clock {
  return {
    now: () => clock.now(),
    wallNow: () => clock.wallNow(),
    setTimer: (ms, fire) => context(() => clock.setTimer(ms, fire)),
    setBackgroundTimer: (ms, fire) => context(() => clock.setBackgroundTimer(ms, fire)),
    afterIo: (run) => context(() => clock.afterIo(run)),
  };
}
