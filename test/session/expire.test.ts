import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Note, openObjects, Step, User, verbs } from './object-models.ts';

const EXPIRED = expect.objectContaining({ code: 'STATE_EXPIRED_ATTRIBUTE' });

describe.each(DATABASES)('on $name', (database) => {
  test('expire drops edits of columns and collections; one SELECT brings all columns back', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    ada.name = 'edited';
    ada.jobs.push(new Job({ title: 'new' }));
    session.expire(ada);
    expect(session.dirty).toEqual([]);
    expect(() => ada.name).toThrow(EXPIRED);
    take();
    expect(await session.get(User, 1)).toBe(ada);
    expect({ ...ada }).toEqual({ id: 1, name: 'Ada', email: 'ada@example.org', settings: null });
    expect((await ada.jobs).map(({ title }) => title)).toEqual(['first', 'second']);
    expect(verbs(take())).toEqual({ select: 2 });
  });

  test('an expired attribute says so, and what to do', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    session.expire(ada, ['name']);
    expect(() => ada.name).toThrow(
      /^Attribute 'name' of <User at 0x[0-9a-f]+> is expired\. Call await session\.refresh\(object\) first, .* \[STATE_EXPIRED_ATTRIBUTE\]$/,
    );
    expect([ada.id, ada.email, Object.keys(ada)]).toEqual([1, 'ada@example.org', ['id', 'email', 'settings']]);
    session.expunge(ada);
    expect(() => ada.name).toThrow(/is not bound to a Session; attribute refresh operation cannot proceed/);
  });

  test('setting an expired attribute runs no SQL, and other loads keep the new value', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1);
    session.expire(ada);
    take();
    ada.name = 'set';
    expect([ada.name, take()]).toEqual(['set', []]);
    await session.get(User, 1);
    expect([ada.name, ada.email]).toEqual(['set', 'ada@example.org']);
    take();
    await session.flush();
    expect(take()).toEqual(['update "users" set "name" = ? where "id" = ?']);
    expect(await session.get(User, 1)).toBe(ada);
    expect(take()).toEqual([]);
  });

  test('an edit of an expired attribute is dropped by expiring it again', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    session.expire(ada, ['name']);
    ada.name = 'set';
    session.expire(ada, ['name']);
    expect(() => ada.name).toThrow(EXPIRED);
    expect(session.isModified(ada)).toBe(false);
  });

  test('expiring some attributes leaves edits of others alone; one load brings all expired ones back', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const job = await session.getOne(Job, 1);
    job.title = 'edited';
    session.expire(job, ['status', 'ownerId']);
    take();
    await session.load(job);
    expect(take()).toEqual(['select "id", "status", "owner_id" from "jobs" where "id" = ?']);
    expect({ ...job }).toEqual({ id: 1, title: 'edited', status: 'queued', ownerId: 1 });
    expect(inspect(job).history('title')).toEqual({ added: ['edited'], unchanged: [], deleted: ['first'] });
  });

  test('a changed key is what it was once the object is expired', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 1);
    job.id = 77;
    session.expire(job);
    expect(job.id).toBe(1);
    take();
    await session.flush();
    expect(take()).toEqual([]);
  });

  test('an unknown attribute is refused, and nothing expires', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 1);
    expect(() => session.expire(job, ['title', 'nope' as 'title'])).toThrow(
      expect.objectContaining({ code: 'STATE_UNKNOWN_ATTRIBUTE' }),
    );
    expect(job.title).toBe('first');
  });

  test('pending and detached objects are refused', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const detached = await session.getOne(Job, 1);
    session.expunge(detached);
    const pending = new Job({ title: 'x' });
    session.add(pending);
    for (const job of [pending, detached]) {
      expect(() => session.expire(job)).toThrow(/is not persistent within this Session/);
      await expect(session.refresh(job)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_NOT_PERSISTENT' }));
      await expect(session.load(job, 'title')).rejects.toThrow(
        expect.objectContaining({ code: 'SESSION_NOT_PERSISTENT' }),
      );
    }
  });

  test('the refresh-expire cascade expires what it reaches, and nothing else', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs.steps', 'notes'] });
    const [job] = ada.jobs;
    const step = job!.steps[0]!;
    const [note] = ada.notes;
    job!.title = 'edited';
    session.expire(ada);
    expect([inspect(job!).unloaded, inspect(step).unloaded, inspect(note!).unloaded]).toEqual([
      ['title', 'status', 'ownerId', 'owner', 'steps'],
      ['name', 'jobId', 'job'],
      [],
    ]);
  });

  test('a pending child of a delete-orphan collection leaves the session with it', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    const child = new Job({ title: 'pending' });
    ada.jobs.push(child);
    expect(session.has(child)).toBe(true);
    session.expire(ada);
    expect([inspect(child).state, (await ada.jobs).includes(child)]).toEqual(['transient', false]);
    await session.commit();
    expect(await session.find(Job).count()).toBe(3);
  });

  test('a pending child of another collection stays pending, out of it only once that is read again after a flush', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const ada = await session.getOne(User, 1, { with: ['notes'] });
    const child = new Note({ text: 'pending' });
    ada.notes.push(child);
    session.expire(ada);
    expect([inspect(child).state, child.author]).toEqual(['pending', ada]);
    await session.flush();
    expect((await ada.notes).map(({ text }) => text)).toEqual(['hello', 'pending']);
  });

  test('listeners are told of a child that leaves, and of an object whose row is gone', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const told: string[] = [];
    session.on('pendingToTransient', ({ object }) => void told.push(`left ${(object as Job).title}`));
    session.on('persistentToDeleted', ({ object }) => void told.push(`gone ${(object as Note).text}`));
    const ada = await session.getOne(User, 1, { with: ['jobs', 'notes'] });
    ada.jobs.push(new Job({ title: 'pending' }));
    session.expire(ada);
    expect(told).toEqual(['left pending']);
    await session.execute('delete from notes');
    await session.get(Note, 1, { populateExisting: true });
    expect(told).toEqual(['left pending', 'gone hello']);
  });

  test('expireAll may run while the session is iterated', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    await session.find(Job);
    session.add(new Job({ title: 'new' }));
    let seen = 0;
    for (const object of session) {
      seen++;
      session.expireAll();
      expect(session.has(object)).toBe(true);
    }
    expect(seen).toBe(4);
    expect(session.new).toHaveLength(1);
  });

  test('a collection that a later transaction changed is read anew after expireAll', async () => {
    const { Session, engine } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    await session.commit();
    await engine.execute("insert into jobs (title, status, owner_id) values ('elsewhere', 'queued', 1)");
    session.expireAll();
    expect((await ada.jobs).map(({ title }) => title)).toEqual(['first', 'second', 'elsewhere']);
  });

  test('a lazy load reads the foreign key that it needs when that has expired', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const jobs = await session.find(Job).orderBy('id');
    for (const job of jobs) session.expire(job);
    take();
    expect(((await jobs[0]!.owner) as User).name).toBe('Ada');
    expect(verbs(take())).toEqual({ select: 2 });
    expect((jobs[2]!.owner as User).name).toBe('Grace');
    expect(jobs.map(({ title }) => title)).toEqual(['first', 'second', 'third']);
    expect(take()).toEqual([]);
  });

  test('when the row is gone, get gives null, reading and refreshing say so, and a rollback brings the object back', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const note = await session.getOne(Note, 1);
    await session.execute('delete from notes');
    session.expire(note);
    await expect(session.refresh(note)).rejects.toThrow(
      /Instance <Note at 0x[0-9a-f]+> has been deleted, or its row is otherwise not present/,
    );
    await expect((async () => note.author)()).rejects.toThrow(
      expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }),
    );
    await expect(session.load(note)).rejects.toThrow(expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }));
    expect(await session.get(Note, 1)).toBeNull();
    expect([inspect(note).state, inspect(note).wasDeleted, session.has(note)]).toEqual(['deleted', true, false]);
    expect(() => note.text).toThrow(expect.objectContaining({ code: 'SESSION_OBJECT_DELETED' }));
    await session.rollback();
    expect([inspect(note).state, inspect(note).wasDeleted]).toEqual(['persistent', false]);
    expect(await session.get(Note, 1)).toBe(note);
    expect(note.text).toBe('hello');
  });

  test('after a commit the object whose row is gone is detached', async () => {
    const { Session, engine } = await openObjects(database);
    await using session = Session();
    const note = await session.getOne(Note, 1);
    await session.commit();
    await engine.execute('delete from notes');
    expect(await session.get(Note, 1)).toBeNull();
    await session.commit();
    expect([inspect(note).state, note.text]).toEqual(['detached', 'hello']);
  });

  test('with expireOnCommit everything is expired by commit, and the next get sees what others committed', async () => {
    const { Session, engine, take } = await openObjects(database, { expireOnCommit: true });
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    const [job] = ada.jobs;
    await session.commit();
    await engine.execute("update users set name = 'elsewhere' where id = 1");
    expect(() => ada.name).toThrow(EXPIRED);
    expect(() => job!.title).toThrow(EXPIRED);
    take();
    expect(await session.get(User, 1)).toBe(ada);
    expect([ada.name, verbs(take())]).toEqual(['elsewhere', { select: 1 }]);
    await session.find(Job).where('ownerId', '=', 1);
    expect(job!.title).toBe('first');
    await session.commit();
    await session.close();
    expect(() => ada.name).toThrow(
      /Instance <User at 0x[0-9a-f]+> is not bound to a Session; attribute refresh operation cannot proceed/,
    );
    expect(ada.id).toBe(1);
  });

  test('a rollback leaves values as the database has them, expireOnCommit or not', async () => {
    const { Session } = await openObjects(database, { expireOnCommit: true });
    await using session = Session();
    const ada = await session.getOne(User, 1);
    ada.name = 'edited';
    await session.flush();
    await session.rollback();
    expect(ada.name).toBe('Ada');
  });

  test('expunge follows its cascade through circles, and not further', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs.steps', 'notes'] });
    session.expunge(ada);
    const [job] = ada.jobs;
    expect([ada, job!, job!.steps[0]!, ada.notes[0]!].map((object) => inspect(object).state)).toEqual([
      'detached',
      'detached',
      'detached',
      'persistent',
    ]);
    expect(() => session.expunge(ada)).toThrow(/is not present in this Session/);
    session.add(ada);
    expect([...session]).toHaveLength(1 + 2 + 2 + 1);
    expect(session.dirty).toEqual([]);
  });

  test('an object that changed while it was detached is dirty once it is added again', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const [changed, clean] = await session.find(Step).orderBy('id');
    session.expungeAll();
    changed!.name = 'changed';
    session.addAll([changed!, clean!]);
    expect(session.dirty).toEqual([changed]);
    take();
    await session.commit();
    expect(take()).toEqual(['update "steps" set "name" = ? where "id" = ?']);
  });
});
