import { PoolOptionError } from '../errors/pool-errors.ts';
import { duration, faultsOf, isDuration, isOptions, isRecord } from './option-rules.ts';
import type { OptionRule } from './option-rules.ts';
import type { CheckoutOptions, DisposeOptions } from './pool.ts';

const CHECKOUT_RULES: Readonly<Record<keyof CheckoutOptions, OptionRule>> = {
  timeout: duration(Infinity),
  label: ruleFor(isText, 'a text'),
  signal: ruleFor(isSignal, 'an AbortSignal'),
  priority: ruleFor(isPriority, "'high', 'normal' or 'low'"),
  callSite: ruleFor(isRecord, 'a CallSite'),
  owner: ruleFor(isOwner, 'an object'),
};

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

/** Every checkout comes through here, nearly all are right: so nothing is made, or looked up, while that is so. */
function areRight(options: CheckoutOptions): boolean {
  if (Object.getPrototypeOf(options) !== Object.prototype && !isOptions(options)) return false;
  for (const name in options) if (!isName(name)) return false;
  const { timeout, label, signal, priority, callSite, owner } = options;
  return (
    (timeout === undefined || isDuration(timeout)) &&
    (label === undefined || isText(label)) &&
    (signal === undefined || isSignal(signal)) &&
    (priority === undefined || isPriority(priority)) &&
    (callSite === undefined || isRecord(callSite)) &&
    (owner === undefined || isOwner(owner))
  );
}

function isName(name: string): boolean {
  switch (name) {
    case 'timeout':
    case 'label':
    case 'signal':
    case 'priority':
    case 'callSite':
    case 'owner':
      return true;
    default:
      return false;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isSignal(value: unknown): boolean {
  return value instanceof AbortSignal;
}

function isPriority(value: unknown): boolean {
  return value === 'high' || value === 'normal' || value === 'low';
}

function isOwner(value: unknown): boolean {
  return isRecord(value) || typeof value === 'function';
}

function faultIn(
  subject: string,
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
): PoolOptionError | undefined {
  const faults = faultsOf(options, rules);
  return faults.length === 0 ? undefined : PoolOptionError.of(subject, faults);
}

function ruleFor(accepts: (value: unknown) => boolean, wanted: string): OptionRule {
  return { initial: undefined, accepts, wanted };
}
