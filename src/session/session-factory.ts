import { Engine } from '../engine/engine.ts';
import { SessionOptionError } from '../errors/session-errors.ts';
import { UnboundError } from '../errors/transaction-errors.ts';
import { configure } from '../mapping/configure.ts';
import type { Models } from '../model/model-types.ts';
import type { Bind } from './binds.ts';
import { isBind } from './binds.ts';
import type { ListenTo } from './session-events.ts';
import { SessionListeners } from './session-listeners.ts';
import { SessionObjects } from './session-objects.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session-options.ts';
import { checkOptions } from './session-options.ts';

export interface SessionFactoryOptions<M extends Models> extends SessionOptions {
  /** The models of these sessions; they type `session.sql`. All are configured at once, so faults show here. */
  readonly models?: M;
}

/** Makes sessions that share an engine, models and options. */
export interface SessionFactory<M extends Models = any> {
  /** A new session; options given here win. */
  (options?: SessionOptions): Session<M>;
  /** Runs `work` with a session of its own: commits when it succeeds, rolls back on its error, always closes. */
  begin<T>(work: (session: Session<M>) => Promise<T> | T, options?: SessionOptions): Promise<T>;
  /** `on(event, listener)`, `on(Model, event, listener)`: as on a session, for all sessions of this factory. */
  readonly on: ListenTo<Session<M>>;
  /** The engine or connection that it was made with. */
  readonly bind: Bind | undefined;
  /** The same, where it is an engine. @throws {UnboundError} SESSION_NO_BIND */
  readonly engine: Engine;
}

/**
 * Makes a factory of sessions.
 *
 * @param bind - an engine; or a connection, which stays the caller's to close; or undefined when `binds` names one for
 *   every model.
 * @throws {MappingError} a model has a fault. @throws {SessionOptionError} SESSION_BAD_OPTION
 * @example
 * const Session = sessionFactory(engine, { models: { User, ReportingJob } });
 * await Session.begin(async (session) => session.add(new User({ name: 'Ada' })));
 */
export function sessionFactory<const M extends Models = any>(
  bind: Bind | undefined,
  options: SessionFactoryOptions<M> = {},
): SessionFactory<M> {
  const { models, ...rest } = options;
  const shared = Object.freeze(rest);
  if (bind !== undefined && !isBind(bind)) throw SessionOptionError.type('bind', 'an engine or a connection');
  checkOptions(shared);
  if (models !== undefined) configure(Object.values(models));
  const listeners = new SessionListeners();
  const make = (own: SessionOptions = {}): Session<M> => {
    const session = new Session<M>(bind, models, shared, own);
    SessionObjects.coreOf(session).hooks.listeners.inherit(listeners);
    return session;
  };
  const factory = Object.assign(make, {
    bind,
    on: listeners.on.bind(listeners),
    begin: <T>(work: (session: Session<M>) => Promise<T> | T, own?: SessionOptions) => inSession(make(own), work),
  });
  return Object.defineProperty(factory, 'engine', { get: () => engineOf(bind) }) as SessionFactory<M>;
}

function engineOf(bind: Bind | undefined): Engine {
  if (bind instanceof Engine) return bind;
  throw UnboundError.factory();
}

async function inSession<M extends Models, T>(
  session: Session<M>,
  work: (session: Session<M>) => Promise<T> | T,
): Promise<T> {
  await using closing = session;
  const result = await work(closing);
  await closing.commit();
  return result;
}
