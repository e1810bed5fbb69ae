import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

describe.for(DATABASES)('autocommit on $name', (database) => {
  const opened = async () => {
    const all = await open(database, { autocommit: true });
    const counter = { checkouts: 0 };
    all.engine.on('checkout', () => counter.checkouts++);
    return { ...all, counter };
  };

  test('takes a connection for each statement and gives it back at once', async () => {
    const { Session, took, counter, engine } = await opened();
    await using session = Session();
    await session.find(User);
    await session.find(User).count();
    await session.execute('select 1');
    expect([took(), counter.checkouts, engine.pool.status().checkedOut, session.inTransaction()]).toEqual([
      ['select users', 'select users', 'select 1'],
      3,
      0,
      false,
    ]);
  });

  test('pays one checkout for each statement of a graph', async () => {
    const { Session, took, counter } = await opened();
    await using session = Session();
    session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] }));
    await session.flush();
    counter.checkouts = 0;
    took();
    await session.find(User).with('jobs', 'addresses');
    expect([took(), counter.checkouts]).toEqual([
      ['select users', 'select jobs by owner_id', 'select addresses by user_id'],
      3,
    ]);
  });

  test('makes a short transaction for a flush', async () => {
    const { Session, took, counter } = await opened();
    await using session = Session();
    session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] }));
    expect(counter.checkouts).toBe(0);
    await session.flush();
    expect([took(), counter.checkouts]).toEqual([['begin', 'insert users', 'insert jobs', 'commit'], 1]);
  });

  test('does not write because somebody reads', async () => {
    const { Session, took } = await opened();
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    expect(await session.find(User)).toEqual([]);
    expect([took(), inspect(user).state]).toEqual([['select users'], 'pending']);
  });

  test('does not forget values after a flush', async () => {
    const { Session, took } = await opened();
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    took();
    expect([user.name, took()]).toEqual(['Ada', []]);
  });

  test('leaves pending objects pending when a transaction begins', async () => {
    const { Session, took, engine } = await opened();
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    const transaction = session.begin();
    expect([took(), inspect(user).state]).toEqual([[], 'pending']);
    await session.flush();
    await transaction.rollback();
    expect([inspect(user).state, await rowsOf(engine, 'users', 'name')]).toEqual(['transient', []]);
  });

  test('works in one transaction between begin and its end', async () => {
    const { Session, took, counter } = await opened();
    await using session = Session();
    await session.begin(async () => {
      session.add(new User({ name: 'Ada' }));
      await session.flush();
      expect(await session.find(User).count()).toBe(1);
    });
    expect([took(), counter.checkouts, session.inTransaction()]).toEqual([
      ['begin', 'insert users', 'select users', 'commit'],
      1,
      false,
    ]);
  });

  test('joins a begin block inside another: the inner end flushes, the outer commits', async () => {
    const { Session, took } = await opened();
    await using session = Session();
    const inner = (): Promise<void> => session.begin(() => session.add(new User({ name: 'inner' })));
    await session.begin(async () => {
      await inner();
      session.add(new User({ name: 'outer' }));
    });
    expect(took()).toEqual(['begin', 'insert users', 'insert users', 'commit']);
  });

  test('undoes everything when an inner block fails, even if the outer one goes on', async () => {
    const { Session, engine } = await opened();
    await using session = Session();
    const boom = new RangeError('boom');
    const attempt = session.begin(async () => {
      session.add(new User({ name: 'outer' }));
      await session.flush();
      const inner = session.begin(() => {
        throw boom;
      });
      await expect(inner).rejects.toBe(boom);
      await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    });
    await expect(attempt).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    expect([await rowsOf(engine, 'users', 'name'), session.isActive]).toEqual([[], true]);
  });

  test('is usable at once after a failed flush, which undid itself', async () => {
    const { Session, engine } = await opened();
    await using session = Session();
    const [fine, twice] = [new User({ name: 'fine', email: 'a' }), new User({ name: 'twice', email: 'a' })];
    session.addAll([fine, twice]);
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    expect([session.isActive, inspect(fine).state, inspect(twice).state, await session.find(User)]).toEqual([
      true,
      'transient',
      'transient',
      [],
    ]);
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('commits a deletion with its flush', async () => {
    const { Session } = await opened();
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    session.delete(user);
    await session.flush();
    expect([inspect(user).state, await session.find(User)]).toEqual(['detached', []]);
  });

  test('writes what is pending at commit() and throws it away at rollback(), begun or not', async () => {
    const { Session, engine } = await opened();
    await using session = Session();
    const [kept, dropped] = [new User({ name: 'kept' }), new User({ name: 'dropped' })];
    session.add(kept);
    await session.commit();
    session.add(dropped);
    kept.name = 'edited';
    await session.rollback();
    expect([inspect(dropped).state, kept.name, await rowsOf(engine, 'users', 'name')]).toEqual([
      'transient',
      'kept',
      [['kept']],
    ]);
  });

  test('holds one connection at most while it loads lazily', async () => {
    const { Session, engine } = await open(database, {
      autocommit: true,
      engine: { poolSize: 1, maxOverflow: 0, poolTimeout: 1_000 },
    });
    await Session.begin((session) => {
      for (const name of ['a', 'b']) session.add(new User({ name, jobs: [new Job({ title: name })] }));
    });
    await using session = Session();
    const titles: string[] = [];
    for (const user of await session.find(User).orderBy('id'))
      for (const { title } of await user.jobs) titles.push(title);
    expect([titles, engine.pool.status().checkedOut]).toEqual([['a', 'b'], 0]);
  });
});
