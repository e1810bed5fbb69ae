import { PoolOptionError } from '../errors/pool-errors.ts';
import { isDuration, show } from './option-rules.ts';
import type { CheckoutOptions } from './pool.ts';

/** What is wrong with a checkout's options, or undefined. */
export function checkoutFault({ timeout, label, signal, priority }: CheckoutOptions): PoolOptionError | undefined {
  const faults: string[] = [];
  if (timeout !== undefined && !isDuration(timeout))
    faults.push(`timeout must be milliseconds, 0 or more, not ${show(timeout)}`);
  if (label !== undefined && typeof label !== 'string') faults.push(`label must be a text, not ${show(label)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    faults.push(`signal must be an AbortSignal, not ${show(signal)}`);
  if (priority !== undefined && priority !== 'high' && priority !== 'normal' && priority !== 'low')
    faults.push(`priority must be 'high', 'normal' or 'low', not ${show(priority)}`);
  return faults.length === 0 ? undefined : PoolOptionError.of('checkout', faults);
}
