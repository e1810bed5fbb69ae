import type { FastifyInstance } from 'fastify';

import { PAGE } from '../page.ts';
import { schemaOf } from '../parameters.ts';
import type { ReportingService } from '../reporting-service.ts';
import { reports } from '../reports.ts';

/** What needs no session: the page, the kinds of reports, the pool. */
export function overviewRoutes(app: FastifyInstance, { engine }: ReportingService): void {
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));

  app.get('/reports', () =>
    [...reports.values()].map(({ kind, description, parameters, example, chart }) => ({
      kind,
      description,
      parameters: schemaOf(parameters),
      example,
      chart,
    })),
  );

  app.get('/pool', () => {
    const { size, checkedIn, checkedOut, overflow, waiting } = engine.pool.status();
    return { size, checkedIn, checkedOut, overflow, waiting };
  });
}
