import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import type { Lazy } from '../../src/model/model-types.ts';
import { same } from './expect.ts';
import { ReportingJob, User } from './readme-models.ts';

declare const user: User;
declare const job: ReportingJob;

export function readsColumnsAsPlainValues(): void {
  same<typeof user.id, number>();
  same<typeof user.email, string | null>();
  same<typeof job.status, 'queued' | 'running' | 'done' | 'failed'>();
  same<typeof job.payload, { rows?: number } | null>();
  same<typeof job.createdAt, Date>();
  // @ts-expect-error There is no such attribute.
  user.nmae;
  // @ts-expect-error Not one of the enum's values.
  job.status = 'stopped';
}

export async function awaitsRelationshipsWhetherLoadedOrNot(): Promise<void> {
  same<typeof job.owner, User | Lazy<User>>();
  same<typeof user.jobs, ReportingJob[] | Lazy<ReportingJob[]>>();
  const owner = await (await user.jobs)[0]!.owner;
  same<typeof owner, User>();
  // @ts-expect-error The owner is not known to be loaded.
  job.owner.name;
  // @ts-expect-error Nor are the jobs.
  user.jobs.length;
}

export function assignsObjectsToRelationships(): void {
  job.owner = user;
  same<typeof job.owner.name, string>();
  user.jobs = [job];
  // @ts-expect-error ownerId is not nullable.
  job.owner = null;
  // @ts-expect-error A job has a User for its owner.
  job.owner = job;
}

export function keepsTheClass(): void {
  same<typeof user.initial, string | undefined>();
  same<ReturnType<typeof user.visit>, number>();
  same<typeof User.table, 'users'>();
}

export function takesWhatARowNeeds(): void {
  new User({ name: 'Ada' });
  new User({ name: 'Ada', email: null, jobs: [job] });
  new ReportingJob({ title: 'Q3', owner: new User({ name: 'Ada' }) });
  new ReportingJob({ title: 'Q3', ownerId: 3, status: 'done', payload: { rows: 1 } });
  new (Model('visits', { id: t.serial().primaryKey(), at: t.timestamp().default(() => new Date()) }))();
  // @ts-expect-error The name is missing.
  new User({});
  // @ts-expect-error And here.
  new User();
  // @ts-expect-error The title is missing.
  new ReportingJob({ ownerId: 3 });
  // @ts-expect-error There is no such attribute.
  new User({ name: 'Ada', age: 36 });
  // @ts-expect-error Wrong type.
  new User({ name: 1 });
  // @ts-expect-error An owner is not a job.
  new ReportingJob({ title: 'Q3', owner: job });
  // @ts-expect-error Not nullable, because ownerId is not.
  new ReportingJob({ title: 'Q3', owner: null });
}
