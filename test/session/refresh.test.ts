import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, openObjects, User, verbs } from './object-models.ts';

describe.each(DATABASES)('on $name', (database) => {
  test('refresh reads the row again in one SELECT, edits are flushed first', async () => {
    const { Session, engine, take } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 1);
    await session.commit();
    await engine.execute("update jobs set status = 'elsewhere' where id = 1");
    job.title = 'edited';
    take();
    await session.refresh(job);
    expect({ ...job }).toEqual({ id: 1, title: 'edited', status: 'elsewhere', ownerId: 1 });
    expect(verbs(take())).toEqual({ update: 1, select: 1 });
  });

  test('without autoflush the edits are lost, of relationships too', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const [ada, grace] = await session.find(User).orderBy('id');
    const job = await session.getOne(Job, 1, { with: ['owner'] });
    Object.assign(job, { title: 'edited', owner: grace });
    await session.refresh(job);
    expect([job.title, await job.owner, session.isModified(job)]).toEqual(['first', ada, false]);
  });

  test('refreshing some columns reads just those, and leaves edits of others alone', async () => {
    const { Session, engine, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const job = await session.getOne(Job, 1);
    await session.commit();
    await engine.execute("update jobs set status = 'elsewhere', title = 'elsewhere' where id = 1");
    take();
    job.title = 'edited';
    await session.refresh(job, ['status']);
    expect(take()).toEqual(['select "id", "status" from "jobs" where "id" = ?']);
    expect([job.status, job.title]).toEqual(['elsewhere', 'edited']);
  });

  test('a refreshed foreign key leads to the parent that the row names', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const [, grace] = await session.find(User).orderBy('id');
    const job = await session.getOne(Job, 1, { with: ['owner'] });
    job.owner = grace!;
    take();
    await session.refresh(job, ['ownerId']);
    expect(verbs(take())).toEqual({ update: 1, select: 1 });
    expect([job.ownerId, await job.owner]).toEqual([2, grace]);
    await session.execute('update jobs set owner_id = 1 where id = 1');
    await session.refresh(job, ['ownerId']);
    expect((await job.owner).id).toBe(1);
  });

  test('a named relationship is loaded again', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    await session.execute("insert into jobs (title, status, owner_id) values ('elsewhere', 'queued', 1)");
    take();
    await session.refresh(ada, ['jobs']);
    expect((ada.jobs as Job[]).map(({ title }) => title)).toEqual(['first', 'second', 'elsewhere']);
    expect(verbs(take())).toEqual({ select: 1 });
  });

  test('what the refresh-expire cascade reaches is read again, one SELECT for each model', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1, { with: ['jobs.steps', 'notes'] });
    const [job] = ada.jobs;
    const [note] = ada.notes;
    const child = new Job({ title: 'pending' });
    (ada.jobs as Job[]).push(child);
    job!.title = 'edited';
    note!.text = 'edited';
    take();
    await session.refresh(ada);
    expect(verbs(take())).toEqual({ select: 3 });
    expect([job!.title, note!.text, inspect(child).state]).toEqual(['first', 'edited', 'transient']);
    expect(((await ada.jobs) as Job[]).length).toBe(2);
  });

  test('many objects are refreshed in one SELECT for each model', async () => {
    const { Session, engine, take } = await openObjects(database);
    await using session = Session();
    const objects = [...(await session.find(Job)), ...(await session.find(User))];
    await session.commit();
    await engine.execute("update jobs set status = 'elsewhere'");
    take();
    await session.refreshAll(objects);
    expect(verbs(take())).toEqual({ select: 2 });
    expect((await session.find(Job)).map(({ status }) => status)).toEqual(['elsewhere', 'elsewhere', 'elsewhere']);
  });

  test('501 objects take two statements', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const users = Array.from({ length: 501 }, (_, at) => new User({ name: `user ${at}` }));
    session.addAll(users);
    await session.flush();
    take();
    await session.refreshAll(users);
    expect(verbs(take())).toEqual({ select: 2 });
  });

  test('a vanished row is an error that leaves the object readable', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 3);
    await session.execute('delete from jobs where id = 3');
    await expect(session.refresh(job)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }));
    await expect(session.refresh(job, ['title'])).rejects.toThrow(
      expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }),
    );
    expect(job.title).toBe('third');
  });

  test('a pending change of the key is refused where it would be unclear which row is meant', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const job = await session.getOne(Job, 1);
    job.id = 77;
    take();
    await expect(session.refresh(job, ['title'])).rejects.toThrow(
      /Please flush pending primary key changes on attributes id of <Job at 0x[0-9a-f]+> before proceeding with a refresh.*SESSION_PENDING_KEY/,
    );
    expect([job.id, job.title, take()]).toEqual([77, 'first', []]);
    await session.refresh(job, ['id', 'title']);
    expect(job.id).toBe(1);
    job.id = 77;
    await session.refresh(job);
    expect(job.id).toBe(1);
  });

  test('a locking read goes to the database each time, as its own statement', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const lock = database.name === 'postgres' ? ' for update' : '';
    const job = await session.getOne(Job, 1);
    take();
    await session.get(Job, 1, { forUpdate: false });
    expect(take()).toEqual([]);
    await session.get(Job, 1, { forUpdate: true });
    await session.refresh(job, ['status'], { forUpdate: { nowait: true } });
    await session.find(Job).where('status', '=', 'queued').forUpdate({ skipLocked: true });
    expect(take()).toEqual([
      `select "id", "title", "status", "owner_id" from "jobs" where "id" = ?${lock}`,
      `select "id", "status" from "jobs" where "id" = ?${lock && `${lock} nowait`}`,
      `select "id", "title", "status", "owner_id" from "jobs" where "status" = ?${lock && `${lock} skip locked`}`,
    ]);
  });

  test('a locking read begins the transaction, in a database that locks as a whole too', async () => {
    const { Session, engine } = await openObjects(database);
    const texts: string[] = [];
    engine.on('statement', ({ sql }) => texts.push(sql));
    await using session = Session();
    await session.get(Job, 1, { forUpdate: true });
    expect(texts[0]).toMatch(/^begin/);
  });

  test('a lock that says nothing, or too much, is refused', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 1);
    await expect(session.refresh(job, [], { forUpdate: {} })).rejects.toThrow(
      /refresh: forUpdate is an object that asks for nothing.*QUERY_BAD_ARGUMENT/,
    );
    await expect(session.get(Job, 1, { forUpdate: { nowait: false } })).rejects.toThrow(
      expect.objectContaining({ code: 'QUERY_BAD_ARGUMENT' }),
    );
    expect(() => session.find(Job).forUpdate({ skipLocked: true, nowait: true })).toThrow(/exclude each other/);
  });
});

