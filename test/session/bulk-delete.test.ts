import { describe, expect, test } from 'vitest';

import { DatabaseError } from '../../src/index.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { jobsOf, seeded, statesOf, TITLES } from '../support/seeded-jobs.ts';

describe.each(DATABASES)('find().delete() on $name', (database) => {
  const postgres = database.name === 'postgres';

  test('is one statement; held objects are deleted, detached by the commit', async () => {
    const { Session, statements, engine } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    statements.take();
    expect(await session.find(Job).where('ownerId', '=', 1).delete()).toBe(2);
    expect(statements.take().at(-1)).toBe(
      postgres ? 'delete from "jobs" where "owner_id" = $1' : 'delete from "jobs" where "owner_id" = ?',
    );
    expect(statesOf(jobs)).toEqual(['deleted', 'deleted', 'persistent', 'persistent']);
    expect(await session.get(Job, 1)).toBe(null);
    await session.commit();
    expect(statesOf(jobs)).toEqual(['detached', 'detached', 'persistent', 'persistent']);
    expect(await rowsOf(engine, 'jobs', 'id')).toEqual([[3], [4]]);
  });

  test('fetches the keys when only the database can evaluate the condition', async () => {
    const { Session, statements } = await seeded(database);
    await using session = Session();
    const jobs = await jobsOf(session);
    expect(await session.find(Job).where('title', 'not like', 'a').delete()).toBe(3);
    expect(statements.texts.at(-1)).toMatch(/returning "id"$/);
    expect(statesOf(jobs)).toEqual(['persistent', 'deleted', 'deleted', 'deleted']);
  });

  test.each(['evaluate', 'fetch'] as const)(
    'comes back from a rollback, whole or to a savepoint: %s',
    async (synchronize) => {
      const { Session } = await seeded(database);
      await using session = Session();
      const jobs = await jobsOf(session);
      await session.find(Job).where('id', '=', 1).delete({ synchronize });
      const nested = await session.beginNested();
      await session.find(Job).delete({ synchronize });
      expect(statesOf(jobs)).toEqual(TITLES.map(() => 'deleted'));
      await nested.rollback();
      expect(statesOf(jobs)).toEqual(['deleted', 'persistent', 'persistent', 'persistent']);
      await session.rollback();
      expect(statesOf(jobs)).toEqual(TITLES.map(() => 'persistent'));
      expect(await jobsOf(session)).toEqual(jobs);
    },
  );

  test('throws unflushed edits of what it deletes away', async () => {
    const { Session } = await seeded(database, { autoflush: false });
    await using session = Session();
    const jobs = await jobsOf(session);
    jobs[0]!.title = 'mine';
    session.delete(jobs[1]!);
    await session.find(Job).where('ownerId', '=', 1).delete();
    expect([session.dirty, session.deleted]).toEqual([[], []]);
    await session.rollback();
    expect([statesOf(jobs), jobs[0]!.title]).toEqual([TITLES.map(() => 'persistent'), 'a']);
  });

  test('leaves cascades to the database, and reads what they touched again', async () => {
    const { engine, took } = await open(database, { tables: [] });
    class Parent extends Model('parents', {
      id: t.serial().primaryKey(),
      get children() {
        return many(() => Child, 'parentId');
      },
    }) {}
    class Child extends Model('children', {
      id: t.serial().primaryKey(),
      parentId: t.integer().nullable(),
      get parent() {
        return one(() => Parent, 'parentId', { onDelete: 'set null' });
      },
    }) {}
    await engine.createAll([Parent, Child]);
    await using session = sessionFactory(engine)();
    await session.insertMany(Parent, [{}]);
    const [child] = await session.insertMany(Child, [{ parentId: 1 }], { returning: true });
    took();
    expect(await session.find(Parent).delete()).toBe(1);
    expect(took()).toEqual(['delete parents']);
    expect((await session.get(Child, 1))!.parentId).toBe(null);
    expect(child!.parentId).toBe(null);
  });

  test('fails where rows still point at those that it would delete', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const users = await session.find(User);
    await expect(session.find(User).delete()).rejects.toBeInstanceOf(DatabaseError);
    expect(statesOf(users)).toEqual(['persistent', 'persistent']);
  });

  test('says 0 where nothing met the condition', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    expect(await session.find(Address).delete()).toBe(0);
    expect(await session.find(Job).where('id', 'in', []).delete()).toBe(0);
    expect(await session.find(Job).where('payload', '=', null).delete()).toBe(4);
  });
});
