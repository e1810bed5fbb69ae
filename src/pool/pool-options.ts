import { PoolOptionError } from '../errors/pool-errors.ts';
import { systemClock } from '../util/clock.ts';
import type { CallSiteMode } from '../util/call-site-budget.ts';
import type { Clock } from '../util/clock.ts';
import { closest } from '../util/suggest.ts';
import type { CheckoutOptions, Connector } from './pool.ts';

/** What happens to a connection that comes back: `rollback` resets it unless it says that it is idle. */
export type ResetOnReturn = 'rollback' | 'none';

/** How a pool behaves. Durations are milliseconds. */
export interface PoolOptions {
  /** Connections kept open. 0: no limit. Default 5. */
  readonly size?: number | undefined;
  /** Connections above `size` while they are needed. −1: no limit. Default 10. */
  readonly maxOverflow?: number | undefined;
  /** Longest wait of a checkout, connecting included. 0: do not wait in line. `Infinity`: for ever. Default 30 000. */
  readonly timeout?: number | undefined;
  /** Replaces connections older than this when they come back or are next asked for. −1: never. Default −1. */
  readonly recycle?: number | undefined;
  /** Pings a pooled connection before it is lent, and replaces it when dead. Default false. */
  readonly prePing?: boolean | undefined;
  /** Lends the connection that came back last, so that the others can be closed by the server. Default false. */
  readonly useLifo?: boolean | undefined;
  /** Default `rollback`. */
  readonly resetOnReturn?: ResetOnReturn | undefined;
  /** Shown in errors and events. Default `default`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  /**
   * Remembers the line of checkouts, 3 µs each: `true` of all; `'sampled'` of the first 100 in 20 ms, which are all
   * where there are fewer than 5,000 a second. Default `'sampled'`.
   */
  readonly captureCallSites?: CallSiteMode | undefined;
  /** Longest time to open one connection. Default 10 000. */
  readonly connectTimeout?: number | undefined;
  /** Longest time to close one politely. Default 5 000. */
  readonly closeTimeout?: number | undefined;
  /** Longest time to reset one; then it is thrown away. Default 5 000. */
  readonly resetTimeout?: number | undefined;
  /** Longest time for a ping's answer; then it counts as dead. Default 5 000. */
  readonly pingTimeout?: number | undefined;
  /** Takes back, with a warning, leases that were garbage-collected. Default true. */
  readonly leakWatch?: boolean | undefined;
}

interface OptionRule {
  readonly initial: unknown;
  readonly accepts: (value: unknown) => boolean;
  readonly wanted: string;
}

function flag(initial: boolean): OptionRule {
  return { initial, accepts: (value) => typeof value === 'boolean', wanted: 'true or false' };
}

