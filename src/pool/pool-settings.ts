import { PoolOptionError } from '../errors/pool-errors.ts';
import { systemClock } from '../util/clock.ts';
import { connectorFaults } from './connector-rules.ts';
import { contradictionsIn } from './contradictions.ts';
import { count, duration, faultsOf, flag, isDuration, isRecord, show } from './option-rules.ts';
import type { OptionRule } from './option-rules.ts';
import { PoolLimits } from './pool-limits.ts';
import type { PoolOptions, PoolSize } from './pool-options.ts';
import type { Connector } from './pool.ts';

/** A pool's options, complete. `maxConnecting` has no number of its own until it is given. */
export type ChosenOptions = {
  readonly [Name in Exclude<keyof PoolOptions, 'maxConnecting'>]-?: Exclude<PoolOptions[Name], undefined>;
} & { readonly maxConnecting: number | undefined };

type PoolKind = 'QueuePool' | 'NullPool' | 'StaticPool';

const SIZE_RULES: Record<keyof PoolSize, OptionRule> = { size: count(5, 0), maxOverflow: count(10, -1) };

/** What each option may be. */
export const POOL_RULES: Record<keyof PoolOptions, OptionRule> = {
  ...SIZE_RULES,
  timeout: duration(30_000),
  maxWaiting: count(Infinity, 0),
  refuseHopeless: flag(false),
  recycle: {
    initial: -1,
    accepts: (value) => value === -1 || (isDuration(value) && value !== 0),
    wanted: 'milliseconds above 0, or -1',
  },
  maxUses: count(Infinity, 1),
  minIdle: count(0, 0),
  idleTimeout: duration(Infinity, true),
  keepAlive: duration(Infinity, true),
  prePing: flag(false),
  pingAfter: duration(0),
  thawAfter: duration(5_000, true),
  useLifo: flag(false),
  resetOnReturn: {
    initial: 'rollback',
    accepts: (value) => value === 'rollback' || value === 'none',
    wanted: "'rollback' or 'none'",
  },
  name: { initial: 'default', accepts: (value) => typeof value === 'string' && value !== '', wanted: 'a text' },
  clock: { initial: systemClock, accepts: isClock, wanted: 'a Clock' },
  random: { initial: Math.random, accepts: (value) => typeof value === 'function', wanted: 'a function' },
  captureCallSites: {
    initial: 'sampled',
    accepts: (value) => typeof value === 'boolean' || value === 'sampled',
    wanted: "true, false or 'sampled'",
  },
  connectTimeout: duration(10_000, true),
  maxConnecting: count(undefined, 1),
  retryDelay: duration(50, true),
  maxRetryDelay: duration(1_000, true),
  circuitAfter: count(3, 1),
  closeTimeout: duration(5_000),
  resetTimeout: duration(5_000),
  pingTimeout: duration(5_000, true),
  maxPerLabel: {
    initial: Infinity,
    accepts: (value) => value === Infinity || areCaps(value),
    wanted: 'a whole number of 1 or more, or an object of such by label',
  },
  warnHeldAfter: duration(Infinity, true),
  warnIdleInTransactionAfter: duration(60_000, true),
  refuseSelfStarvation: flag(false),
  leakWatch: flag(true),
  collectBeforeTimeout: {
    initial: true,
    accepts: (value) => typeof value === 'boolean' || typeof value === 'function',
    wanted: 'true, false or a function',
  },
};

/** What means something only to a pool that keeps connections and limits their number. */
export const QUEUE_ONLY_OPTIONS = [
  'size',
  'maxOverflow',
  'maxWaiting',
  'refuseHopeless',
  'refuseSelfStarvation',
  'maxPerLabel',
  'recycle',
  'maxUses',
  'minIdle',
  'idleTimeout',
  'keepAlive',
  'prePing',
  'pingAfter',
  'thawAfter',
  'useLifo',
  'maxConnecting',
] as const;

/** Names of the options that a pool without a limit does not have. */
export type QueueOnlyOption = (typeof QUEUE_ONLY_OPTIONS)[number];

/** Options, checked and complete, and the limits that follow from them. */
export class PoolSettings {
  readonly kind: PoolKind;
  readonly options: ChosenOptions;
  readonly limits: PoolLimits;

