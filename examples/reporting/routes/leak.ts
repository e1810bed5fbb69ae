import { AsyncLocalStorage } from 'node:async_hooks';

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { scopedSession } from 'hermetic';

import { ReportingJob } from '../models.ts';
import type { ReportingService } from '../reporting-service.ts';

/**
 * One handler with the fault that exhausts pools, and the ways to write it without.
 *
 * `GET /leak` never gives its connection back, until `DELETE /leak` does so for all.
 */
export function leakRoutes(app: FastifyInstance, { db, Session }: ReportingService): void {
  // A scope of the program's own, as one has it without the plugin: nobody ends it but `remove()`.
  const requests = new AsyncLocalStorage<FastifyRequest>();
  const leaky = scopedSession(Session, {
    scope: () => requests.getStore(),
    label: (request) => labelOf(request as FastifyRequest),
  });
  /** Kept, so that not even the garbage collector can help. */
  const forgotten = new Set<FastifyRequest>();

  app.get('/leak', (request) => {
    forgotten.add(request);
    return requests.run(request, async () => {
      const jobs = await leaky.find(ReportingJob).count();
      return { jobs, forgotten: forgotten.size };
    });
  });

  app.delete('/leak', async () => {
    const given = [...forgotten];
    forgotten.clear();
    for (const request of given) await requests.run(request, () => leaky.remove());
    return { removed: given.length };
  });

  app.get('/leak/mended-by-remove', (request) =>
    requests.run(request, async () => {
      try {
        return { jobs: await leaky.find(ReportingJob).count() };
      } finally {
        await leaky.remove();
      }
    }),
  );

  app.get('/leak/mended-by-using', async (request) => {
    await using session = Session({ label: labelOf(request) });
    return { jobs: await session.find(ReportingJob).count() };
  });

  app.get('/leak/mended-by-begin', async (request) => ({
    jobs: await Session.begin((session) => session.find(ReportingJob).count(), { label: labelOf(request) }),
  }));

  app.get('/leak/mended-by-plugin', async () => ({ jobs: await db.find(ReportingJob).count() }));
}

function labelOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url}`;
}
