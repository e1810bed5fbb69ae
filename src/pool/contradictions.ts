import type { PoolOptions } from './pool-options.ts';

/**
 * Options that are right one by one and cannot be meant together. A default of a duration contradicts nothing.
 *
 * @param nameOf - what the program calls an option.
 */
export function contradictionsIn(
  options: PoolOptions,
  nameOf: (name: keyof PoolOptions) => string = (name) => name,
): string[] {
  const { size = 5, maxOverflow = 10, minIdle = 0, maxConnecting = 0 } = options;
  const faults: string[] = [];
  const below = (shorter: Timed, longer: Timed, reason: string): void => {
    const [less, more] = [options[shorter] ?? 0, options[longer] ?? Infinity];
    if (more > 0 && less !== Infinity && less >= more)
      faults.push(`${nameOf(shorter)} (${less}) must be less than ${nameOf(longer)} (${more}): ${reason}`);
  };
  if (size !== 0 && minIdle > size)
    faults.push(`${nameOf('minIdle')} (${minIdle}) must not exceed ${nameOf('size')} (${size}): no more are kept`);
  const limit = size === 0 || maxOverflow === -1 ? Infinity : size + maxOverflow;
  if (maxConnecting > limit)
    faults.push(
      `${nameOf('maxConnecting')} (${maxConnecting}) must not exceed ${nameOf('size')} + ${nameOf('maxOverflow')} (${limit})`,
    );
  below('idleTimeout', 'recycle', 'nothing would ever be idle for so long');
  below('keepAlive', 'idleTimeout', 'connections are closed before they are pinged');
  below('keepAlive', 'recycle', 'connections are replaced before they are pinged');
  below('pingTimeout', 'timeout', 'the caller is gone before the ping is');
  below('pingAfter', 'recycle', 'connections are replaced before they are pinged');
  if ((options.retryDelay ?? 0) > (options.maxRetryDelay ?? Infinity))
    faults.push(
      `${nameOf('retryDelay')} (${options.retryDelay}) must not exceed ${nameOf('maxRetryDelay')} (${options.maxRetryDelay})`,
    );
  return faults;
}

type Timed = 'idleTimeout' | 'keepAlive' | 'pingTimeout' | 'pingAfter' | 'recycle' | 'timeout';
