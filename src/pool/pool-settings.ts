import { PoolOptionError } from '../errors/pool-errors.ts';
import { systemClock } from '../util/clock.ts';
import { connectorFaults } from './connector-rules.ts';
import { contradictionsIn } from './contradictions.ts';
import { count, duration, faultsOf, flag, isDuration, isOptions, isRecord, rightOf, show } from './option-rules.ts';
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

const SIZES = ['size', 'maxOverflow'] as const;

const CAP = 'a whole number of 1 or more, or Infinity';

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
    accepts: (value) => value === 'rollback' || value === 'commit' || value === 'none',
    wanted: "'rollback', 'commit' or 'none'",
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
    accepts: (value) => isCap(value) || (isOptions(value) && Object.values(value).every(isCap)),
    wanted: `${CAP}, or an object of such by label`,
    partFaults: (name, value) => (isOptions(value) ? capFaults(name, value) : []),
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

/** What the program gave, and that with the defaults. */
interface Choice {
  readonly given: PoolOptions;
  readonly options: ChosenOptions;
}

/** Options, checked and complete, and the limits that follow from them. */
export class PoolSettings {
  readonly kind: PoolKind;
  readonly options: ChosenOptions;
  readonly limits: PoolLimits;
  #given: PoolOptions;

  private constructor(kind: PoolKind, { given, options }: Choice, limits: PoolLimits) {
    this.kind = kind;
    this.options = options;
    this.limits = limits;
    this.#given = given;
  }

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault at once. */
  static forQueue<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    const choice = choose('QueuePool', options, { rules: POOL_RULES, connector });
    const { size, maxOverflow, maxConnecting } = choice.options;
    return new PoolSettings('QueuePool', choice, new PoolLimits(size, maxOverflow, maxConnecting));
  }

  /** Settings of a pool that keeps nothing. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forNullPool<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    return new PoolSettings('NullPool', chooseUnlimited('NullPool', options, connector), PoolLimits.none());
  }

  /** Settings of a pool of one connection. @throws {PoolOptionError} POOL_BAD_OPTION */
  static forStaticPool<C>(options: PoolOptions, connector: Connector<C>): PoolSettings {
    return new PoolSettings('StaticPool', chooseUnlimited('StaticPool', options, connector), new PoolLimits(1, 0));
  }

  /** What the program gave, its sizes as they are now: without defaults, which were not asked for and contradict nothing. */
  get given(): PoolOptions {
    return this.#given;
  }

  /** Changes how many there may be; what is not named stays. @throws {PoolOptionError} POOL_BAD_OPTION */
  resize(size: PoolSize): void {
    const faults = faultsOf(size, SIZE_RULES);
    const given = faults.length === 0 ? { ...this.#given, ...rightOf(size, SIZE_RULES) } : {};
    faults.push(...contradictionsIn(given));
    if (faults.length > 0) throw PoolOptionError.of('resize', faults);
    this.#given = given;
    this.limits.set(size.size ?? this.limits.size, size.maxOverflow ?? this.limits.maxOverflow);
  }
}

function chooseUnlimited<C>(kind: PoolKind, options: PoolOptions, connector: Connector<C>): Choice {
  const rules = Object.fromEntries(
    Object.entries(POOL_RULES).filter(([name]) => !QUEUE_ONLY_OPTIONS.some((other) => other === name)),
  );
  const choice = choose(kind, options, { rules, connector });
  return { given: choice.given, options: { ...choice.options, size: 0, maxOverflow: -1 } };
}

interface Offer {
  /** Of the options that this pool has. */
  readonly rules: Readonly<Record<string, OptionRule>>;
  readonly connector: Pick<Connector<never>, 'ping' | 'commit'>;
}

function choose(kind: PoolKind, options: PoolOptions, offer: Offer): Choice {
  const faults = [...connectorFaults(offer.connector), ...faultsOf(options, offer.rules)];
  const given = isOptions(options) ? rightOf(options, offer.rules) : {};
  faults.push(...lacksOf(given, offer.connector));
  // Of a wrong size nothing follows.
  const isSizeRight = !isOptions(options) || SIZES.every((name) => options[name] === given[name]);
  faults.push(...contradictionsIn(isSizeRight ? given : { ...given, size: 0, maxOverflow: -1 }));
  if (faults.length > 0) throw PoolOptionError.of(kind, faults);
  const { maxPerLabel } = given;
  // The program may go on to change its object.
  if (isRecord(maxPerLabel)) given['maxPerLabel'] = { ...maxPerLabel };
  return { given, options: complete(given) };
}

/** Every option, as given or by default. */
function complete(given: Readonly<Record<string, unknown>>): ChosenOptions {
  const chosen: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(POOL_RULES)) chosen[name] = given[name] ?? rule.initial;
  // A ping that outlasts its caller would leave no time to reconnect.
  if (given['pingTimeout'] === undefined) chosen['pingTimeout'] = shorter(Number(chosen['timeout']) / 2, 5_000);
  // A copy, since V8 keeps what was filled name by name as a hash table: slow to read, and the hot path reads it.
  return { ...chosen } as unknown as ChosenOptions;
}

/** What these options ask of a connector that has no such thing. */
function lacksOf(given: PoolOptions, connector: Pick<Connector<never>, 'ping' | 'commit'>): string[] {
  const { prePing, keepAlive = Infinity, resetOnReturn } = given;
  const can = (name: 'ping' | 'commit'): boolean => isRecord(connector) && connector[name] !== undefined;
  const lacks: string[] = [];
  if (prePing === true && !can('ping')) lacks.push('prePing needs a connector that can ping');
  if (keepAlive !== Infinity && !can('ping')) lacks.push('keepAlive needs a connector that can ping');
  if (resetOnReturn === 'commit' && !can('commit'))
    lacks.push("resetOnReturn 'commit' needs a connector that can commit");
  return lacks;
}

function shorter(half: number, most: number): number {
  return half === 0 ? most : Math.min(half, most);
}

function isClock(value: unknown): boolean {
  return isRecord(value) && Object.keys(systemClock).every((name) => typeof Reflect.get(value, name) === 'function');
}

function isCap(value: unknown): boolean {
  return value === Infinity || (Number.isInteger(value) && Number(value) >= 1);
}

function capFaults(name: string, caps: object): string[] {
  return Object.entries(caps)
    .filter(([, cap]) => !isCap(cap))
    .map(([label, cap]) => `${name}['${label}'] must be ${CAP}, not ${show(cap)}`);
}
