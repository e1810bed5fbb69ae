import { describe, expect, test } from 'vitest';

import { DatabaseError, inspect, PendingRollbackError } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { rowsOf } from '../support/open-session.ts';
import type { Session } from '../support/seeded-jobs.ts';
import { jobsOf, seeded, statusOf, TITLES } from '../support/seeded-jobs.ts';

describe.each(DATABASES)('find().update() on $name', (database) => {
  const postgres = database.name === 'postgres';

  test('is one statement, and says how many rows it met', async () => {
    const { Session, statements, engine } = await seeded(database);
    await using session = Session();
    const changed = await session
      .find(Job)
      .where('ownerId', '=', 1)
      .where({ status: 'queued' })
      .update({ status: 'done' });
    expect(changed).toBe(2);
    expect(statements.take()).toEqual(
      postgres
        ? ['begin', 'update "jobs" set "status" = $1 where "owner_id" = $2 and "status" = $3']
        : ['begin immediate', 'update "jobs" set "status" = ? where "owner_id" = ? and "status" = ?'],
    );
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'id, status')).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'queued'],
      [4, 'queued'],
    ]);
  });

  test('updates every row when there is no condition', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    expect(await session.find(Job).update({ payload: { rows: 1 }, dueAt: null })).toBe(4);
    expect((await jobsOf(session)).map(({ payload }) => payload)).toEqual(TITLES.map(() => ({ rows: 1 })));
  });

  test('has held objects follow in memory when the condition can be evaluated there', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    statements.take();
    const payload = { rows: 3 };
    await session.find(Job).where('ownerId', '=', 1).update({ status: 'done', payload });
    expect(statements.texts.at(-1)).not.toContain('returning');
    expect(statusOf(jobs)).toEqual(['done', 'done', 'queued', 'queued']);
    expect(session.dirty).toEqual([]);
    payload.rows = 4;
    expect(jobs[0]!.payload).toEqual({ rows: 3 });
    jobs[0]!.payload!.rows = 5;
    expect(session.dirty).toEqual([jobs[0]]);
  });

  test('fetches the keys when only the database can evaluate the condition', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    statements.take();
    const changed = await session
      .find(Job)
      .where((eb) => eb.or([eb('title', '=', 'b'), eb('it.ownerId', '>', 1)]))
      .update({ status: 'done' });
    expect(changed).toBe(3);
    expect(statements.texts.at(-1)).toBe(
      postgres
        ? 'update "jobs" set "status" = $1 where ("title" = $2 or "jobs"."owner_id" > $3) returning "id"'
        : 'update "jobs" set "status" = ? where ("title" = ? or "jobs"."owner_id" > ?) returning "id"',
    );
    expect(statusOf(jobs)).toEqual(['queued', 'done', 'done', 'done']);
  });

  test('fetches nothing when the session holds no such object', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    await session.find(User);
    statements.take();
    await session.find(Job).where('title', 'like', 'a%').update({ status: 'done' });
    expect(statements.texts.at(-1)).not.toContain('returning');
  });

  test('fetches what expressions give', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    statements.take();
    const changed = await session
      .find(Job)
      .where('id', '<=', 2)
      .update({
        title: (eb) => eb.fn<string>('upper', ['title']),
        dueAt: new Date(0),
        ownerId: (eb) => eb('ownerId', '+', 1),
      });
    expect(changed).toBe(2);
    expect(statements.texts.at(-1)).toMatch(/returning "id", "title", "owner_id"$/);
    expect(jobs.map(({ title, ownerId }) => [title, ownerId])).toEqual([
      ['A', 2],
      ['B', 2],
      ['c', 2],
      ['d', 2],
    ]);
    expect(jobs.map(({ dueAt }) => dueAt?.getTime())).toEqual([0, 0, undefined, undefined]);
    expect(session.dirty).toEqual([]);
  });

  test('compiles one text for all values of one shape', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    await session.find(Job).where('id', 'in', [1, 2, 3]).update({ status: 'done' });
    await session.find(Job).where('id', 'in', [1, 2, 3, 4]).update({ status: 'running' });
    expect(new Set(statements.texts).size).toBe(2);
    expect(statusOf(await jobsOf(session))).toEqual(TITLES.map(() => 'running'));
  });

  test('flushes edits first', async () => {
    const { Session, took } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    jobs[0]!.title = 'z';
    session.add(new Job({ title: 'e', ownerId: 1 }));
    took();
    expect(await session.find(Job).where('title', 'in', ['z', 'e']).update({ title: 'y' })).toBe(2);
    expect(took().filter((text) => text !== 'begin')).toEqual([
      'update jobs title',
      'insert jobs',
      'update jobs title',
    ]);
    expect(jobs[0]!.title).toBe('y');
  });

  test('keeps edits that were not flushed', async () => {
    const { Session, engine } = await seeded(database, { autoflush: false });
    await using session = Session();
    const [first] = await jobsOf(session);
    first!.title = 'mine';
    await session.find(Job).where('id', '=', 1).update({ title: 'theirs', status: 'done' });
    expect([first!.title, first!.status]).toEqual(['mine', 'done']);
    expect(inspect(first!).history('title')).toEqual({ added: ['mine'], unchanged: [], deleted: ['theirs'] });
    await session.commit();
    expect((await rowsOf(engine, 'jobs', 'id, title, status'))[0]).toEqual([1, 'mine', 'done']);
  });

  test('unloads a many-to-one whose key it changed, and has collections read again', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const [ada, bob] = await session.find(User).with('jobs').orderBy('id');
    const jobs = await session.find(Job).with('owner').orderBy('id');
    expect(jobs[0]!.owner).toBe(ada);
    await session.find(Job).where('ownerId', '=', 1).update({ ownerId: 2 });
    expect(await jobs[0]!.owner).toBe(bob);
    const [, again] = await session.find(User).with('jobs').orderBy('id');
    expect(again!.jobs.map(({ title }) => title)).toEqual(TITLES);
  });

  test.each(['evaluate', 'fetch'] as const)('comes back from a rolled back savepoint: %s', async (synchronize) => {
    const { Session } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    await session.find(Job).where('id', '=', 1).update({ status: 'running' }, { synchronize });
    const nested = await session.beginNested();
    await session.find(Job).where('ownerId', '=', 1).update({ status: 'done' }, { synchronize });
    expect(statusOf(jobs)).toEqual(['done', 'done', 'queued', 'queued']);
    await nested.rollback();
    expect(statusOf(jobs)).toEqual(['running', 'queued', 'queued', 'queued']);
    await session.rollback();
    expect(statusOf(jobs)).toEqual(TITLES.map(() => 'queued'));
    expect(statusOf(await jobsOf(session))).toEqual(TITLES.map(() => 'queued'));
  });

  test('leaves objects alone with synchronize: false', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    await session.find(Job).update({ status: 'done' }, { synchronize: false });
    expect(statements.texts.at(-1)).not.toContain('returning');
    expect(statusOf(jobs)).toEqual(TITLES.map(() => 'queued'));
    await session.commit();
    expect(statusOf(await jobsOf(session))).toEqual(TITLES.map(() => 'done'));
  });

  test('asks the database about rows that an earlier transaction read', async () => {
    const { Session, engine } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    await session.commit();
    await engine.execute("update jobs set status = 'running' where id = 1");
    await session.find(Job).where('status', '=', 'queued').update({ title: 'x' });
    expect(jobs.map(({ title }) => title)).toEqual(['a', 'x', 'x', 'x']);
  });

  test('marks what it cannot evaluate to be read again, when told to evaluate', async () => {
    const { Session, took } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    session.expire(jobs[1]!, ['status']);
    await session.find(Job).where('status', '=', 'queued').update({ title: 'x' }, { synchronize: 'evaluate' });
    expect(jobs.map(({ title }) => title)).toEqual(['x', 'b', 'x', 'x']);
    took();
    expect((await session.get(Job, 2))!.title).toBe('x');
    expect(took()).toEqual(['select jobs by id']);
  });

  test('fills a column that is expired', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    session.expire(jobs[0]!, ['title']);
    await session.find(Job).where('id', '=', 1).update({ title: 'x' });
    expect([jobs[0]!.title, inspect(jobs[0]!).unloaded]).toEqual(['x', ['owner']]);
    await session.rollback();
    expect(inspect(jobs[0]!).unloaded).toEqual(['title', 'owner']);
  });

  test('commits by itself in autocommit mode', async () => {
    const { Session, took } = await seeded(database, { autocommit: true });
    await using session = Session();
    const jobs = await jobsOf(session);
    took();
    expect(await session.find(Job).where('id', '=', 1).update({ status: 'done' })).toBe(1);
    expect(took()).toEqual(['begin', 'update jobs status', 'commit']);
    expect(statusOf(jobs)).toEqual(['done', 'queued', 'queued', 'queued']);
  });

  test('leaves everything as it was when the database refuses', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    jobs[0]!.status = 'running';
    const failing = session
      .find(Job)
      .where('id', '>', 0)
      .update({ title: (eb) => eb.val(null as unknown as string) });
    await expect(failing).rejects.toBeInstanceOf(DatabaseError);
    expect(jobs.map(({ title, status }) => [title, status])).toEqual(TITLES.map((title) => [title, 'queued']));
    await expect(jobsOf(session)).rejects.toBeInstanceOf(PendingRollbackError);
    await session.rollback();
    expect(await jobsOf(session)).toEqual(jobs);
  });

  const refusals: [problem: string, run: (session: Session) => Promise<unknown>][] = [
    ['update(Job): cannot be used after limit() or offset()', (s) => s.find(Job).limit(1).update({ status: 'done' })],
    ['update(Job): cannot be used after limit() or offset()', (s) => s.find(Job).offset(1).update({ status: 'done' })],
    ['update(Job): cannot be used after orderBy()', (s) => s.find(Job).orderBy('id').update({ status: 'done' })],
    ['delete(Job): cannot be used after with()', (s) => s.find(Job).with('owner').delete()],
    ['delete(Job): cannot be used after populateExisting()', (s) => s.find(Job).populateExisting().delete()],
    ['update(Job): names no column', (s) => s.find(Job).update({})],
    ["update(Job): Job has no column 'owner'", (s) => s.find(Job).update({ owner: 1 } as object)],
    ["update(Job): the value for 'title' is undefined", (s) => s.find(Job).update({ title: undefined } as object)],
    ["update(Job): 'title' cannot be null", (s) => s.find(Job).update({ title: null } as object)],
    [
      "update(Job): has a wrong value for 'title': expected a string, got a number",
      (s) => s.find(Job).update({ title: 1 } as object),
    ],
    ["update(Job): 'id' is part of the primary key", (s) => s.find(Job).update({ id: 5 })],
    [
      'update(Job): synchronize is none',
      (s) => s.find(Job).update({ status: 'done' }, { synchronize: 'yes' as 'auto' }),
    ],
    [
      'update(Job): could not evaluate the current criteria',
      (s) => s.find(Job).where('title', 'like', 'a').update({ status: 'done' }, { synchronize: 'evaluate' }),
    ],
    [
      'update(Job): could not evaluate the current criteria',
      (s) => s.find(Job).update({ title: (eb) => eb.ref('title') }, { synchronize: 'evaluate' }),
    ],
    [
      'delete(Job): could not evaluate the current criteria',
      (s) => s.find(Job).where('dueAt', '<', new Date()).delete({ synchronize: 'evaluate' }),
    ],
  ];
  test.each(refusals)('refuses: %s', async (problem, run) => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const [first] = await jobsOf(session);
    statements.take();
    await expect(run(session)).rejects.toMatchObject({
      code: 'QUERY_BAD_ARGUMENT',
      message: expect.stringContaining(problem),
    });
    expect(statements.take()).toEqual([]);
    expect(await session.get(Job, 1)).toBe(first);
  });
});
