import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Order, Ticket, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

describe.for(DATABASES)('the identity map on $name', (database) => {
  test('gives one object for one row, however it is read', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] })));
    await using session = Session();
    const user = await session.getOne(User, 1);
    const [found] = await session.find(User);
    const job = await session.find(Job).with('owner').one();
    expect([found === user, job.owner === user, (await user.jobs)[0] === job]).toEqual([true, true, true]);
  });

  test('answers get() from memory within a transaction, and only there', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    took();
    expect(await session.get(User, user.id)).toBe(user);
    expect(took()).toEqual([]);
    await session.commit();
    took();
    expect(await session.get(User, user.id)).toBe(user);
    expect(await session.get(User, user.id)).toBe(user);
    expect(took().filter((text) => text !== 'begin')).toEqual(['select users by id']);
  });

  test('reads a stale row again: new values come in, edits stay', async () => {
    const { Session, engine } = await open(database);
    await using session = Session({ autoflush: false });
    const user = new User({ name: 'Ada', email: 'old' });
    session.add(user);
    await session.commit();
    await engine.execute(`update users set name = 'changed', email = 'new'`);
    expect([user.name, user.email]).toEqual(['Ada', 'old']);
    user.name = 'edited';
    await session.get(User, user.id);
    expect([user.name, user.email, session.isModified(user)]).toEqual(['edited', 'new', true]);
    await session.commit();
    await session.get(User, user.id);
    expect(user.name).toBe('edited');
  });

  test('overwrites edits with populateExisting', async () => {
    const { Session } = await open(database);
    await using session = Session({ autoflush: false });
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.commit();
    user.name = 'edited';
    await session.get(User, user.id, { populateExisting: true });
    expect(user.name).toBe('Ada');
    user.name = 'edited';
    await session.find(User).populateExisting();
    expect([user.name, session.dirty]).toEqual(['Ada', []]);
  });

  test('gives null for a row that is gone and lets its object go, alone', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const job = new Job({ title: 'a' });
    const user = new User({ name: 'Ada', jobs: [job] });
    session.add(user);
    await session.commit();
    await engine.execute('delete from jobs');
    await engine.execute('delete from users');
    expect(await session.get(User, user.id)).toBeNull();
    expect([inspect(user).state, session.has(user), session.has(job)]).toEqual(['deleted', false, true]);
    await expect(session.getOne(User, user.id)).rejects.toMatchObject({ code: 'QUERY_NO_RESULT' });
  });

  test('gives null for an object marked as deleted, after deleting it', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    session.delete(user);
    took();
    expect(await session.get(User, user.id)).toBeNull();
    expect(took()).toEqual([
      'select jobs by owner_id',
      'select addresses by user_id',
      'delete users',
      'select users by id',
    ]);
  });

  test('takes keys of several columns', async () => {
    const { Session } = await open(database, { tables: [Order] });
    await using session = Session();
    const order = new Order({ region: 'eu', number: 7 });
    session.add(order);
    await session.flush();
    expect(await session.get(Order, { region: 'eu', number: 7 })).toBe(order);
    expect(await session.get(Order, { number: 8, region: 'eu' })).toBeNull();
    await expect(session.get(Order, { region: 'eu' } as never)).rejects.toThrow(
      'get(Order): the primary key is incomplete. Give { region, number }. [QUERY_BAD_ARGUMENT]',
    );
    await expect(session.get(User, null as never)).rejects.toThrow('Give id.');
  });

  test('goes by the new key once a changed key is flushed', async () => {
    const { Session, took } = await open(database, { tables: [Ticket] });
    await using session = Session();
    const [a, b] = [new Ticket({ code: 'a' }), new Ticket({ code: 'b' })];
    session.addAll([a, b]);
    await session.commit();
    a.code = 'c';
    await session.flush();
    b.code = 'a';
    await session.flush();
    took();
    expect([await session.get(Ticket, 'c'), await session.get(Ticket, 'a'), took()]).toEqual([a, b, []]);
    expect(await session.get(Ticket, 'b')).toBeNull();
  });

  test('refuses a second object for a row', async () => {
    const { Session } = await open(database);
    await using one = Session();
    await using two = Session();
    one.add(new User({ name: 'Ada' }));
    await one.commit();
    const mine = await one.getOne(User, 1);
    const theirs = await two.getOne(User, 1);
    expect(() => one.add(theirs)).toThrow(expect.objectContaining({ code: 'SESSION_ALREADY_ATTACHED' }));
    expect(() => one.delete(theirs)).toThrow(expect.objectContaining({ code: 'SESSION_ALREADY_ATTACHED' }));
    two.expunge(theirs);
    expect(() => one.add(theirs)).toThrow(expect.objectContaining({ code: 'SESSION_IDENTITY_CONFLICT' }));
    expect([inspect(theirs).state, one.has(mine)]).toEqual(['detached', true]);
  });

  test('takes a detached object back, with what was changed meanwhile', async () => {
    const { Session, took } = await open(database);
    const user = await Session.begin((session) => {
      const fresh = new User({ name: 'Ada' });
      session.add(fresh);
      return fresh;
    });
    await using session = Session();
    session.add(user);
    expect([inspect(user).state, session.dirty]).toEqual(['persistent', []]);
    session.expunge(user);
    user.name = 'Eve';
    session.add(user);
    expect(session.dirty).toEqual([user]);
    took();
    await session.commit();
    expect(took()).toEqual(['begin', 'update users name', 'commit']);
  });

  test('refuses what is no object of a model', async () => {
    const { Session } = await open(database);
    await using session = Session();
    for (const value of [null, undefined, 1, {}, User]) {
      for (const verb of ['add', 'delete', 'expunge', 'expire'] as const) {
        expect(() => session[verb](value as never)).toThrow(
          expect.objectContaining({ code: 'MAPPING_UNMAPPED_INSTANCE' }),
        );
      }
    }
    expect(() => session.add(User as never)).toThrow('Pass an instance, not the class.');
    expect(session.has({})).toBe(false);
  });

  test('refuses a model that the factory was not told of', async () => {
    const { engine } = await open(database);
    const { sessionFactory } = await import('../../src/index.ts');
    await using session = sessionFactory(engine, { models: { Ticket } })();
    expect(() => session.find(User)).toThrow(expect.objectContaining({ code: 'SESSION_UNKNOWN_MODEL' }));
  });
});
