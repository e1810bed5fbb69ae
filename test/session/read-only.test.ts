import { describe, expect, it } from 'vitest';

import { DatabaseError } from '../../src/errors/database-errors.ts';
import { TransactionStateError } from '../../src/errors/engine-errors.ts';
import { ReadOnlySessionError } from '../../src/errors/transaction-errors.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, MODELS, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';
import { recordWarnings } from '../support/warnings.ts';

/** The text of BEGIN, as far as this database says more than that. */
const begins = (name: 'sqlite' | 'postgres', words: string): string[] => (name === 'sqlite' ? [] : [`begin${words}`]);
const commits = (name: 'sqlite' | 'postgres'): string[] => (name === 'sqlite' ? [] : ['commit']);

describe.for(DATABASES)('a read-only session on $name', (database) => {
  it('reads in a read-only transaction', async () => {
    const { Session, took } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'ada' })));
    took();
    await using session = Session({ readOnly: true });
    expect((await session.getOne(User, 1)).name).toBe('ada');
    await session.commit();
    expect(took()).toEqual([...begins(database.name, ' read only'), 'select users by id', ...commits(database.name)]);
  });

  it('refuses a flush that has work, by name, and sends nothing', async () => {
    const { engine, Session, took } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'ada' })));
    await using session = Session({ readOnly: true });
    const user = await session.getOne(User, 1);
    user.name = 'changed';
    const added = new User({ name: 'new' });
    session.add(added);
    took();
    for (const use of [
      () => session.flush(),
      () => session.commit(),
      () => session.find(User).count(),
      () => session.beginNested(),
    ]) {
      const error = await rejection(use());
      expect(error).toBeInstanceOf(ReadOnlySessionError);
      expect(error.message).toMatch(
        /^This Session is read-only, and a flush would have to write: new <User at 0x\w+>, changed <User at 0x\w+> \(name\)\. Undo the change, or use a session without readOnly\. \[SESSION_READ_ONLY\]$/,
      );
    }
    expect(took()).toEqual([]);
    expect(session.isActive).toBe(true);
    await session.rollback();
    expect([user.name, await rowsOf(engine, 'users', 'name')]).toEqual(['ada', [['ada']]]);
  });

  it('has the database, or the connection, refuse every other statement that may write', async () => {
    const { engine, Session } = await open(database);
    const kind = database.name === 'sqlite' ? TransactionStateError : DatabaseError;
    for (const write of [
      (session: ReturnType<typeof Session>) => session.execute("insert into users (name) values ('x')"),
      (session: ReturnType<typeof Session>) => session.sql.deleteFrom('users').execute(),
      async (session: ReturnType<typeof Session>) => (await session.connection()).execute('drop table jobs'),
    ]) {
      await using session = Session({ readOnly: true });
      await session.find(User).count();
      expect(await rejection(write(session))).toBeInstanceOf(kind);
      await session.rollback();
      expect(await session.find(Job).count()).toBe(0);
    }
    expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
  });

  it('gives back a connection on which others may write', async () => {
    const { engine, Session } = await open(database, { engine: { poolSize: 1, maxOverflow: 0 } });
    {
      await using session = Session({ readOnly: true });
      await session.find(User).count();
    }
    await Session.begin((session) => session.add(new User({ name: 'ada' })));
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('refuses to write in a caller’s transaction, which is not read-only itself', async () => {
    const { engine } = await open(database);
    await using connection = await engine.connect();
    connection.begin();
    await connection.execute("insert into users (name) values ('caller')");
    await using session = sessionFactory(connection, { models: MODELS, readOnly: true })();
    expect(await session.find(User).count()).toBe(1);
    expect((await rejection(session.execute('delete from users'))).message).toBe(
      'This transaction is read-only, and a statement that may write was to run in it (DELETE …). Begin a transaction without readOnly for it. [ENGINE_READ_ONLY]',
    );
    await connection.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['caller']]);
  });

  it('guards the single statements of autocommit too', async () => {
    const { engine, Session, took } = await open(database);
    took();
    await using session = Session({ readOnly: true, autocommit: true });
    expect(await session.find(User).count()).toBe(0);
    expect(took()).toEqual([...begins(database.name, ' read only'), 'select users', ...commits(database.name)]);
    await rejection(session.execute("insert into users (name) values ('x')"));
    expect([await rowsOf(engine, 'users', 'name'), engine.pool.status().checkedOut]).toEqual([[], 0]);
  });

  it('can be had from an engine without a session', async () => {
    const { engine } = await open(database);
    const attempt = engine.begin((connection) => connection.execute('delete from users'), { readOnly: true });
    expect(await rejection(attempt)).toBeInstanceOf(database.name === 'sqlite' ? TransactionStateError : DatabaseError);
  });
});

describe.for(DATABASES)('isolation on $name', (database) => {
  it('is that of the session for each of its transactions', async () => {
    const { Session, took } = await open(database);
    await using session = Session({ isolationLevel: 'serializable' });
    took();
    await session.find(User).count();
    await session.commit();
    await session.find(User).count();
    await session.commit();
    const [begin, end] =
      database.name === 'sqlite' ? ['begin', 'commit'] : ['begin isolation level serializable', 'commit'];
    expect(took()).toEqual([begin, 'select users', end, begin, 'select users', end]);
  });

  it('is that of the call which takes the connection; later it is ignored with a warning', async () => {
    const { Session, took } = await open(database);
    const warnings = recordWarnings();
    await using session = Session();
    took();
    const connection = await session.connection({ isolationLevel: 'serializable' });
    expect(await session.connection({ isolationLevel: 'read committed' })).toBe(connection);
    await connection.execute('select 1');
    await session.rollback();
    await session.find(User).count();
    await session.rollback();
    expect(took()).toEqual(
      database.name === 'sqlite'
        ? ['begin', 'select 1', 'rollback', 'select users']
        : ['begin isolation level serializable', 'select 1', 'rollback', 'begin', 'select users', 'rollback'],
    );
    expect((await warnings.take()).map(({ code }) => code)).toEqual(['SESSION_ISOLATION_IGNORED']);
  });

  it('refuses a level that does not exist before anything is taken', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const error = await rejection(session.connection({ isolationLevel: 'snapshot' as never }));
    expect(error.message).toContain("The session option 'isolationLevel' must be 'read uncommitted'");
    expect([session.inTransaction(), engine.pool.status().checkedOut]).toEqual([false, 0]);
  });
});
