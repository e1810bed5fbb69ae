import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import type { Engine } from '../../src/index.ts';
import { open, rowsOf } from '../support/open-session.ts';

/** Runs `edit` when the database has answered a statement, and before the session has heard of it. */
function during(engine: Engine, text: string, edit: () => void): void {
  const off = engine.on('statement', ({ sql }) => {
    if (!sql.startsWith(text)) return;
    off();
    edit();
  });
}

describe.for(DATABASES)('one session in many tasks on $name', (database) => {
  test('reads on one connection and gives each its answer', async () => {
    const { Session, engine } = await open(database);
    await Session.begin((session) => {
      for (let i = 0; i < 5; i++) session.add(new User({ name: `user ${i}` }));
    });
    let most = 0;
    engine.on('checkout', () => (most = Math.max(most, engine.pool.status().checkedOut)));
    await using session = Session();
    const names = await Promise.all([5, 4, 3, 2, 1].map(async (id) => (await session.getOne(User, id)).name));
    expect([names, most]).toEqual([['user 4', 'user 3', 'user 2', 'user 1', 'user 0'], 1]);
  });

  test('does reads, flushes and commits in the order of the calls', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    const [first, , second, , third] = await Promise.all([
      session.find(User).count(),
      session.commit(),
      session.find(User).count(),
      session.flush(),
      session.find(User).where({ name: 'Ada' }).count(),
    ]);
    expect([first, second, third]).toEqual([1, 1, 1]);
    const begin = database.name === 'sqlite' ? [] : ['begin'];
    expect(took()).toEqual([
      'begin',
      'insert users',
      'select users',
      'commit',
      ...begin,
      'select users',
      'select users by name',
    ]);
  });

  test('lets nothing slip into a flush', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const add = async (name: string): Promise<void> => {
      const user = new User({ name, jobs: [new Job({ title: name })] });
      session.add(user);
      await session.flush();
      const jobs = await session.find(Job).where({ ownerId: user.id });
      expect(jobs).toEqual([...(await user.jobs)]);
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(add));
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title')).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  test('keeps dirty what is edited while a flush is on its way', async () => {
    const { Session, engine, took } = await open(database);
    await using session = Session();
    const job = new Job({ title: 'a', payload: { rows: 1 }, dueAt: new Date(0) });
    const user = new User({ name: 'Ada', jobs: [job] });
    session.add(user);
    const [late, address] = [new Job({ title: 'late' }), new Address({ street: 'late' })];
    during(engine, 'insert into "jobs"', () => {
      job.title = 'edited';
      job.payload!.rows = 2;
      job.dueAt!.setTime(5);
      (user.jobs as Job[]).push(late);
      (user.addresses as Address[]).push(address);
    });
    await session.flush();
    expect([new Set(session.dirty), session.new]).toEqual([new Set([user, job]), [late, address]]);
    during(engine, 'update "jobs"', () => (job.payload!.rows = 3));
    await session.flush();
    expect([session.dirty, session.new]).toEqual([[job], []]);
    await session.commit();
    expect(session.dirty).toEqual([]);
    const { rows } = await engine.execute('select title, payload from jobs order by id');
    const payload = (rows[0] as [string, unknown])[1];
    expect([rows.length, typeof payload === 'string' ? JSON.parse(payload) : payload]).toEqual([2, { rows: 3 }]);
    expect(took().filter((text) => text.startsWith('update'))).toEqual([
      'update jobs title,payload,due_at',
      'update jobs payload',
    ]);
  });

  test('keeps a move that is made while a flush is on its way', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const [ada, bob] = [new User({ name: 'Ada' }), new User({ name: 'Bob' })];
    const job = new Job({ title: 'a', owner: ada });
    session.addAll([ada, bob, job]);
    during(engine, 'insert into "jobs"', () => (job.owner = bob));
    await session.flush();
    expect([job.owner, job.ownerId, await ada.jobs, await bob.jobs]).toEqual([bob, ada.id, [], [job]]);
    await session.commit();
    expect([job.ownerId, ada.jobs, bob.jobs]).toEqual([bob.id, [], [job]]);
  });

  test('deletes or lets go of an object whose insert is on its way', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const [gone, freed] = [new User({ name: 'gone' }), new User({ name: 'freed' })];
    session.addAll([gone, freed]);
    during(engine, 'insert into "users"', () => {
      session.delete(gone);
      session.expunge(freed);
    });
    await session.flush();
    expect([session.deleted, inspect(freed).state, typeof freed.id]).toEqual([[gone], 'detached', 'number']);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['freed']]);
  });

  test('waits with close() for what runs, and goes on afterwards', async () => {
    const { Session, engine } = await open(database);
    const session = Session();
    session.add(new User({ name: 'Ada' }));
    const [count] = await Promise.all([session.find(User).count(), session.close(), session.find(User)]);
    expect([count, await session.find(User)]).toEqual([1, []]);
    await session.close();
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('goes on after a failed statement', async () => {
    const { Session } = await open(database, { autocommit: true });
    await using session = Session();
    const outcomes = await Promise.allSettled([
      session.execute('select * from nowhere'),
      session.find(User).count(),
      session.execute('nonsense'),
      session.find(User).count(),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });
});
