import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

describe.for(DATABASES)('savepoints on $name', (database) => {
  test('flush first, so that earlier changes belong to the outside', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'outside' }));
    const savepoint = await session.beginNested();
    session.add(new User({ name: 'inside' }));
    await session.flush();
    await savepoint.rollback();
    await session.commit();
    expect(took()).toEqual([
      'begin',
      'insert users',
      'savepoint hermetic_1',
      'insert users',
      'rollback to savepoint hermetic_1',
      'commit',
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['outside']]);
  });

  test('begin a transaction when there is none', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const flags = (): boolean[] => [session.inTransaction(), session.inNestedTransaction()];
    expect(flags()).toEqual([false, false]);
    const savepoint = await session.beginNested();
    expect(flags()).toEqual([true, true]);
    await savepoint.commit();
    expect([flags(), savepoint.isActive]).toEqual([[true, false], false]);
    await session.rollback();
    expect(flags()).toEqual([false, false]);
  });

  test('bring back only what was touched inside', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const [touched, untouched] = [new User({ name: 'a' }), new User({ name: 'b' })];
    session.addAll([touched, untouched]);
    await session.commit();
    touched.name = 'before';
    untouched.name = 'kept';
    const savepoint = await session.beginNested();
    touched.name = 'inside';
    await session.flush();
    touched.name = 'inside, unflushed';
    await savepoint.rollback();
    took();
    expect([touched.name, untouched.name, took()]).toEqual(['before', 'kept', []]);
  });

  test('keep an edit of a collection made before them', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    const outside = new Job({ title: 'outside' });
    (user.jobs as Job[]).push(outside);
    await session.beginNested(async (savepoint) => {
      (user.jobs as Job[]).push(new Job({ title: 'inside' }));
      await session.flush();
      await savepoint.rollback();
    });
    expect([user.jobs, outside.owner]).toEqual([[outside], user]);
  });

  test('once released belong to the outside: its rollback undoes them', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const deleted = new User({ name: 'deleted' });
    session.add(deleted);
    await session.commit();
    const added = new User({ name: 'added' });
    await session.beginNested(() => {
      session.add(added);
      session.delete(deleted);
    });
    expect([inspect(added).state, inspect(deleted).state]).toEqual(['persistent', 'deleted']);
    await session.rollback();
    expect([inspect(added).state, inspect(deleted).state]).toEqual(['transient', 'persistent']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['deleted']]);
  });

  test('nest, and end from the outside in', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const outer = await session.beginNested();
    const inner = await session.beginNested();
    session.add(new User({ name: 'inner' }));
    await session.flush();
    took();
    await outer.rollback();
    expect([took(), outer.isActive, inner.isActive, session.inNestedTransaction(), session.inTransaction()]).toEqual([
      ['rollback to savepoint hermetic_2', 'rollback to savepoint hermetic_1'],
      false,
      false,
      false,
      true,
    ]);
    await expect(inner.commit()).rejects.toMatchObject({ code: 'SESSION_CLOSED_TRANSACTION' });
    await expect(inner.rollback()).rejects.toMatchObject({ code: 'SESSION_CLOSED_TRANSACTION' });
  });

  test('are ended by session.rollback() and session.commit(), which mean the whole transaction', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const first = await session.beginNested();
    session.add(new User({ name: 'a' }));
    await session.flush();
    took();
    await session.rollback();
    expect([took(), first.isActive]).toEqual([['rollback'], false]);
    const second = await session.beginNested();
    session.add(new User({ name: 'b' }));
    await session.flush();
    took();
    await session.commit();
    expect([took(), second.isActive, session.inTransaction()]).toEqual([['commit'], false, false]);
  });

  test('let a part fail and the rest go on', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const kept = new User({ name: 'kept', email: 'a' });
    session.add(kept);
    const refused = new User({ name: 'refused', email: 'a' });
    const attempt = session.beginNested(() => session.add(refused));
    await expect(attempt).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    kept.name = 'kept and changed';
    await session.commit();
    expect([inspect(refused).state, await rowsOf(engine, 'users', 'name')]).toEqual([
      'transient',
      [['kept and changed']],
    ]);
  });

  test('that failed cannot be committed, only rolled back', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'kept', email: 'a' }));
    const savepoint = await session.beginNested();
    session.add(new User({ name: 'refused', email: 'a' }));
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    await expect(savepoint.commit()).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    await savepoint.rollback();
    expect((await session.find(User)).map(({ name }) => name)).toEqual(['kept']);
  });

  test('roll back when their block throws, and let the error through', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const boom = new RangeError('boom');
    const user = new User({ name: 'a' });
    const attempt = session.beginNested(async () => {
      session.add(user);
      await session.flush();
      throw boom;
    });
    await expect(attempt).rejects.toBe(boom);
    expect([inspect(user).state, session.inTransaction(), session.inNestedTransaction()]).toEqual([
      'transient',
      true,
      false,
    ]);
  });

  test('roll back when their handle is disposed of', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    {
      await using savepoint = await session.beginNested();
      session.add(new User({ name: 'a' }));
      await session.flush();
      expect(savepoint.isActive).toBe(true);
      took();
    }
    expect(took()).toEqual(['rollback to savepoint hermetic_1']);
  });

  test('that are gone on the server leave the session to rollback()', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const savepoint = await session.beginNested();
    await session.execute('release savepoint hermetic_1');
    await expect(savepoint.rollback()).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    expect(session.isActive).toBe(false);
    await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    await session.rollback();
    expect([await session.find(User), engine.pool.status().checkedOut]).toEqual([[], 1]);
  });

  test('leave nothing open, whatever was begun and ended', async () => {
    const { Session, engine } = await open(database);
    const session = Session();
    for (let i = 0; i < 4; i++) await session.beginNested();
    const [handle] = [await session.beginNested()];
    await handle.commit();
    await session.beginNested();
    await session.close();
    expect([session.inTransaction(), engine.pool.status().checkedOut]).toEqual([false, 0]);
  });
});
