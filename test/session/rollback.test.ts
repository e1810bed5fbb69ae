import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, Ticket, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

const pendingRollback = { code: 'SESSION_PENDING_ROLLBACK' };

describe.for(DATABASES)('rollback on $name', (database) => {
  test('makes a flushed new object transient again, with the values that the program gave', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', email: null });
    session.add(user);
    await session.flush();
    user.name = 'Eve';
    const id = user.id;
    await session.rollback();
    expect([typeof id, inspect(user).state, { ...user }, session.has(user)]).toEqual([
      'number',
      'transient',
      { id: undefined, name: 'Ada', email: null },
      false,
    ]);
    session.add(user);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name, email')).toEqual([['Ada', null]]);
  });

  test('lets a pending object go as it is', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.rollback();
    expect([inspect(user).state, user.name, session.new]).toEqual(['transient', 'Ada', []]);
  });

  test('gives in-place changes of a new object back', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const job = new Job({ title: 'a', payload: { rows: 1 }, owner: new User({ name: 'Ada' }) });
    session.add(job);
    await session.flush();
    job.payload!.rows = 2;
    await session.rollback();
    expect(job.payload).toEqual({ rows: 1 });
  });

  test('brings a deleted object back: the same instance, persistent', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.commit();
    session.delete(user);
    await session.flush();
    expect([inspect(user).state, session.has(user)]).toEqual(['deleted', false]);
    await session.rollback();
    expect([inspect(user).state, session.has(user), session.deleted]).toEqual(['persistent', true, []]);
    expect(await session.get(User, user.id)).toBe(user);
    user.name = 'Eve';
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['Eve']]);
  });

  test('forgets a mark for deletion, also of children', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] });
    session.add(user);
    await session.commit();
    session.delete(user);
    await session.rollback();
    expect(session.deleted).toEqual([]);
  });

  test('undoes edits, flushed or not', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', email: 'ada@x' });
    session.add(user);
    await session.commit();
    user.name = 'flushed';
    await session.flush();
    user.email = 'unflushed';
    await session.rollback();
    expect([{ ...user }, session.dirty]).toEqual([{ id: user.id, name: 'Ada', email: 'ada@x' }, []]);
    user.name = 'unflushed only';
    await session.rollback();
    expect(user.name).toBe('Ada');
  });

  test('restores the first of two primary keys', async () => {
    const { Session } = await open(database, { tables: [Ticket] });
    await using session = Session();
    const ticket = new Ticket({ code: 'a' });
    session.add(ticket);
    await session.commit();
    ticket.code = 'b';
    await session.flush();
    ticket.code = 'c';
    await session.flush();
    expect(inspect(ticket).identityKey).toEqual(['Ticket', 'c']);
    await session.rollback();
    expect([ticket.code, inspect(ticket).identityKey]).toEqual(['a', ['Ticket', 'a']]);
    expect(await session.get(Ticket, 'a')).toBe(ticket);
    expect(await session.get(Ticket, 'c')).toBeNull();
  });

  test('gives a key back to the object that had it before another row took it', async () => {
    const { Session } = await open(database, { tables: [Ticket] });
    await using session = Session();
    const first = new Ticket({ code: 'a' });
    session.add(first);
    await session.commit();
    session.delete(first);
    await session.flush();
    await session.execute("insert into tickets (code) values ('a')");
    const second = await session.getOne(Ticket, 'a');
    expect(second).not.toBe(first);
    await session.rollback();
    expect([inspect(first).state, inspect(second).state, await session.get(Ticket, 'a')]).toEqual([
      'persistent',
      'detached',
      first,
    ]);
  });

  test('lets a new object take the key of a loaded row that was never committed', async () => {
    const { Session, engine } = await open(database, { tables: [Ticket] });
    await using session = Session();
    await session.execute("insert into tickets (code) values ('a')");
    const ghost = await session.getOne(Ticket, 'a');
    await session.rollback();
    const real = new Ticket({ code: 'a', state: 'real' });
    session.add(real);
    await session.commit();
    expect([inspect(ghost).state, inspect(real).state]).toEqual(['detached', 'persistent']);
    expect(await rowsOf(engine, 'tickets', 'code, state')).toEqual([['a', 'real']]);
  });

  test('leaves an expunged object out', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [added, changed] = [new User({ name: 'added' }), new User({ name: 'changed' })];
    session.add(changed);
    await session.commit();
    session.add(added);
    changed.name = 'flushed';
    await session.flush();
    session.expunge(added);
    session.expunge(changed);
    await session.rollback();
    expect([inspect(added).state, inspect(changed).state, [...session]]).toEqual(['transient', 'detached', []]);
    session.add(changed);
    expect([changed.name, session.dirty]).toEqual(['changed', []]);
  });

  test('leaves an expunged object alone that another session has taken', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await using other = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    session.expunge(user);
    other.add(user);
    await session.rollback();
    expect([inspect(user).state, other.has(user), user.name]).toEqual(['persistent', true, 'Ada']);
  });

  test('puts a removed orphan back into its collection', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const job = new Job({ title: 'a' });
    const user = new User({ name: 'Ada', jobs: [job] });
    session.add(user);
    await session.commit();
    (user.jobs as Job[]).pop();
    await session.flush();
    expect(inspect(job).state).toBe('deleted');
    await session.rollback();
    expect([inspect(job).state, user.jobs, job.owner]).toEqual(['persistent', [job], user]);
  });

  test('forgets a collection that was loaded of unwritten rows', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    await using session = Session();
    const user = await session.find(User).one();
    const address = new Address({ street: 'a', user });
    session.add(address);
    await session.flush();
    expect(await user.addresses).toEqual([address]);
    await session.rollback();
    expect([await user.addresses, inspect(address).state, address.user]).toEqual([[], 'transient', user]);
    session.add(address);
    expect(user.addresses).toEqual([address]);
  });

  test('without work or transaction changes nothing and runs nothing', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.commit();
    took();
    await session.rollback();
    expect([took(), session.has(user), user.name]).toEqual([[], true, 'Ada']);
  });

  test('ends the transaction on the server and gives the connection back', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    expect(engine.pool.status().checkedOut).toBe(1);
    await session.rollback();
    expect([took(), engine.pool.status().checkedOut]).toEqual([['begin', 'insert users', 'rollback'], 0]);
  });
});

