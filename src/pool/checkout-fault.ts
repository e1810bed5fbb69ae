import { PoolOptionError } from '../errors/pool-errors.ts';
import { duration, faultsOf, isRecord, show } from './option-rules.ts';
import type { OptionRule } from './option-rules.ts';
import type { CheckoutOptions, DisposeOptions } from './pool.ts';

const CHECKOUT_RULES: Readonly<Record<string, OptionRule>> = {
  timeout: duration(Infinity),
  label: ruleFor((value) => typeof value === 'string', 'a text'),
  signal: ruleFor((value) => value instanceof AbortSignal, 'an AbortSignal'),
  priority: ruleFor((value) => value === 'high' || value === 'normal' || value === 'low', "'high', 'normal' or 'low'"),
  callSite: ruleFor(isRecord, 'a CallSite'),
  owner: ruleFor((value) => isRecord(value) || typeof value === 'function', 'an object'),
} satisfies Record<keyof CheckoutOptions, OptionRule>;

const DISPOSE_RULES: Readonly<Record<keyof DisposeOptions, OptionRule>> = {
  waiters: ruleFor((value) => value === 'refuse' || value === 'serve', "'refuse' or 'serve'"),
  timeout: duration(Infinity),
  close: ruleFor((value) => typeof value === 'boolean', 'true or false'),
};

/** What is wrong with a checkout's options, or undefined. */
export function checkoutFault(options: CheckoutOptions): PoolOptionError | undefined {
  return isRecord(options) && areRight(options) ? undefined : faultIn('checkout', options, CHECKOUT_RULES);
}

/** What is wrong with a disposal's options, or undefined. */
export function disposeFault(options: DisposeOptions): PoolOptionError | undefined {
  return faultIn('dispose', options, DISPOSE_RULES);
}

/** Every checkout comes through here, nearly all are right: so nothing is made while that is so. */
function areRight(options: CheckoutOptions): boolean {
  for (const name in options) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && CHECKOUT_RULES[name]?.accepts(value) !== true) return false;
    if (!(name in CHECKOUT_RULES)) return false;
  }
  return true;
}

function faultIn(
  subject: string,
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
): PoolOptionError | undefined {
  const faults = isRecord(options)
    ? faultsOf({ ...options }, rules)
    : [`the options must be an object, not ${show(options)}`];
  return faults.length === 0 ? undefined : PoolOptionError.of(subject, faults);
}

function ruleFor(accepts: (value: unknown) => boolean, wanted: string): OptionRule {
  return { initial: undefined, accepts, wanted };
}
