import { setImmediate as othersTurn, setTimeout as delay } from 'node:timers/promises';

import type { SessionFactory } from 'hermetic';

import type { models } from './models.ts';
import { ReportingJob, ReportRow } from './models.ts';
import { reports } from './reports.ts';

const RETRY_MS = 500;
const STOPPED = 'The service stopped before this job ended.';

/** Does the queued jobs, some at a time, each in a session of its own. A worker without work holds no connection. */
export class Workers {
  readonly #Session: SessionFactory<typeof models>;
  readonly #log: (line: string) => void;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #calls = 0;
  #sleeping: (() => void)[] = [];

  constructor(Session: SessionFactory<typeof models>, log: (line: string) => void) {
    this.#Session = Session;
    this.#log = log;
  }

  start(count: number): void {
    for (let i = 0; i < count; i++) this.#loops.push(this.#work());
  }

  /** There is work: to be called after the commit of a queued job. */
  wake(): void {
    this.#calls++;
    for (const wake of this.#sleeping.splice(0)) wake();
  }

  /** Gives up what runs and what waits: every job that has not ended fails. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await Promise.all(this.#loops);
    await this.#Session.begin(
      async (session) => {
        for (const job of await session.find(ReportingJob).where('status', 'in', ['queued', 'running']))
          end(job, STOPPED);
      },
      { label: 'workers stop' },
    );
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const calls = this.#calls;
      const id = await this.#persistently(() => this.#claim());
      if (id !== undefined) await this.#run(id);
      else if (calls === this.#calls) await new Promise<void>((wake) => this.#sleeping.push(wake));
    }
  }

  /** The oldest queued job, now running; undefined when there is none. Whoever changes its status has it. */
  #claim(): Promise<number | undefined> {
    return this.#Session.begin(
      async (session) => {
        for (;;) {
          const job = await session.find(ReportingJob).where({ status: 'queued' }).orderBy('id').first();
          if (job === null) return undefined;
          const taken = await session.sql
            .updateTable('reporting_jobs')
            .set({ status: 'running' })
            .where('id', '=', job.id)
            .where('status', '=', 'queued')
            .executeTakeFirst();
          if (taken.numUpdatedRows === 1n) {
            job.startedAt = new Date();
            return job.id;
          }
          await session.rollback();
        }
      },
      { label: 'workers claim' },
    );
  }

  async #run(id: number): Promise<void> {
    try {
      await this.#Session.begin((session) => this.#report(session, id), {
        label: `job ${id}`,
        signal: this.#stop.signal,
      });
    } catch (error) {
      const reason = this.#stop.signal.aborted ? STOPPED : messageOf(error);
      await this.#persistently(() => this.#fail(id, reason));
    }
  }

  async #report(session: ReturnType<SessionFactory<typeof models>>, id: number): Promise<void> {
    const job = await session.getOne(ReportingJob, id);
    let position = 0;
    for await (const contents of reports.get(job.kind)?.rows(session, job.parameters) ?? []) {
      const rows = contents.map((content) => new ReportRow({ jobId: id, position: ++position, content }));
      session.addAll(rows);
      // Page by page memory stays flat, and others get their turn: to write, and at all, since an embedded database
      // answers without ever letting go of the event loop.
      await session.commit();
      for (const row of rows) session.expunge(row);
      await othersTurn();
    }
    job.rowCount = position;
    end(job);
  }

  #fail(id: number, reason: string): Promise<void> {
    return this.#Session.begin(
      async (session) => {
        await session.sql.deleteFrom('reporting_rows').where('jobId', '=', id).execute();
        end(await session.getOne(ReportingJob, id), reason);
      },
      { label: `job ${id} fails` },
    );
  }

  /** Tries again while the database does not answer, until the service stops: then gives undefined. */
  async #persistently<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.#log(`worker: ${messageOf(error)}`);
        if (this.#stop.signal.aborted) return undefined;
        await delay(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }
}

function end(job: ReportingJob, error: string | null = null): void {
  job.status = error === null ? 'done' : 'failed';
  job.error = error;
  job.finishedAt = new Date();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