  private constructor(kind: PoolKind, options: ChosenOptions, limits: PoolLimits) {
    this.kind = kind;
    this.options = options;
    this.limits = limits;
  }

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault at once. */
  static forQueue<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    const chosen = choose('QueuePool', options, { rules: POOL_RULES, connector });
    return new PoolSettings('QueuePool', chosen, new PoolLimits(chosen.size, chosen.maxOverflow, chosen.maxConnecting));
  }

  /** Settings of a pool that keeps nothing. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forNullPool<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    return new PoolSettings('NullPool', chooseUnlimited('NullPool', options, connector), PoolLimits.none());
  }

  /** Settings of a pool of one connection. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forStaticPool<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    return new PoolSettings('StaticPool', chooseUnlimited('StaticPool', options, connector), new PoolLimits(1, 0));
  }

  /** Changes how many there may be; what is not named stays. @throws {PoolOptionError} POOL_BAD_OPTION */
  resize({ size = this.limits.size, maxOverflow = this.limits.maxOverflow, ...others }: PoolSize): void {
    const faults = faultsOf({ ...others, size, maxOverflow }, SIZE_RULES);
    if (faults.length === 0) faults.push(...contradictionsIn({ ...this.options, size, maxOverflow }));
    if (faults.length > 0) throw PoolOptionError.of('resize', faults);
    this.limits.set(size, maxOverflow);
  }
}

function chooseUnlimited<C>(kind: PoolKind, options: PoolOptions, connector: Connector<C>): ChosenOptions {
  const rules = Object.fromEntries(
    Object.entries(POOL_RULES).filter(([name]) => !QUEUE_ONLY_OPTIONS.some((other) => other === name)),
  );
  return { ...choose(kind, options, { rules, connector }), size: 0, maxOverflow: -1 };
}

interface Offer {
  /** Of the options that this pool has. */
  readonly rules: Readonly<Record<string, OptionRule>>;
  readonly connector: Pick<Connector<never>, 'ping'>;
}

function choose(kind: PoolKind, options: PoolOptions, { rules, connector }: Offer): ChosenOptions {
  const faults = connectorFaults(connector);
  if (isRecord(options)) faults.push(...optionFaults(options, rules, connector));
  else faults.push(`the options must be an object, not ${show(options)}`);
  if (faults.length > 0) throw PoolOptionError.of(kind, faults);
  const given: Record<string, unknown> = { ...options };
  const chosen: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(POOL_RULES)) chosen[name] = given[name] ?? rule.initial;
  // A ping that outlasts its caller would leave no time to reconnect.
  if (given['pingTimeout'] === undefined) chosen['pingTimeout'] = shorter(Number(chosen['timeout']) / 2, 5_000);
  // A copy, since V8 keeps what was filled name by name as a hash table: slow to read, and the hot path reads it.
  return { ...chosen } as unknown as ChosenOptions;
}

function optionFaults(
  options: PoolOptions,
  rules: Readonly<Record<string, OptionRule>>,
  connector: Pick<Connector<never>, 'ping'>,
): string[] {
  const given: Record<string, unknown> = { ...options };
  const faults = faultsOf(given, rules);
  const canPing = isRecord(connector) && connector.ping !== undefined;
  if (!canPing) faults.push(...pingsIn(given, rules).map((name) => `${name} needs a connector that can ping`));
  return [...faults, ...contradictionsIn(withoutFaults(options, rules))];
}

/** The options that are right by themselves. Of a wrong size nothing follows. */
function withoutFaults(options: PoolOptions, rules: Readonly<Record<string, OptionRule>>): PoolOptions {
  const right = Object.entries(options).filter(([name, value]) => rules[name]?.accepts(value) === true);
  const chosen: PoolOptions = Object.fromEntries(right);
  const isSizeRight = Object.keys(SIZE_RULES).every(
    (name) => Reflect.get(options, name) === undefined || name in chosen,
  );
  return isSizeRight ? chosen : { ...chosen, size: 0, maxOverflow: -1 };
}

function pingsIn(given: Readonly<Record<string, unknown>>, rules: object): string[] {
  const isAskedFor = { prePing: given['prePing'] === true, keepAlive: given['keepAlive'] !== undefined };
  return Object.entries(isAskedFor).flatMap(([name, isAsked]) => (isAsked && name in rules ? [name] : []));
}

function shorter(half: number, most: number): number {
  return half === 0 ? most : Math.min(half, most);
}

function isClock(value: unknown): boolean {
  return isRecord(value) && Object.keys(systemClock).every((name) => typeof Reflect.get(value, name) === 'function');
}

function areCaps(value: unknown): boolean {
  const caps: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return caps.every((cap) => Number.isInteger(cap) && Number(cap) >= 1);
}
