import { PoolOptionError } from '../errors/pool-errors.ts';
import { closest } from '../util/suggest.ts';
import { show } from './option-rules.ts';
import { POOL_EVENT_NAMES } from './pool-announcements.ts';

/** What is wrong with a listener, or undefined. */
export function listenerFault(name: unknown, listener: unknown): PoolOptionError | undefined {
  const faults: string[] = [];
  if (!POOL_EVENT_NAMES.some((known) => known === name)) faults.push(unknownEvent(name));
  if (typeof listener !== 'function') faults.push(`the listener must be a function, not ${show(listener)}`);
  return faults.length === 0 ? undefined : PoolOptionError.of('on', faults);
}

function unknownEvent(name: unknown): string {
  const meant = typeof name === 'string' ? closest(name, POOL_EVENT_NAMES) : undefined;
  const advice = meant === undefined ? `there are ${POOL_EVENT_NAMES.join(', ')}` : `did you mean ${meant}?`;
  return `${show(name)} is not an event of a pool, ${advice}`;
}
