import { AsyncLocalStorage } from 'node:async_hooks';

import { NoScopeError } from '../errors/scope-errors.ts';
import type { Models } from '../model/model-types.ts';
import { currentScope, enterScope } from '../pool/pool-scope.ts';
import type { PoolScope } from '../pool/pool-scope.ts';
import { Scope } from './scope.ts';
import type { ScopeEnd } from './scope.ts';
import type { ListenTo } from './session-events.ts';
import { SessionListeners } from './session-listeners.ts';
import { SessionObjects } from './session-objects.ts';
import { Session } from './session.ts';
import type { SessionFactory } from './session-factory.ts';

export interface ScopeOptions {
  /** Who works here, such as `GET /orders`; shown by `pool.holders()` and in errors. */
  readonly label?: string;
  /** Gives the work up when aborted. */
  readonly signal?: AbortSignal;
}

export interface ScopedSessionOptions {
  /**
   * What stands for the current piece of work, for programs that have such a thing already: the same object, the same
   * session. Sessions made this way live until `remove()`. Without it, `run` and the web plugins open scopes.
   */
  readonly scope?: () => object | undefined;
  /** What to call such a piece of work in `pool.holders()` and in errors. */
  readonly label?: (scope: object) => string | undefined;
  /** How long the end of a scope waits for a running statement before it drops the connection, milliseconds. Default: 5000. */
  readonly graceMs?: number;
}

/** A scope that somebody else will end: the handle of the web plugins. */
export interface OpenScope {
  readonly signal: AbortSignal;
  /** Runs `work` inside the scope. */
  enter<T>(work: () => T): T;
  /** Ends the scope. Idempotent, never rejects. */
  end(end: ScopeEnd): Promise<void>;
}

type SessionSurface<M extends Models> = Omit<
  Session<M>,
  'on' | 'terminate' | 'uncommitted' | typeof Symbol.asyncDispose
>;

/** Every method of a session, applied to the session of the current scope, and the scopes themselves. */
export type ScopedSession<M extends Models = any> = SessionSurface<M> & ScopeRegistry<M>;

/**
 * A session for code that should not have to be handed one: it acts on the session of the scope in which it is called.
 *
 * Outside any scope it throws; there is no hidden global session.
 *
 * @example
 * const db = scopedSession(Session);
 * await db.run(async () => {
 *   db.add(new User({ name: 'Ada' }));
 *   await db.commit();
 * });
 */
export function scopedSession<M extends Models>(
  factory: SessionFactory<M>,
  options: ScopedSessionOptions = {},
): ScopedSession<M> {
  const registry = new ScopeRegistry(factory, options);
  return Object.defineProperties(registry, forwarders(registry)) as ScopedSession<M>;
}

/** A property for each public member of `Session`. */
function forwarders(registry: ScopeRegistry<any>): PropertyDescriptorMap {
  const forwarded: PropertyDescriptorMap = {};
  const descriptors = publicMembers(Session.prototype);
  for (const key of Reflect.ownKeys(descriptors)) {
    if (NOT_FORWARDED.has(key)) continue;
    const verb = typeof key === 'symbol' ? 'iteration' : descriptors[key]?.get === undefined ? `${key}()` : key;
    const current = (): Record<string | symbol, unknown> =>
      registry.current(verb) as unknown as Record<string | symbol, unknown>;
    const isGetter = descriptors[key]?.get !== undefined;
    forwarded[key] = isGetter
      ? { get: () => current()[key] }
      : { value: (...args: unknown[]) => Reflect.apply(current()[key] as () => unknown, current(), args) };
  }
  return forwarded;
}

/** What a prototype and those behind it define, nearest first. */
function publicMembers(prototype: object): Record<string | symbol, PropertyDescriptor> {
  const behind = Object.getPrototypeOf(prototype) as object;
  const inherited = behind === Object.prototype ? {} : publicMembers(behind);
  return { ...inherited, ...Object.getOwnPropertyDescriptors(prototype) };
}

