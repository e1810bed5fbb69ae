import type { AddressInfo } from 'node:net';

import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Engine, ScopedSession, SessionFactory } from 'hermetic';
import { createEngine, HermeticError, PoolTimeoutError, scopedSession, sessionFactory } from 'hermetic';
import { hermeticFastify } from 'hermetic/fastify';

import { generateData } from './data.ts';
import { models } from './models.ts';
import { jobRoutes } from './routes/jobs.ts';
import { leakRoutes } from './routes/leak.ts';
import { overviewRoutes } from './routes/overview.ts';
import type { Settings } from './settings.ts';
import { Workers } from './workers.ts';

const WORKERS = 2;
/** How long requests may take to end when the service stops. */
const CLOSE_MS = 5_000;

/** Everything that routes need, and the life of it all. */
export class ReportingService {
  readonly engine: Engine;
  readonly Session: SessionFactory<typeof models>;
  /** The session of the request in which it is used. */
  readonly db: ScopedSession<typeof models>;
  readonly workers: Workers;
  readonly app: FastifyInstance;
  readonly #settings: Settings;
  readonly #log: (line: string) => void;
  #closing: Promise<void> | undefined;

  /** @param log - takes what the operator should know. */
  constructor(settings: Settings, log: (line: string) => void = console.error) {
    const { databaseUrl, poolTimeout } = settings;
    this.#settings = settings;
    this.#log = log;
    this.engine = createEngine({ url: databaseUrl, poolTimeout, name: 'reporting' });
    this.Session = sessionFactory(this.engine, { models });
    this.db = scopedSession(this.Session);
    this.workers = new Workers(this.Session, log);
    this.app = fastify();
  }

  /** Creates the tables anew and fills them. */
  async prepare(orders: number, onProgress: (lines: number) => void = () => {}): Promise<void> {
    const tables = Object.values(models);
    await this.engine.dropAll(tables);
    await this.engine.createAll(tables);
    await generateData(this.Session, orders, onProgress);
  }

  /**
   * Serves, and works.
   *
   * @param more - further routes.
   * @returns the address, such as `http://127.0.0.1:3000`.
   */
  async start(more: (app: FastifyInstance, service: ReportingService) => void = () => {}): Promise<string> {
    const { app } = this;
    await app.register(hermeticFastify, { db: this.db });
    app.setErrorHandler((error: FastifyError | HermeticError, _request, reply) => this.#answerError(error, reply));
    app.setNotFoundHandler((request, reply) =>
      reply.code(404).send({ error: `There is nothing at ${request.method} ${request.url}.`, code: 'NOT_FOUND' }),
    );
    overviewRoutes(app, this);
    jobRoutes(app, this);
    if (this.#settings.leak) leakRoutes(app, this);
    more(app, this);
    await app.listen({ port: this.#settings.port, host: '127.0.0.1' });
    this.workers.start(WORKERS);
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }

  /** No more requests, no more jobs, no more connections. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const deadline = setTimeout(() => this.app.server.closeAllConnections(), CLOSE_MS);
    await this.app.close();
    clearTimeout(deadline);
    await this.workers.stop();
    await this.engine.dispose();
  }

  #answerError(error: FastifyError | HermeticError, reply: FastifyReply): void {
    const { statusCode, code, message } = answerOf(error);
    if (statusCode >= 500) this.#log(error.message);
    void reply.code(statusCode).send({ error: message, code });
  }
}

function answerOf(error: FastifyError | HermeticError): { statusCode: number; code: string; message: string } {
  const { code, message } = error;
  // Hermetic's texts hold no values, so a client may read them; others might.
  if (error instanceof HermeticError)
    return { statusCode: error instanceof PoolTimeoutError ? 503 : 500, code, message };
  const { statusCode = 500 } = error;
  return statusCode < 500
    ? { statusCode, code, message }
    : { statusCode, code: 'INTERNAL', message: 'The request failed.' };
}
