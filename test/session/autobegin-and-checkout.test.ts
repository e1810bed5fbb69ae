import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

describe.for(DATABASES)('a session on $name', (database) => {
  test('takes a connection at its first statement and gives it back at the end of the transaction', async () => {
    const { Session, engine } = await open(database);
    const out = (): number => engine.pool.status().checkedOut;
    const session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    const counts = [out()];
    await session.flush();
    counts.push(out());
    await session.commit();
    counts.push(out());
    user.name = 'Eve';
    await session.find(User);
    counts.push(out());
    await session.rollback();
    counts.push(out());
    await session.find(User);
    counts.push(out());
    await session.close();
    counts.push(out());
    expect(counts).toEqual([0, 1, 0, 1, 0, 1, 0]);
  });

  test('begins by itself at its first use and is in a transaction until that ends', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const flags = [session.inTransaction()];
    await session.flush();
    flags.push(session.inTransaction());
    await session.execute('select 1');
    flags.push(session.inTransaction());
    await session.commit();
    flags.push(session.inTransaction());
    expect(flags).toEqual([false, false, true, false]);
  });

  test('sends nothing for a commit without work', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    await session.commit();
    session.begin();
    await session.commit();
    expect([took(), engine.pool.status().checkedOut]).toEqual([[], 0]);
  });

  test('sends BEGIN with its first statement', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const handle = session.begin();
    expect(statements.take()).toEqual([]);
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    await handle.commit();
    expect(statements.take()).toEqual(
      database.name === 'sqlite'
        ? ['begin immediate', 'insert into "users" ("name", "email") values (?, ?) returning "id"', 'commit']
        : ['begin', 'insert into "users" ("name", "email") values ($1, $2) returning "id"', 'commit'],
    );
  });

  test('begins at the isolation level that it was given', async () => {
    const { Session, statements } = await open(database, { isolationLevel: 'serializable' });
    await using session = Session();
    await session.find(User).count();
    const begin = database.name === 'sqlite' ? 'begin immediate' : 'begin isolation level serializable';
    expect(statements.take()[0]).toBe(begin);
  });

  test('refuses a second begin, also after it began by itself', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.begin();
    const refusal = { code: 'SESSION_TRANSACTION_BEGUN' };
    expect(() => session.begin()).toThrow(expect.objectContaining(refusal));
    await expect(session.begin(() => 1)).rejects.toMatchObject(refusal);
    await session.rollback();
    await session.execute('select 1');
    expect(() => session.begin()).toThrow(expect.objectContaining(refusal));
  });

  test('without autobegin works only between begin and its end', async () => {
    const { Session } = await open(database, { autobegin: false });
    await using session = Session();
    const refusal = { code: 'SESSION_AUTOBEGIN_DISABLED' };
    await expect(session.find(User)).rejects.toMatchObject(refusal);
    await expect(session.execute('select 1')).rejects.toMatchObject(refusal);
    expect(() => session.add(new User({ name: 'lost' }))).toThrow(expect.objectContaining(refusal));
    const handle = session.begin();
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    await handle.commit();
    await expect(session.find(User)).rejects.toMatchObject(refusal);
  });
});

