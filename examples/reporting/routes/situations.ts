import { once } from 'node:events';
import { Readable } from 'node:stream';

import type { FastifyInstance } from 'fastify';
import { HermeticError } from 'hermetic';
import { scopeOf } from 'hermetic/fastify';

import { ReportingJob } from '../models.ts';
import type { ReportingService } from '../reporting-service.ts';

const newJob = (): ReportingJob => new ReportingJob({ kind: 'revenue-by-month', parameters: { year: 2025 } });

/** Handlers that show what becomes of sessions, and of objects that outlive them: of job 1. */
export function situationRoutes(app: FastifyInstance, service: ReportingService): void {
  requestEndings(app, service);
  detachedUse(app, service);
  autocommit(app, service);
}

function requestEndings(app: FastifyInstance, { db }: ReportingService): void {
  app.get('/situations/fails', async () => {
    db.add(newJob());
    await db.flush();
    throw new TypeError('This handler fails on purpose.');
  });

  app.get('/situations/forgets-commit', async () => {
    db.add(newJob());
    await db.flush();
    return { committed: false };
  });

  app.get('/situations/waits', async (request, reply) => {
    db.add(newJob());
    await db.flush();
    const signal = scopeOf(request, db)?.signal;
    return reply.send(
      Readable.from(
        (async function* wait() {
          yield 'working\n';
          if (signal?.aborted === false) await once(signal, 'abort');
        })(),
      ),
    );
  });
}

function detachedUse(app: FastifyInstance, { Session }: ReportingService): void {
  app.get('/situations/detached', async () => {
    const job = await Session.begin((session) => session.getOne(ReportingJob, 1));
    return { kind: job.kind, keys: Object.keys(job), rows: outcomeOf(() => job.rows) };
  });

  app.get('/situations/detached-expired', async () => {
    const job = await Session.begin((session) => session.getOne(ReportingJob, 1), {
      expireOnCommit: true,
    });
    return { kind: outcomeOf(() => job.kind) };
  });

  app.get('/situations/expunged', async () => {
    const job = await Session.begin(
      async (session) => {
        const found = await session.getOne(ReportingJob, 1);
        session.expungeAll();
        return found;
      },
      { expireOnCommit: true },
    );
    return { kind: outcomeOf(() => job.kind), status: outcomeOf(() => job.status) };
  });
}

function autocommit(app: FastifyInstance, { Session, engine }: ReportingService): void {
  app.get('/situations/autocommit', async () => {
    let checkouts = 0;
    const stop = engine.on('checkout', ({ label }) => void (checkouts += label === 'autocommit' ? 1 : 0));
    try {
      await using session = Session({ autocommit: true, label: 'autocommit' });
      for (let i = 0; i < 5; i++) await session.find(ReportingJob).count();
      const alone = checkouts;
      await session.begin(async () => {
        for (let i = 0; i < 5; i++) await session.find(ReportingJob).count();
      });
      return { statements: 5, checkouts: alone, checkoutsInBegin: checkouts - alone };
    } finally {
      stop();
    }
  });
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof HermeticError) return { error: error.name, message: error.message };
    throw error;
  }
}
