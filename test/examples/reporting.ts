import { onTestFinished } from 'vitest';

import { ReportingService } from '../../examples/reporting/reporting-service.ts';
import { situationRoutes } from '../../examples/reporting/routes/situations.ts';
import type { Settings } from '../../examples/reporting/settings.ts';
import type { PoolStatus } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';

export interface RunningService {
  readonly service: ReportingService;
  readonly address: string;
  readonly url: string;
  /** What it told its operator. */
  readonly log: readonly string[];
  /** Stops it before the test ends. */
  close(): Promise<void>;
}

/** The reporting service on an empty database of its own. @param orders - four lines each, on average. */
export async function startService(
  database: TestDatabase,
  orders: number,
  settings: Partial<Settings> = {},
): Promise<RunningService> {
  const url = await database.createUrl();
  const log: string[] = [];
  const service = new ReportingService(
    { port: 0, databaseUrl: url, poolTimeout: 30_000, leak: false, ...settings },
    (line) => log.push(line),
  );
  const close = (): Promise<void> => service.close();
  onTestFinished(close);
  await service.prepare(orders);
  const address = await service.start(situationRoutes);
  return { service, address, url, log, close };
}

/** The pool's counts when every connection has come back: a request's does, a moment after its answer went out. */
export async function idlePool({ engine }: ReportingService): Promise<PoolStatus> {
  while (engine.pool.status().checkedOut > 0) {
    await new Promise<void>((resolve) => {
      const stop = engine.on('checkin', () => {
        stop();
        resolve();
      });
    });
  }
  return engine.pool.status();
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: any;
}

export async function get(address: string, path: string): Promise<HttpAnswer> {
  return answerOf(await fetch(address + path));
}

export async function post(address: string, path: string, body: unknown): Promise<HttpAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  return answerOf(await fetch(address + path, { method: 'POST', headers, body: text }));
}

/** Posts a job and asks for it until it has ended. */
export async function runJob(address: string, kind: string, parameters: object): Promise<HttpAnswer['body']> {
  const { body } = await post(address, '/jobs', { kind, parameters });
  return endedJob(address, body.id);
}

export async function endedJob(address: string, id: number): Promise<HttpAnswer['body']> {
  for (;;) {
    const { body } = await get(address, `/jobs/${id}`);
    if (body.status === 'done' || body.status === 'failed') return body;
  }
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  return { status: response.status, body: await response.json() };
}
