import { closest } from '../util/suggest.ts';

/** What an option may be. */
export interface OptionRule {
  readonly initial: unknown;
  readonly accepts: (value: unknown) => boolean;
  readonly wanted: string;
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
export function faultsOf(
  given: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, OptionRule>>,
): string[] {
  const names = Object.keys(rules);
  const faults = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => unknownOption(name, names));
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    if (value !== undefined && !rule.accepts(value)) faults.push(`${name} must be ${rule.wanted}, not ${show(value)}`);
  }
  return faults;
}

/** A value in an error text. Only numbers and short words of our own options come here, never a parameter. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return String(value);
  return value === null ? 'null' : typeof value;
}

function unknownOption(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  return meant === undefined ? `${name} is not an option` : `${name} is not an option, did you mean ${meant}?`;
}