describe.for(DATABASES)('a failed flush on $name', (database) => {
  test('undoes everything at once and asks for rollback() as often as it is passed over', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada', email: 'a' }));
    await session.commit();
    const [fine, twice] = [new User({ name: 'fine' }), new User({ name: 'twice', email: 'a' })];
    session.add(fine);
    await session.flush();
    session.add(twice);
    took();
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    expect(took()).toEqual(['insert users', 'rollback']);
    expect([inspect(fine).state, inspect(twice).state, session.isActive, engine.pool.status().checkedOut]).toEqual([
      'transient',
      'transient',
      false,
      0,
    ]);
    for (let i = 0; i < 2; i++) {
      await expect(session.find(User)).rejects.toMatchObject(pendingRollback);
      await expect(session.commit()).rejects.toMatchObject(pendingRollback);
      await expect(session.beginNested()).rejects.toMatchObject(pendingRollback);
      await expect(session.execute('select 1')).rejects.toMatchObject(pendingRollback);
    }
    expect(took()).toEqual([]);
    await session.rollback();
    expect([session.isActive, (await session.find(User)).length]).toEqual([true, 1]);
  });

  test('says what made it fail', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.addAll([new User({ name: 'a', email: 'same' }), new User({ name: 'b', email: 'same' })]);
    const cause = await session.flush().catch((error: Error) => error);
    const error = await session.find(User).then(undefined, (refusal: unknown) => refusal);
    expect(error).toMatchObject({ ...pendingRollback, cause });
    expect((error as Error).message).toMatch(
      /^This Session's transaction has been rolled back due to a previous exception during flush\. Original exception was: A row with the same value exists already.* Call await session\.rollback\(\) before using this session again\. \[SESSION_PENDING_ROLLBACK\]$/,
    );
    expect((error as Error).message).not.toContain('same@');
  });

  test('discards what is changed before rollback()', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', email: 'a' });
    session.add(user);
    await session.commit();
    session.add(new User({ name: 'Eve', email: 'a' }));
    await expect(session.flush()).rejects.toThrow();
    user.name = 'changed meanwhile';
    const late = new User({ name: 'late' });
    session.add(late);
    await session.rollback();
    expect([user.name, inspect(late).state, session.dirty]).toEqual(['Ada', 'transient', []]);
  });

  test('leaves every value readable', async () => {
    const { Session } = await open(database, { expireOnCommit: true });
    await using session = Session();
    const user = new User({ name: 'Ada', email: 'a' });
    session.add(user);
    await session.flush();
    session.add(new User({ name: 'Eve', email: 'a' }));
    await expect(session.flush()).rejects.toThrow();
    await session.rollback();
    expect([user.name, user.email]).toEqual(['Ada', 'a']);
  });
});

describe.for(DATABASES)('a failed commit on $name', (database) => {
  test('rolls back by itself when the database refuses at the end', async () => {
    const { Session, engine } = await open(database);
    const reference = 'references users (id) deferrable initially deferred';
    await engine.execute(`create table picky (id integer primary key, user_id integer ${reference})`);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.execute('insert into picky (id, user_id) values (1, 4711)');
    await expect(session.commit()).rejects.toMatchObject({ code: 'DATABASE_FOREIGN_KEY_VIOLATION' });
    expect([inspect(user).state, session.isActive, session.inTransaction(), engine.pool.status().checkedOut]).toEqual([
      'transient',
      true,
      false,
      0,
    ]);
    expect(await session.find(User)).toEqual([]);
    expect(await rowsOf(engine, 'picky', 'id')).toEqual([]);
  });

  test('after a statement of the program failed rolls back on PostgreSQL, which has ended the transaction', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    await expect(session.execute('select * from nowhere')).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    if (database.name === 'sqlite') {
      await session.commit();
      expect(await rowsOf(engine, 'users', 'name')).toEqual([['Ada']]);
    } else {
      await expect(session.commit()).rejects.toMatchObject({ code: 'ENGINE_TRANSACTION_FAILED' });
      expect(inspect(user).state).toBe('transient');
      expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
    }
  });
});

describe.for(DATABASES)('closing on $name', (database) => {
  test('makes flushed new objects transient and detaches the others, with their values', async () => {
    const { Session, took, engine } = await open(database);
    const session = Session();
    const kept = new User({ name: 'kept' });
    session.add(kept);
    await session.commit();
    const fresh = new User({ name: 'fresh' });
    session.add(fresh);
    kept.name = 'flushed';
    await session.flush();
    took();
    await session.close();
    expect([inspect(kept).state, inspect(fresh).state, kept.name, fresh.name, took()]).toEqual([
      'detached',
      'transient',
      'flushed',
      'fresh',
      ['rollback'],
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['kept']]);
  });
});