const NOT_FORWARDED = new Set<string | symbol>(['constructor', 'on', 'terminate', 'uncommitted', Symbol.asyncDispose]);

/** The scopes behind a scoped session. */
export class ScopeRegistry<M extends Models> {
  readonly #factory: SessionFactory<M>;
  readonly #options: ScopedSessionOptions;
  readonly #storage = new AsyncLocalStorage<Scope<M>>();
  /** the program's own scope object → its scope. */
  readonly #byObject = new WeakMap<object, Scope<M>>();
  readonly #listeners = new SessionListeners();
  /** As on a session, for the sessions of all its scopes; callable outside any scope. */
  readonly on: ListenTo<Session<M>> = this.#listeners.on.bind(this.#listeners);

  constructor(factory: SessionFactory<M>, options: ScopedSessionOptions) {
    this.#factory = factory;
    this.#options = options;
  }

  /**
   * Opens a scope around `work` and removes it at the end, however that comes. Nothing is committed by itself.
   *
   * @example await db.run(async () => { db.add(user); await db.commit(); }, { label: 'nightly report' });
   */
  async run<T>(work: () => Promise<T> | T, options: ScopeOptions = {}): Promise<T> {
    const scope = this.open(options);
    let end: ScopeEnd = 'failed';
    try {
      const result = await scope.enter(work);
      end = 'finished';
      return result;
    } finally {
      await scope.end(end);
    }
  }

  /** Opens a scope that the caller ends: what the web plugins do for each request. */
  open({ label, signal }: ScopeOptions = {}): OpenScope {
    const scope = this.#newScope(label);
    const onAbort = (): void => void end('aborted');
    const end = (how: ScopeEnd): Promise<void> => {
      signal?.removeEventListener('abort', onAbort);
      return scope.end(how, this.#graceMs);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    // The pool's scope too: whatever takes a connection in there belongs to one task.
    const task = taskOf(label, new WeakRef(scope));
    const enter = <T>(work: () => T): T => enterScope(task, () => this.#storage.run(scope, work));
    return { signal: scope.signal, end, enter };
  }

  /** Ends the current scope's session; a later use starts a new one where the scope is the program's own object. */
  async remove(): Promise<void> {
    const own = this.#options.scope?.();
    const scope = own === undefined ? this.#storage.getStore() : this.#byObject.get(own);
    scope?.refuseInListener('remove');
    if (own !== undefined) this.#byObject.delete(own);
    await scope?.end('finished', this.#graceMs);
  }

  /** The session of the current scope, made at its first use. @throws {NoScopeError} SCOPE_MISSING @throws {ScopeClosedError} SCOPE_CLOSED */
  current(verb = 'current()'): Session<M> {
    const scope = this.#scope();
    if (scope === undefined) throw NoScopeError.outside(verb);
    return scope.session(verb);
  }

  /** Whether a scope is open here. */
  get isInScope(): boolean {
    return this.#scope() !== undefined;
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? 5000;
  }

  #scope(): Scope<M> | undefined {
    const own = this.#options.scope?.();
    if (own === undefined) return this.#storage.getStore();
    let scope = this.#byObject.get(own);
    if (scope === undefined) this.#byObject.set(own, (scope = this.#newScope(this.#options.label?.(own))));
    return scope;
  }

  #newScope(label: string | undefined): Scope<M> {
    return new Scope(label, (signal) => {
      const session = this.#factory({ signal, ...(label === undefined ? {} : { label }) });
      SessionObjects.coreOf(session).hooks.listeners.inherit(this.#listeners);
      return session;
    });
  }
}

/** Pools keep it with what is lent, so it must not lead to the session: a lost lease could not be collected. */
function taskOf(label: string | undefined, scope: WeakRef<{ readonly ownSession: object | undefined }>): PoolScope {
  return {
    label,
    parent: currentScope(),
    get owner() {
      return scope.deref()?.ownSession;
    },
  };
}
