import type { IsolationLevel } from '../dialects/dialect.ts';
import { SessionOptionError } from '../errors/session-errors.ts';
import type { ExecutionOptions } from '../engine/engine-events.ts';
import type { Bind, ModelBinds } from './binds.ts';
import { checkModelBinds, isBind } from './binds.ts';
import { isTag } from '../engine/tagged.ts';
import { GlobalFilter } from './global-filter.ts';
import type { JoinTransactionMode } from './enlistment.ts';
import { JOIN_TRANSACTION_MODES } from './enlistment.ts';

/** How a session behaves. Given to `sessionFactory`, and for one session to `Session(…)`. */
export interface SessionOptions {
  /** Flush pending changes before a query reads. Default: true; false with `autocommit`. */
  readonly autoflush?: boolean;
  /** Begin a transaction by itself at the first use. Default: true. */
  readonly autobegin?: boolean;
  /** Every statement takes a connection and gives it back; a flush makes a short transaction of its own. Default: false. */
  readonly autocommit?: boolean;
  /** Forget all values at commit, so that each object must be refreshed. Default: false. */
  readonly expireOnCommit?: boolean;
  /** A closed session may be used again. Default: true. */
  readonly closeResetsOnly?: boolean;
  /** Of the session's transactions. Default: the engine's. */
  readonly isolationLevel?: IsolationLevel | undefined;
  /** Refuse to write: a flush with work fails, and so does every other statement that may write. Default: false. */
  readonly readOnly?: boolean;
  /** Another engine than the factory's, or a connection that the caller keeps and closes. */
  readonly bind?: Bind | undefined;
  /** Engines of single models, or of classes that models extend: a Map, or a list of `{ model, engine }`. */
  readonly binds?: ModelBinds | undefined;
  /** What becomes of a transaction that the caller's connection is already in. Default: `conditional_savepoint`. */
  readonly joinTransactionMode?: JoinTransactionMode;
  /** When several engines took part, have all prepare before any commits. PostgreSQL only. Default: false. */
  readonly twophase?: boolean;
  /** `'raise'`: awaiting a relationship that is not loaded fails, so that every read is asked for. Default: `'select'`. */
  readonly lazy?: 'select' | 'raise';
  /**
   * Warn when one line of code has caused so many statements that load one object after the other. Default: 5, or false, for
   * never, when NODE_ENV is `production`.
   */
  readonly repeatedLoads?: number | false;
  /** Anything that belongs to this conversation: tenant, user. A factory's entries are copied, then overlaid. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** Conditions on every read of some models, made by `globalFilter`; a session's own are added to its factory's. */
  readonly filters?: readonly GlobalFilter[];
  /**
   * Signs the cursors of `page`, so that nobody makes up or changes one: at least 16 characters, the same in all processes.
   * Without it they are signed all the same, with a key that everybody can know.
   */
  readonly cursorSecret?: string | undefined;
  /** Texts for a comment before each statement, seen in the database's logs and by listeners; a query's tags follow. */
  readonly tags?: readonly string[];
  /** For listeners of statements, on everything that the session sends. Layers are merged; a call's own win. */
  readonly executionOptions?: ExecutionOptions;
  /** Gives up waiting for a connection, and refuses further statements, once aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Who works here, such as `GET /orders`; shown by `pool.holders()` and in errors. */
  readonly label?: string | undefined;
}

/** The options, with nothing left open. */
export interface SessionSettings {
  readonly autoflush: boolean;
  readonly autobegin: boolean;
  readonly autocommit: boolean;
  readonly expireOnCommit: boolean;
  readonly closeResetsOnly: boolean;
  readonly isolationLevel: IsolationLevel | undefined;
  readonly readOnly: boolean;
  readonly bind: Bind | undefined;
  readonly binds: ModelBinds | undefined;
  readonly joinTransactionMode: JoinTransactionMode;
  readonly twophase: boolean;
  readonly lazy: 'select' | 'raise';
  readonly repeatedLoads: number | false;
  readonly info: Record<string, unknown>;
  readonly filters: readonly GlobalFilter[];
  readonly cursorSecret: string | undefined;
  readonly tags: readonly string[];
  readonly executionOptions: ExecutionOptions | undefined;
  readonly signal: AbortSignal | undefined;
  readonly label: string | undefined;
}

const MODES: readonly unknown[] = JOIN_TRANSACTION_MODES;

const CHECKS: Readonly<
  Record<keyof SessionOptions, readonly [expected: string, isValid: (value: unknown) => boolean]>
