import type { Session } from '../../src/index.ts';
import { same } from './expect.ts';
import { ReportingJob, User } from './readme-models.ts';

declare const session: Session<{ User: typeof User; ReportingJob: typeof ReportingJob }>;

export async function insertsWhatTheConstructorTakesWithoutRelationships(): Promise<void> {
  const nothing = await session.insertMany(User, [{ name: 'Ada' }, { name: 'Bob', email: null, id: 3 }]);
  same<typeof nothing, void>();
  const users = await session.insertMany(User, [{ name: 'Ada' }], { returning: true });
  same<typeof users, User[]>();
  await session.insertMany(ReportingJob, [{ title: 'Q3', ownerId: 1, status: 'done', payload: { rows: 1 } }]);
  // @ts-expect-error The name is missing.
  await session.insertMany(User, [{ email: 'x' }]);
  // @ts-expect-error Wrong type.
  await session.insertMany(User, [{ name: 12 }]);
  // @ts-expect-error No object can stand for the key here.
  await session.insertMany(ReportingJob, [{ title: 'Q3' }]);
  // @ts-expect-error A relationship is no column.
  await session.insertMany(User, [{ name: 'Ada', jobs: [] }]);
  // @ts-expect-error Not one of the enum's values.
  await session.insertMany(ReportingJob, [{ title: 'Q3', ownerId: 1, status: 'stopped' }]);
}

export async function upsertsByColumns(): Promise<void> {
  const users = await session.upsertMany(User, [{ name: 'Ada' }], {
    conflict: ['email'],
    update: ['name'],
    returning: true,
  });
  same<typeof users, User[]>();
  await session.upsertMany(User, [{ name: 'Ada' }], { conflict: ['id'], update: 'nothing' });
  // @ts-expect-error What makes a row the same must be said.
  await session.upsertMany(User, [{ name: 'Ada' }], {});
  // @ts-expect-error No such column.
  await session.upsertMany(User, [{ name: 'Ada' }], { conflict: ['mail'] });
  // @ts-expect-error A relationship is no column.
  await session.upsertMany(User, [{ name: 'Ada' }], { conflict: ['email'], update: ['jobs'] });
}

export async function updatesByKey(): Promise<void> {
  await session.updateMany(User, [{ id: 1, name: 'Ada' }, { id: 2 }]);
  // @ts-expect-error The key is missing.
  await session.updateMany(User, [{ name: 'Ada' }]);
}

export async function updatesAndDeletesByCondition(): Promise<void> {
  const queued = session.find(ReportingJob).where('status', '=', 'queued');
  const count = await queued.update({
    status: 'done',
    title: (eb) => eb.fn<string>('upper', ['title']),
    payload: null,
  });
  same<typeof count, number>();
  await queued.update({ ownerId: (eb) => eb('ownerId', '+', 1) }, { synchronize: 'fetch' });
  same<ReturnType<typeof queued.delete>, Promise<number>>();
  // @ts-expect-error Not one of the enum's values.
  await queued.update({ status: 'stopped' });
  // @ts-expect-error No such column.
  await queued.update({ titel: 'x' });
  // @ts-expect-error A relationship is no column.
  await queued.update({ owner: null });
  // @ts-expect-error The expression gives a number.
  await queued.update({ title: (eb) => eb('ownerId', '+', 1) });
  // @ts-expect-error No such way.
  await queued.delete({ synchronize: 'guess' });
}
