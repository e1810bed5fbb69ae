import { Readable } from 'node:stream';

import type { FastifyInstance } from 'fastify';

import { viewOf } from '../job-view.ts';
import { ReportingJob, ReportRow } from '../models.ts';
import { checkParameters, isRecord } from '../parameters.ts';
import type { ReportingSession } from '../reports.ts';
import { reports } from '../reports.ts';
import { RequestError } from '../request-error.ts';
import type { ReportingService } from '../reporting-service.ts';

const LISTED = 100;
const SHOWN_ROWS = 100;
const ROWS_PER_PAGE = 500;
const LARGEST_ID = 2_147_483_647;

interface WithId {
  Params: { id: string };
}

export function jobRoutes(app: FastifyInstance, { db, workers }: ReportingService): void {
  app.post('/jobs', async (request, reply) => {
    const job = newJob(request.body);
    db.add(job);
    await db.commit();
    workers.wake();
    return reply.code(201).header('location', `/jobs/${job.id}`).send(viewOf(job));
  });

  app.get('/jobs', async () => {
    const jobs = await db.find(ReportingJob).orderBy('id', 'desc').limit(LISTED);
    return jobs.map((job) => viewOf(job));
  });

  app.get<WithId>('/jobs/:id', async ({ params }) => {
    const job = await requireJob(db.current(), params.id);
    return viewOf(job, await firstRows(db.current(), job));
  });

  app.get<WithId>('/jobs/:id/stream', async ({ params }, reply) => {
    const job = await requireJob(db.current(), params.id);
    if (job.status !== 'done')
      throw RequestError.conflict(`Job ${job.id} is ${job.status}: it has no result to stream.`);
    // The session is the request's: it ends when the last row is sent, or when the client leaves.
    return reply.type('application/x-ndjson').send(Readable.from(resultLines(db.current(), job.id)));
  });
}

function newJob(body: unknown): ReportingJob {
  if (!isRecord(body)) throw RequestError.badRequest('The body must be a JSON object: { kind, parameters }.');
  const { kind, parameters } = body;
  const kinds = `Kinds: ${[...reports.keys()].join(', ')}.`;
  if (typeof kind !== 'string') throw RequestError.badRequest(`kind is missing, or no text. ${kinds}`);
  const report = reports.get(kind);
  if (report === undefined) throw RequestError.badRequest(`There is no report of the kind '${kind}'. ${kinds}`);
  return new ReportingJob({ kind, parameters: checkParameters(report.parameters, parameters) });
}

async function requireJob(session: ReportingSession, text: string): Promise<ReportingJob> {
  const id = /^[1-9]\d*$/.test(text) ? Number(text) : 0;
  const job = id > 0 && id <= LARGEST_ID ? await session.get(ReportingJob, id) : null;
  if (job === null) throw RequestError.notFound(`There is no job '${text}'.`);
  return job;
}

async function firstRows(session: ReportingSession, job: ReportingJob): Promise<ReportRow[]> {
  if (job.status !== 'done') return [];
  return session.find(ReportRow).where({ jobId: job.id }).orderBy('position').limit(SHOWN_ROWS);
}

/** The rows of a result, one JSON text a line, read page by page while they are sent. */
async function* resultLines(session: ReportingSession, jobId: number): AsyncGenerator<string> {
  for (let after = 0; ;) {
    const query = session.find(ReportRow).where({ jobId }).where('position', '>', after);
    const page = await query.orderBy('position').limit(ROWS_PER_PAGE);
    for (const { content } of page) yield `${JSON.stringify(content)}\n`;
    const last = page.at(-1);
    if (last === undefined || page.length < ROWS_PER_PAGE) return;
    after = last.position;
    session.expungeAll();
  }
}
