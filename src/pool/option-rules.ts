import { closest } from '../util/suggest.ts';
import { isInSeconds, ourNameOf } from './foreign-names.ts';

/** The most of a text that an error shows. */
const MOST_SHOWN = 40;

/** What an option may be. */
export interface OptionRule {
  readonly initial: unknown;
  readonly accepts: (value: unknown) => boolean;
  readonly wanted: string;
  /** What is wrong with the parts of a value that has parts. Empty when that is not what is wrong. */
  readonly partFaults?: (name: string, value: unknown) => string[];
}

export function flag(initial: boolean): OptionRule {
  return { initial, accepts: (value) => typeof value === 'boolean', wanted: 'true or false' };
}

/** A whole number, or `Infinity` where `initial` is. */
export function count(initial: number | undefined, least: number): OptionRule {
  const isEndless = initial === Infinity;
  return {
    initial,
    accepts: (value) => (Number.isInteger(value) && Number(value) >= least) || (isEndless && value === Infinity),
    wanted: `a whole number of ${least} or more${isEndless ? ', or Infinity' : ''}`,
  };
}

export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object that can be meant as options: no list, no map, and no promise that somebody forgot to await. */
export function isOptions(value: unknown): value is object {
  return isRecord(value) && !(Symbol.iterator in value) && !('then' in value);
}

export function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

/** @param isPositive - 0 would mean something else than it says. */
export function duration(initial: number, isPositive = false): OptionRule {
  return {
    initial,
    accepts: (value) => isDuration(value) && !(isPositive && value === 0),
    wanted: isPositive ? 'milliseconds above 0' : 'milliseconds, 0 or more',
  };
}

/** What is wrong with these options by themselves: names that are not options, values that cannot be. */
export function faultsOf(options: unknown, rules: Readonly<Record<string, OptionRule>>): string[] {
  if (!isOptions(options)) return [`the options must be an object, not ${kindOf(options)}`];
  const faults = unknownNames(options, rules).map((name) => unknownOption(name, rules));
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && !rule.accepts(value)) faults.push(...valueFaults(name, value, rule));
  }
  return faults;
}

/** The names in `options`, inherited ones too, that are none of the rules'. */
export function unknownNames(options: object, rules: object): string[] {
  const names: string[] = [];
  for (const name in options) if (!Object.hasOwn(rules, name)) names.push(name);
  return names;
}

/** The options among `options` that have a right value, in an object of their own. */
export function rightOf(options: object, rules: Readonly<Record<string, OptionRule>>): Record<string, unknown> {
  const right: Record<string, unknown> = {};
  for (const [name, { accepts }] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && accepts(value)) right[name] = value;
  }
  return right;
}

/** A value in an error text. Only values of our own options come here, never a parameter. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value}'`;
  if (typeof value === 'number') return String(value);
  if (isRecord(value) && !isOptions(value)) return kindOf(value);
  return value === null ? 'null' : typeof value;
}

/** What `value` is, without itself: where an object is wanted and a text comes, that may be a URL with a password. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Map) return 'a Map';
  if (value instanceof Set) return 'a Set';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function valueFaults(name: string, value: unknown, { wanted, partFaults }: OptionRule): string[] {
  const parts = partFaults?.(name, value) ?? [];
  return parts.length > 0 ? parts : [`${name} must be ${wanted}, not ${show(value)}`];
}

function unknownOption(name: string, rules: Readonly<Record<string, OptionRule>>): string {
  const foreign = ourNameOf(name);
  const isOurs = foreign !== undefined && Object.hasOwn(rules, foreign);
  const meant = isOurs ? foreign : closest(name, Object.keys(rules));
  if (meant === undefined) return `${name} is not an option`;
  const unit =
    isInSeconds(name) && rules[meant]?.wanted.startsWith('milliseconds') === true ? ' (in milliseconds)' : '';
  return `${name} is not an option, did you mean ${meant}${unit}?`;
}