> = {
  autoflush: ['true or false', isBoolean],
  autobegin: ['true or false', isBoolean],
  autocommit: ['true or false', isBoolean],
  expireOnCommit: ['true or false', isBoolean],
  closeResetsOnly: ['true or false', isBoolean],
  isolationLevel: [
    "'read uncommitted', 'read committed', 'repeatable read' or 'serializable'",
    (value) => ['read uncommitted', 'read committed', 'repeatable read', 'serializable'].includes(value as string),
  ],
  readOnly: ['true or false', isBoolean],
  bind: ['an engine or a connection', isBind],
  binds: ['a Map from model to engine, or a list of { model, engine }', checkModelBinds],
  joinTransactionMode: [
    JOIN_TRANSACTION_MODES.map((mode) => `'${mode}'`).join(' or '),
    (value) => MODES.includes(value),
  ],
  twophase: ['true or false', isBoolean],
  lazy: ["'select' or 'raise'", (value) => value === 'select' || value === 'raise'],
  repeatedLoads: ['a whole number from 2 on, or false', (value) => value === false || isWhole(value, 2)],
  info: ['an object', isObject],
  filters: ['a list of filters of different names, made by globalFilter', isFilters],
  cursorSecret: ['a text of at least 16 characters', (value) => typeof value === 'string' && value.length >= 16],
  tags: [
    'a list of texts of at most 200 characters, without comment marks',
    (value) => Array.isArray(value) && value.every(isTag),
  ],
  executionOptions: ['an object', isObject],
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
  label: ['a text', (value) => typeof value === 'string'],
};

/**
 * Checks options and fills in what they leave open.
 *
 * @throws {SessionOptionError} SESSION_BAD_OPTION - an unknown name, or a value of the wrong kind.
 */
export function sessionSettings(...layers: readonly SessionOptions[]): SessionSettings {
  const [shared, ...more] = layers.filter((layer) => Object.keys(layer).length > 0);
  if (shared === undefined || more.length > 0 || !Object.isFrozen(shared)) return settle(layers);
  let settings = frozen.get(shared);
  if (settings === undefined) frozen.set(shared, (settings = settle([shared])));
  return { ...settings, info: { ...settings.info } };
}

/** What options that cannot change any more come to: a factory's, for all sessions that say nothing of their own. */
const frozen = new WeakMap<SessionOptions, SessionSettings>();

function settle(layers: readonly SessionOptions[]): SessionSettings {
  for (const layer of layers) checkOptions(layer);
  const options: SessionOptions = Object.assign({}, ...layers.map(withoutUndefined));
  const autocommit = options.autocommit ?? false;
  return {
    autoflush: options.autoflush ?? !autocommit,
    autobegin: options.autobegin ?? true,
    autocommit,
    expireOnCommit: options.expireOnCommit ?? false,
    closeResetsOnly: options.closeResetsOnly ?? true,
    isolationLevel: options.isolationLevel,
    readOnly: options.readOnly ?? false,
    bind: options.bind,
    binds: options.binds,
    joinTransactionMode: options.joinTransactionMode ?? 'conditional_savepoint',
    twophase: options.twophase ?? false,
    lazy: options.lazy ?? 'select',
    repeatedLoads: options.repeatedLoads ?? (process.env['NODE_ENV'] === 'production' ? false : 5),
    info: Object.assign({}, ...layers.map((layer) => layer.info)) as Record<string, unknown>,
    filters: layers.flatMap((layer) => layer.filters ?? []),
    cursorSecret: options.cursorSecret,
    tags: options.tags ?? [],
    executionOptions: mergedOptions(layers),
    signal: options.signal,
    label: options.label,
  };
}

/** @throws {SessionOptionError} SESSION_BAD_OPTION */
export function checkOptions(options: SessionOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof SessionOptions] : undefined;
    if (check === undefined) throw SessionOptionError.unknown(name, Object.keys(CHECKS));
    if (value !== undefined && !check[1](value)) throw SessionOptionError.type(name, check[0]);
  }
}

function withoutUndefined(options: SessionOptions): SessionOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function mergedOptions(layers: readonly SessionOptions[]): ExecutionOptions | undefined {
  const given = layers.flatMap((layer) => layer.executionOptions ?? []);
  return given.length === 0 ? undefined : Object.assign({}, ...given);
}

function isFilters(value: unknown): boolean {
  if (!Array.isArray(value) || !value.every((each) => each instanceof GlobalFilter)) return false;
  return new Set(value.map(({ name }) => name)).size === value.length;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isWhole(value: unknown, from: number): boolean {
  return Number.isInteger(value) && (value as number) >= from;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}