describe.for(DATABASES)('a begin block on $name', (database) => {
  test('commits when it succeeds and gives its result', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const result = await session.begin((transaction) => {
      expect(transaction.isActive).toBe(true);
      session.add(new User({ name: 'Ada' }));
      return 42;
    });
    expect([result, session.inTransaction(), await rowsOf(engine, 'users', 'name')]).toEqual([42, false, [['Ada']]]);
  });

  test('rolls back when it throws', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    const boom = new RangeError('boom');
    const attempt = session.begin(async () => {
      session.add(user);
      await session.flush();
      throw boom;
    });
    await expect(attempt).rejects.toBe(boom);
    expect([inspect(user).state, await rowsOf(engine, 'users', 'name')]).toEqual(['transient', []]);
  });

  test('refuses to go on after its transaction has ended', async () => {
    const { Session, engine } = await open(database);
    for (const end of ['commit', 'rollback'] as const) {
      await using session = Session();
      const user = new User({ name: 'lost?' });
      const refusal = { code: 'SESSION_BLOCK_ENDED' };
      await session.begin(async () => {
        await session[end]();
        expect(() => session.add(user)).toThrow(expect.objectContaining(refusal));
        expect(() => session.delete(user)).toThrow(expect.objectContaining(refusal));
        expect(() => session.begin()).toThrow(expect.objectContaining(refusal));
        await expect(session.find(User)).rejects.toMatchObject(refusal);
        await expect(session.beginNested()).rejects.toMatchObject(refusal);
        await session.rollback();
      });
      session.add(user);
      await session.commit();
    }
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['lost?'], ['lost?']]);
  });

  test('with a handle rolls back when that is disposed of', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    {
      await using transaction = session.begin();
      session.add(new User({ name: 'Ada' }));
      await session.flush();
      expect(transaction.isActive).toBe(true);
    }
    expect(took()).toEqual(['begin', 'insert users', 'rollback']);
  });

  test('of a handle that waited while its transaction ended touches nothing', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const handle = session.begin();
    session.add(new User({ name: 'first' }));
    const ended = session.rollback();
    const late = handle.commit();
    await ended;
    await expect(late).rejects.toMatchObject({ code: 'SESSION_CLOSED_TRANSACTION' });
    expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
  });
});

describe.for(DATABASES)('the end of a session on $name', (database) => {
  test('rolls back what was not committed', async () => {
    const { Session, took, engine } = await open(database);
    {
      await using session = Session();
      session.add(new User({ name: 'Ada' }));
      await session.flush();
    }
    expect([took(), engine.pool.status().checkedOut]).toEqual([['begin', 'insert users', 'rollback'], 0]);
  });

  test('leaves it usable, unless closeResetsOnly is false', async () => {
    const { Session } = await open(database);
    const session = Session();
    await session.close();
    await session.close();
    expect(await session.find(User)).toEqual([]);
    await session.close();
    const once = Session({ closeResetsOnly: false });
    await once.close();
    const refusal = { code: 'SESSION_CLOSED' };
    const user = new User({ name: 'Ada' });
    expect(() => once.add(user)).toThrow(expect.objectContaining(refusal));
    expect(() => once.find(User)).toThrow(expect.objectContaining(refusal));
    await expect(once.flush()).rejects.toMatchObject(refusal);
    await expect(once.commit()).rejects.toMatchObject(refusal);
    expect(inspect(user).state).toBe('transient');
    await once.reset();
    expect(await once.find(User)).toEqual([]);
    await once.close();
  });

  test('comes with a commit for sessionFactory.begin, and with a rollback when its work throws', async () => {
    const { Session, took, engine } = await open(database);
    const name = await Session.begin((session) => {
      session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] }));
      return 'result';
    });
    const boom = new RangeError('boom');
    const attempt = Session.begin(async (session) => {
      session.add(new User({ name: 'Eve' }));
      await session.flush();
      throw boom;
    });
    await expect(attempt).rejects.toBe(boom);
    expect([name, took(), engine.pool.status().checkedOut]).toEqual([
      'result',
      ['begin', 'insert users', 'insert jobs', 'commit', 'begin', 'insert users', 'rollback'],
      0,
    ]);
  });

  test('by invalidate() throws the connection away', async () => {
    const { Session, engine } = await open(database);
    const session = Session();
    await session.execute('select 1');
    const connection = await session.connection();
    await session.invalidate();
    expect([connection.lease.isReleased, engine.pool.status().checkedOut]).toEqual([true, 0]);
    const { rows } = await session.execute('select 1');
    expect(rows).toEqual([[1]]);
    await session.close();
  });

  test('by a lost connection needs rollback() before it goes on', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    (await session.connection()).invalidate();
    await expect(session.find(User)).rejects.toMatchObject({ code: 'POOL_LEASE_RELEASED' });
    await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
    await session.rollback();
    expect([inspect(user).state, await session.find(User)]).toEqual(['transient', []]);
  });
});