function count(initial: number, least: number): OptionRule {
  const accepts = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= least;
  return { initial, accepts, wanted: `a whole number of ${least} or more` };
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function duration(initial: number): OptionRule {
  return { initial, accepts: isDuration, wanted: 'milliseconds, 0 or more' };
}

const RULES: Record<keyof PoolOptions, OptionRule> = {
  size: count(5, 0),
  maxOverflow: count(10, -1),
  timeout: duration(30_000),
  recycle: {
    initial: -1,
    accepts: (value) => value === -1 || (isDuration(value) && value !== 0),
    wanted: 'milliseconds above 0, or -1',
  },
  prePing: flag(false),
  useLifo: flag(false),
  resetOnReturn: {
    initial: 'rollback',
    accepts: (value) => value === 'rollback' || value === 'none',
    wanted: "'rollback' or 'none'",
  },
  name: { initial: 'default', accepts: (value) => typeof value === 'string' && value !== '', wanted: 'a text' },
  clock: { initial: systemClock, accepts: (value) => typeof value === 'object' && value !== null, wanted: 'a Clock' },
  captureCallSites: {
    initial: 'sampled',
    accepts: (value) => typeof value === 'boolean' || value === 'sampled',
    wanted: "true, false or 'sampled'",
  },
  connectTimeout: duration(10_000),
  closeTimeout: duration(5_000),
  resetTimeout: duration(5_000),
  pingTimeout: duration(5_000),
  leakWatch: flag(true),
};

type Chosen = { readonly [Name in keyof PoolOptions]-?: Exclude<PoolOptions[Name], undefined> };

const ONLY_FOR_LIMITS = ['size', 'maxOverflow', 'recycle', 'prePing', 'useLifo'] as const;

/** Options, checked and complete, and the limits that follow from them. */
export class PoolSettings {
  readonly kind: 'QueuePool' | 'NullPool' | 'StaticPool';
  readonly options: Chosen;
  /** Idle connections kept, at most. */
  readonly keep: number;
  /** Physical connections, at most. */
  readonly limit: number;

  private constructor(kind: PoolSettings['kind'], options: Chosen, limits: { keep: number; limit: number }) {
    this.kind = kind;
    this.options = options;
    this.keep = limits.keep;
    this.limit = limits.limit;
  }

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault at once. */
  static forQueue<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    const misfits =
      options.prePing === true && connector.ping === undefined ? ['prePing needs a connector that can ping'] : [];
    const chosen = choose('QueuePool', options, { names: Object.keys(RULES), misfits });
    const keep = chosen.size === 0 ? Infinity : chosen.size;
    const limit = chosen.maxOverflow === -1 ? Infinity : keep + chosen.maxOverflow;
    return new PoolSettings('QueuePool', chosen, { keep, limit });
  }

  /** Settings of a pool that keeps nothing. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forNullPool(options: PoolOptions): PoolSettings {
    return new PoolSettings('NullPool', chooseUnlimited('NullPool', options), { keep: 0, limit: Infinity });
  }

  /** Settings of a pool of one connection. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forStaticPool(options: PoolOptions): PoolSettings {
    return new PoolSettings('StaticPool', chooseUnlimited('StaticPool', options), { keep: 1, limit: 1 });
  }
}

function chooseUnlimited(kind: PoolSettings['kind'], options: PoolOptions): Chosen {
  const names = Object.keys(RULES).filter((name) => !ONLY_FOR_LIMITS.some((other) => other === name));
  return { ...choose(kind, options, { names, misfits: [] }), size: 0, maxOverflow: -1 };
}

interface Offer {
  /** The options that this pool has. */
  readonly names: readonly string[];
  /** Faults found elsewhere. */
  readonly misfits: readonly string[];
}

function choose(kind: string, options: PoolOptions, { names, misfits }: Offer): Chosen {
  const given: Record<string, unknown> = { ...options };
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  const faults = [...unknown.map((name) => unknownOption(name, names)), ...misfits];
  const chosen: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(RULES)) {
    const value = given[name] === undefined ? rule.initial : given[name];
    if (!rule.accepts(value)) faults.push(`${name} must be ${rule.wanted}, not ${show(value)}`);
    chosen[name] = value;
  }
  if (faults.length > 0) throw PoolOptionError.of(kind, faults);
  return chosen as unknown as Chosen;
}

function unknownOption(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  return meant === undefined ? `${name} is not an option` : `${name} is not an option, did you mean ${meant}?`;
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'number'
      ? String(value)
      : value === null
        ? 'null'
        : typeof value;
}

/** What is wrong with a checkout's options, or undefined. */
export function checkoutFault({ timeout, label, signal }: CheckoutOptions): PoolOptionError | undefined {
  const faults: string[] = [];
  if (timeout !== undefined && !isDuration(timeout))
    faults.push(`timeout must be milliseconds, 0 or more, not ${show(timeout)}`);
  if (label !== undefined && typeof label !== 'string') faults.push(`label must be a text, not ${show(label)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    faults.push(`signal must be an AbortSignal, not ${show(signal)}`);
  return faults.length === 0 ? undefined : PoolOptionError.of('checkout', faults);
}
