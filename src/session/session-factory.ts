import type { Engine } from '../engine/engine.ts';
import { configure } from '../mapping/configure.ts';
import type { Models } from '../model/model-types.ts';
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
  readonly engine: Engine;
}

/**
 * Makes a factory of sessions.
 *
 * @throws {MappingError} a model has a fault. @throws {SessionOptionError} SESSION_BAD_OPTION
 * @example
 * const Session = sessionFactory(engine, { models: { User, ReportingJob } });
 * await Session.begin(async (session) => session.add(new User({ name: 'Ada' })));
 */
export function sessionFactory<const M extends Models = any>(
  engine: Engine,
  options: SessionFactoryOptions<M> = {},
): SessionFactory<M> {
  const { models, ...shared } = options;
  checkOptions(shared);
  if (models !== undefined) configure(Object.values(models));
  const make = (own: SessionOptions = {}): Session<M> => new Session(engine, models, shared, own);
  return Object.assign(make, {
    engine,
    begin: <T>(work: (session: Session<M>) => Promise<T> | T, own?: SessionOptions) => inSession(make(own), work),
  });
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
