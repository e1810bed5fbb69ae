import { describe, expect, it } from 'vitest';

import { DatabaseError, UniqueViolation } from '../../src/errors/database-errors.ts';
import { SessionClosedError } from '../../src/errors/session-errors.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';

describe.for(DATABASES)('the ends of a session on $name', (database) => {
  it('refuses a permanently closed session before it takes an object in; reset opens it again', async () => {
    const { engine, Session } = await open(database);
    await using session = Session({ closeResetsOnly: false });
    await session.close();
    const user = new User({ name: 'ada' });
    const message = 'This Session has been permanently closed and is unable to handle any more transaction requests.';
    expect(() => session.add(user)).toThrow(message);
    expect(() => session.begin()).toThrow(message);
    expect(await rejection(session.execute('select 1'))).toBeInstanceOf(SessionClosedError);
    expect(await rejection(session.commit())).toMatchObject({ code: 'SESSION_CLOSED' });
    expect([session.has(user), inspect(user).state]).toEqual([false, 'transient']);
    await session.reset();
    session.add(user);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('throws its connection away on invalidate; the next statement uses another', async () => {
    const { engine, Session } = await open(database);
    let opened = 0;
    engine.on('connect', () => opened++);
    await using session = Session();
    session.add(new User({ name: 'lost' }));
    await session.flush();
    const before = await session.connection();
    await session.invalidate();
    expect([before.lease.isReleased, session.inTransaction(), engine.pool.status().checkedOut]).toEqual([
      true,
      false,
      0,
    ]);
    expect(await rowsOf(engine, 'users', 'id')).toEqual([]);
    const after = await session.connection();
    expect([after === before, opened]).toEqual([false, 1]);
  });

  it('ends a transaction with nothing sent without a word to the database', async () => {
    const { Session, took } = await open(database);
    took();
    await using session = Session();
    session.begin();
    await session.commit();
    session.begin();
    await session.rollback();
    await session.rollback();
    await session.commit();
    expect(took()).toEqual([]);
  });
});

describe.for(DATABASES.filter(({ name }) => name === 'postgres'))('a COMMIT that fails on $name', (database) => {
  it('restores memory and leaves a session that works', async () => {
    const { engine, Session, took } = await open(database);
    await engine.execute('alter table users add unique (name) deferrable initially deferred');
    await using session = Session();
    const first = new User({ name: 'ada' });
    session.add(first);
    await session.commit();
    const second = new User({ name: 'bob' });
    session.add(second);
    first.name = 'bob';
    took();
    const error = await rejection(session.commit());
    expect(error).toBeInstanceOf(DatabaseError);
    expect(took()).toEqual(['begin', 'update users name', 'insert users', 'commit']);
    expect([
      first.name,
      inspect(first).state,
      inspect(second).state,
      session.isActive,
      session.inTransaction(),
    ]).toEqual(['ada', 'persistent', 'transient', true, false]);
    expect([session.dirty, session.new, engine.pool.status().checkedOut]).toEqual([[], [], 0]);
    first.name = 'eve';
    session.add(second);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['bob'], ['eve']]);
  });

  it('passes the failure to a begin block, whose handle has ended', async () => {
    const { engine, Session } = await open(database);
    await engine.execute('alter table users add unique (name) deferrable initially deferred');
    await using session = Session();
    const refused = session.begin(() => session.addAll([new User({ name: 'a' }), new User({ name: 'a' })]));
    expect(await rejection(refused)).toBeInstanceOf(UniqueViolation);
    expect([session.inTransaction(), session.isActive]).toEqual([false, true]);
  });
});