describe.each(DATABASES)('populateExisting, on $name', (database) => {
  test('a query leaves edits alone unless it is told otherwise', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const job = await session.getOne(Job, 1);
    job.title = 'edited';
    await session.find(Job);
    expect(job.title).toBe('edited');
    await session.find(Job).populateExisting();
    expect([job.title, session.dirty]).toEqual(['first', []]);
    job.title = 'edited';
    await session.get(Job, 1, { populateExisting: true });
    expect(job.title).toBe('first');
  });

  test('changed links and collections go back to what the database has', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const [ada, grace] = await session.find(User).with('jobs').orderBy('id');
    const [first] = ada!.jobs;
    first!.owner = grace!;
    await session.find(User).with('jobs').populateExisting();
    expect([ada!.jobs.map(({ id }) => id), grace!.jobs.map(({ id }) => id), first!.owner]).toEqual([[1, 2], [3], ada]);
    await session.commit();
    expect(first!.ownerId).toBe(1);
  });

  test('nested paths are overwritten too, each object once', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const [ada] = await session.find(User).with('jobs.steps').orderBy('id');
    const [job] = ada!.jobs;
    const [step] = job!.steps;
    Object.assign(ada!, { name: 'edited' });
    Object.assign(job!, { title: 'edited' });
    Object.assign(step!, { name: 'edited' });
    take();
    await session.find(User).with('jobs.steps', 'jobs.owner').populateExisting();
    expect(verbs(take())).toEqual({ select: 3 });
    expect([ada!.name, job!.title, step!.name]).toEqual(['Ada', 'first', 'read']);
    expect([ada!.jobs.length, job!.owner, job!.steps.length]).toEqual([2, ada, 2]);
  });

  test('a parent that is known is read again for its children', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1);
    ada.name = 'edited';
    await session.find(Job).with('owner');
    expect(ada.name).toBe('edited');
    await session.find(Job).with('owner').populateExisting();
    expect(ada.name).toBe('Ada');
  });
});
