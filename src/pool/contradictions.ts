import type { PoolOptions } from './pool-options.ts';

type Name = keyof PoolOptions;
type Timed = 'idleTimeout' | 'keepAlive' | 'pingTimeout' | 'pingAfter' | 'recycle' | 'timeout';

/**
 * Options that are right one by one and cannot be meant together. A default of a duration contradicts nothing.
 *
 * @param options - those that were given, without defaults.
 * @param nameOf - what the program calls an option.
 */
export function contradictionsIn(options: PoolOptions, nameOf: (name: Name) => string = (name) => name): string[] {
  return [...sizesIn(options, nameOf), ...durationsIn(options, nameOf), ...idleOptionsIn(options, nameOf)];
}

function sizesIn(options: PoolOptions, nameOf: (name: Name) => string): string[] {
  const { size = 5, maxOverflow = 10, minIdle = 0, maxConnecting = 0 } = options;
  const faults: string[] = [];
  if (size !== 0 && minIdle > size)
    faults.push(`${nameOf('minIdle')} (${minIdle}) must not exceed ${nameOf('size')} (${size}): no more are kept`);
  const limit = size === 0 || maxOverflow === -1 ? Infinity : size + maxOverflow;
  if (maxConnecting > limit)
    faults.push(
      `${nameOf('maxConnecting')} (${maxConnecting}) must not exceed ${nameOf('size')} + ${nameOf('maxOverflow')} (${limit})`,
    );
  if (size === 0 && options.maxOverflow !== undefined && maxOverflow > 0)
    faults.push(
      `${nameOf('maxOverflow')} (${maxOverflow}) limits nothing beside ${nameOf('size')} 0, which means no limit`,
    );
  return faults;
}

function durationsIn(options: PoolOptions, nameOf: (name: Name) => string): string[] {
  const { minIdle = 0 } = options;
  const faults: string[] = [];
  const below = (shorter: Timed, longer: Timed, reason: string): void => {
    const [less, more] = [options[shorter] ?? 0, options[longer] ?? Infinity];
    if (more > 0 && less !== Infinity && less >= more)
      faults.push(`${nameOf(shorter)} (${less}) must be less than ${nameOf(longer)} (${more}): ${reason}`);
  };
  below('idleTimeout', 'recycle', 'nothing would ever be idle for so long');
  // What is kept for `minIdle` outlives its idle timeout.
  if (minIdle === 0) below('keepAlive', 'idleTimeout', 'connections are closed before they are pinged');
  below('keepAlive', 'recycle', 'connections are replaced before they are pinged');
  below('pingTimeout', 'timeout', 'the caller is gone before the ping is');
  below('pingAfter', 'recycle', 'connections are replaced before they are pinged');
  if (minIdle === 0) below('pingAfter', 'idleTimeout', 'connections are closed before they are pinged');
  if ((options.retryDelay ?? 0) > (options.maxRetryDelay ?? Infinity))
    faults.push(
      `${nameOf('retryDelay')} (${options.retryDelay}) must not exceed ${nameOf('maxRetryDelay')} (${options.maxRetryDelay})`,
    );
  return faults;
}

/** Options that were asked for and would do nothing beside another one. */
function idleOptionsIn(options: PoolOptions, nameOf: (name: Name) => string): string[] {
  const {
    prePing = false,
    pingAfter = 0,
    maxWaiting,
    refuseHopeless,
    leakWatch,
    collectBeforeTimeout = false,
  } = options;
  const faults: string[] = [];
  if (pingAfter > 0 && !prePing)
    faults.push(`${nameOf('pingAfter')} (${pingAfter}) does nothing without ${nameOf('prePing')}`);
  if (maxWaiting === 0 && refuseHopeless === true)
    faults.push(`${nameOf('refuseHopeless')} does nothing beside ${nameOf('maxWaiting')} 0: nobody stands in line`);
  if (leakWatch === false && collectBeforeTimeout !== false)
    faults.push(
      `${nameOf('collectBeforeTimeout')} does nothing without ${nameOf('leakWatch')}, which takes back what was collected`,
    );
  return faults;
}
