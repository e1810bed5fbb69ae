import type { IsolationLevel } from '../dialects/dialect.ts';
import type { DatabaseError } from '../errors/database-errors.ts';
import { EngineOptionError } from '../errors/engine-errors.ts';
import { contradictionsIn } from '../pool/contradictions.ts';
import { isInSeconds, ourNameOf as poolNameOf } from '../pool/foreign-names.ts';
import { isOptions, unknownNames } from '../pool/option-rules.ts';
import type { OptionRule } from '../pool/option-rules.ts';
import { AliasTable } from '../util/alias-table.ts';
import type { Clock } from '../util/clock.ts';
import { systemClock } from '../util/clock.ts';
import { closest } from '../util/suggest.ts';
import type { StatementEvent } from './engine-events.ts';
import { FOREIGN_ENGINE_NAMES } from './foreign-engine-names.ts';
import { parseEngineUrl } from './engine-url.ts';
import type { EngineUrl } from './engine-url.ts';
import { meaninglessIn, poolOptionsOf, POOLING_NAMES, POOLING_RULES } from './pooling-options.ts';
import type { PoolingOptions } from './pooling-options.ts';

export type DriverName = 'node:sqlite' | 'better-sqlite3' | 'pg';

/** What `createEngine` takes. Durations are milliseconds. */
export interface EngineOptions extends PoolingOptions {
  /** `sqlite:path`, `sqlite::memory:`, `sqlite:///absolute/path` or `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Default: `node:sqlite` for SQLite, `pg` for PostgreSQL. */
  readonly driver?: DriverName | undefined;
  /** `queue` keeps connections, `null` opens one for each checkout, `static` shares one. Default `queue`. */
  readonly pool?: 'queue' | 'null' | 'static' | undefined;
  /** Of transactions that name no level. Default: the database's. */
  readonly isolationLevel?: IsolationLevel | undefined;
  /** Shows every statement: on the console when true. Default false. */
  readonly echo?: boolean | ((event: StatementEvent) => void) | undefined;
  /** SQLite: longest wait for the file's write lock. Default 5 000. */
  readonly busyTimeout?: number | undefined;
  /** PostgreSQL: false for proxies that cannot keep prepared statements, such as PgBouncer before 1.21. Default true. */
  readonly prepare?: boolean | undefined;
  /** PostgreSQL: more options for `pg.Client`, such as `ssl` or `statement_timeout`. */
  readonly driverOptions?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The last word on whether an error means that the connection is lost, and with it probably all of its age.
   * `isDisconnect` is what the dialect thinks. Example: `(error) => error.sqlState === '25006'` after a failover to a
   * server that only reads. Default: what the dialect thinks.
   */
  readonly isDisconnect?: ((error: DatabaseError, isDisconnect: boolean) => boolean) | undefined;
  /** Names the engine's pool in errors and events. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Options, checked. What the pool checks itself is passed on as it came. */
export interface EngineSettings {
  readonly options: EngineOptions;
  readonly location: EngineUrl;
  readonly clock: Clock;
}

type Rule = Pick<OptionRule, 'accepts' | 'wanted' | 'partFaults'>;

const LEVELS: readonly unknown[] = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'];

const duration: Rule = {
  accepts: (value) => typeof value === 'number' && value >= 0,
  wanted: 'milliseconds, 0 or more',
};
const flag: Rule = { accepts: (value) => typeof value === 'boolean', wanted: 'true or false' };
const object: Rule = { accepts: (value) => typeof value === 'object' && value !== null, wanted: 'an object' };
const oneOf = (...allowed: readonly unknown[]): Rule => ({
  accepts: (value) => allowed.includes(value),
  wanted: allowed.map((one) => `'${String(one)}'`).join(' or '),
});

const RULES: Record<Exclude<keyof EngineOptions, keyof PoolingOptions>, Rule> & Readonly<Record<string, Rule>> = {
  url: { accepts: (value) => typeof value === 'string', wanted: 'a database URL' },
  driver: oneOf('node:sqlite', 'better-sqlite3', 'pg'),
  pool: oneOf('queue', 'null', 'static'),
  ...POOLING_RULES,
  isolationLevel: oneOf(...LEVELS),
  echo: {
    accepts: (value) => typeof value === 'boolean' || typeof value === 'function',
    wanted: 'true, false or a function',
  },
  busyTimeout: duration,
  prepare: flag,
  driverOptions: object,
  isDisconnect: { accepts: (value) => typeof value === 'function', wanted: 'a function' },
  name: { accepts: (value) => typeof value === 'string' && value !== '', wanted: 'a text' },
  clock: object,
};

const foreignNames = new AliasTable<Exclude<keyof EngineOptions, keyof PoolingOptions>>(FOREIGN_ENGINE_NAMES);

/** Options that mean something to one database only. */
const ONLY_FOR: Readonly<Record<EngineUrl['dialect'], readonly (keyof EngineOptions)[]>> = {
  sqlite: ['busyTimeout'],
  postgres: ['prepare', 'driverOptions'],
};

const DRIVERS: Readonly<Record<EngineUrl['dialect'], readonly DriverName[]>> = {
  sqlite: ['node:sqlite', 'better-sqlite3'],
  postgres: ['pg'],
};

/**
 * @throws {EngineOptionError} ENGINE_BAD_OPTION - with every fault at once.
 * @throws {EngineOptionError} ENGINE_BAD_URL
 */
export function checkEngineOptions(given: string | EngineOptions): EngineSettings {
  const options = typeof given === 'string' ? { url: given } : given;
  if (!isOptions(options)) throw EngineOptionError.of(['it takes a database URL or an object']);
  const faults = [...unknownOptions(options), ...badValues(options)];
  if (faults.length > 0) throw EngineOptionError.of(faults);
  const location = parseEngineUrl(options.url);
  const misfits = [...misfitsOf(options, location.dialect), ...poolMisfitsOf(options)];
  if (misfits.length > 0) throw EngineOptionError.of(misfits);
  return { options, location, clock: options.clock ?? systemClock };
}

/** The option that another library, or the pool, calls `word`. */
function ourNameOf(word: string): keyof EngineOptions | undefined {
  return foreignNames.find(word) ?? POOLING_NAMES.find(([, poolName]) => poolName === poolNameOf(word))?.[0];
}

function unknownOptions(options: object): string[] {
  return unknownNames(options, RULES).map((name) => {
    const meant = ourNameOf(name) ?? closest(name, Object.keys(RULES));
    if (meant === undefined) return `'${name}' is not an option`;
    const isUnitDoubtful = isInSeconds(name) && RULES[meant]?.wanted.startsWith('milliseconds') === true;
    return `'${name}' is not an option, did you mean '${meant}'${isUnitDoubtful ? ' (in milliseconds)' : ''}?`;
  });
}

function badValues(options: EngineOptions): string[] {
  return Object.entries(RULES).flatMap(([name, { accepts, wanted, partFaults }]) => {
    const value: unknown = Reflect.get(options, name);
    if ((value === undefined && name !== 'url') || accepts(value)) return [];
    const parts = partFaults?.(`'${name}'`, value) ?? [];
    return parts.length > 0 ? parts : [`'${name}' must be ${wanted}`];
  });
}

function misfitsOf(options: EngineOptions, dialect: EngineUrl['dialect']): string[] {
  const other = dialect === 'sqlite' ? 'postgres' : 'sqlite';
  const misfits = ONLY_FOR[other]
    .filter((name) => options[name] !== undefined)
    .map((name) => `'${name}' means nothing to ${dialect}`);
  if (options.driver !== undefined && !DRIVERS[dialect].includes(options.driver)) {
    misfits.push(`'driver' must be ${DRIVERS[dialect].map((name) => `'${name}'`).join(' or ')} for ${dialect}`);
  }
  return misfits;
}

function poolMisfitsOf(options: EngineOptions): string[] {
  const { pool = 'queue' } = options;
  if (pool !== 'queue') return meaninglessIn(options).map((name) => `'${name}' means nothing to a ${pool} pool`);
  const engineNames = new Map<string, string>(POOLING_NAMES.map(([name, poolName]) => [poolName, name]));
  return contradictionsIn(poolOptionsOf(options), (name) => `'${engineNames.get(name) ?? name}'`);
}
