import type { FastifyInstance, FastifyRequest } from 'fastify';

import { openRequestScope, requireOpener } from './request-scope.ts';
import type { ScopeOpener } from './request-scope.ts';

export type { OpenScope } from '../session/scoped-session.ts';
export type { ScopeOpener } from './request-scope.ts';
export { scopeOf } from './request-scope.ts';

export interface HermeticFastifyOptions {
  /** The scoped session that handlers use. */
  readonly db: ScopeOpener;
}

/** What `app.register` takes. */
export type HermeticFastify = (app: FastifyInstance, options: HermeticFastifyOptions) => Promise<void>;

/**
 * Gives every request a scope of its own, whose session ends when the request has really ended: answered, failed, cut
 * off by the client, streamed to its last byte. Nothing is ever committed by itself.
 *
 * Uncommitted changes are rolled back, with a warning that names them unless the status of the answer is 400 or above.
 *
 * @throws {WebOptionError} WEB_BAD_OPTION - `db` is no scoped session.
 * @example
 * const db = scopedSession(Session);
 * await app.register(hermeticFastify, { db });
 * app.get('/jobs/:id', (request) => db.get(ReportingJob, request.params.id));
 */
export const hermeticFastify: HermeticFastify = Object.assign(
  async (app: FastifyInstance, { db }: HermeticFastifyOptions): Promise<void> => {
    const opener = requireOpener('hermetic/fastify', db);
    // The callback form: `run` around the rest of the request holds where an async hook would lose its context.
    app.addHook('onRequest', (request, reply, next) => {
      openRequestScope(opener, { request: request.raw, response: reply.raw, label: labelOf(request) }).enter(next);
    });
  },
  // For every route of the application, not only those registered inside this plugin.
  { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'hermetic' },
);

export default hermeticFastify;

function labelOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? '(no route)'}`;
}
