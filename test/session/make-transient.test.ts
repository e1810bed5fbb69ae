import { describe, expect, test } from 'vitest';

import { identityKey, sessionOf } from '../../src/session/session-of.ts';
import { inspect } from '../../src/state/inspect.ts';
import { makeTransient, makeTransientToDetached } from '../../src/state/make-transient.ts';
import { DATABASES } from '../support/databases.ts';
import type { User } from './object-models.ts';
import { Job, Note, openObjects, verbs } from './object-models.ts';

describe.each(DATABASES)('on $name', (database) => {
  test('a persistent object made transient leaves its session and is inserted as a copy', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 2);
    makeTransient(job);
    expect(inspect(job)).toMatchObject({ state: 'transient', session: undefined, identityKey: undefined });
    expect(session.has(job)).toBe(false);
    Object.assign(job, { id: 40, title: 'copy' });
    session.add(job);
    await session.commit();
    expect(verbs(take())).toEqual({ select: 1, insert: 1 });
    expect(
      await session
        .find(Job)
        .where('id', 'in', [2, 40])
        .orderBy('id')
        .then((jobs) => jobs.map(({ id, title, status }) => ({ id, title, status }))),
    ).toEqual([
      { id: 2, title: 'second', status: 'done' },
      { id: 40, title: 'copy', status: 'done' },
    ]);
  });

  test('attributes that were expired read as unset once the object is transient', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 2);
    session.expire(job);
    makeTransient(job);
    expect(job.title).toBeUndefined();
    expect(inspect(job).unloaded).toEqual([]);
  });

  test('what points at an object keeps its foreign key when the object is made transient with another key', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const note = await session.getOne(Note, 1, { with: ['author'] });
    const ada = note.author as User;
    makeTransient(ada);
    ada.id = 90;
    session.add(ada);
    await session.commit();
    const { rows } = await session.execute('select author_id from notes');
    expect(rows).toEqual([[1]]);
  });

  test('a rollback brings nothing back for an object that was made transient', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const [renamed, gone] = [await session.getOne(Job, 2), await session.getOne(Job, 3)];
    renamed.title = 'renamed';
    session.delete(gone);
    await session.flush();
    makeTransient(renamed);
    makeTransient(gone);
    await session.rollback();
    expect([inspect(renamed).state, inspect(gone).state, renamed.title, gone.title]).toEqual([
      'transient',
      'transient',
      'renamed',
      'third',
    ]);
    expect([...session]).toEqual([]);
  });

  test('a deleted object is refused by add until it is made transient', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 3);
    session.delete(job);
    await session.flush();
    expect(inspect(job)).toMatchObject({ state: 'deleted', wasDeleted: true });
    expect(() => session.add(job)).toThrow(/Instance <Job at 0x[0-9a-f]+> has been deleted\. Use makeTransient/);
    await session.commit();
    expect(inspect(job)).toMatchObject({ state: 'detached', wasDeleted: true });
    expect(() => session.add(job)).toThrow(expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }));
    makeTransient(job);
    expect(inspect(job).wasDeleted).toBe(false);
    session.add(job);
    await session.commit();
    expect(await session.find(Job).count()).toBe(3);
  });

  test('an object whose deletion was closed away is no deleted object', async () => {
    const { Session } = await openObjects(database);
    const session = Session();
    const job = await session.getOne(Job, 3);
    session.delete(job);
    await session.flush();
    await session.close();
    expect(inspect(job)).toMatchObject({ state: 'detached', wasDeleted: false });
    session.add(job);
    expect(inspect(job).state).toBe('persistent');
    await session.close();
  });

  test('a new object made detached stands for its row: what it was given is known, the rest is expired', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const job = new Job({ id: 2, title: 'second' });
    makeTransientToDetached(job);
    expect(inspect(job)).toMatchObject({
      state: 'detached',
      identityKey: ['Job', 2],
      unloaded: ['status', 'ownerId', 'owner', 'steps'],
    });
    session.add(job);
    expect(inspect(job).state).toBe('persistent');
    expect(take()).toEqual([]);
    job.title = 'renamed';
    await session.flush();
    expect(take()).toEqual(['update "jobs" set "title" = ? where "id" = ?']);
    await session.refresh(job);
    expect({ ...job }).toEqual({ id: 2, title: 'renamed', status: 'done', ownerId: 1 });
    expect(await session.get(Job, 2)).toBe(job);
  });

  test('an object with a row, or in a session, is refused by makeTransientToDetached', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const pending = new Job({ id: 50, title: 'new' });
    session.add(pending);
    for (const job of [pending, await session.getOne(Job, 1)])
      expect(() => makeTransientToDetached(job)).toThrow(expect.objectContaining({ code: 'STATE_NOT_TRANSIENT' }));
    expect(() => makeTransientToDetached(new Job({ title: 'keyless' }))).toThrow(/no value for its primary key \(id\)/);
  });

  test('identityKey tells the key of a model, a row and a new object', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 1);
    take();
    expect([
      identityKey(Job, 1),
      identityKey(job),
      identityKey(new Job({ id: 1, title: 'x' })),
      identityKey(new Job({ title: 'x' })),
    ]).toEqual([['Job', 1], ['Job', 1], ['Job', 1], undefined]);
    expect(sessionOf(job)).toBe(session);
    session.expunge(job);
    expect(sessionOf(job)).toBeUndefined();
    expect(take()).toEqual([]);
  });
});
