import { describe, expect, test } from 'vitest';

import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Note, openObjects, Step, User, verbs } from './object-models.ts';

describe.each(DATABASES)('on $name', (database) => {
  test('an object with an unknown key gives a new pending instance', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const given = new User({ id: 9, name: 'Joan' });
    const merged = await session.merge(given);
    expect(merged).not.toBe(given);
    expect([inspect(merged).state, inspect(given).state, merged.name]).toEqual(['pending', 'transient', 'Joan']);
    expect(take()).toEqual([expect.stringMatching(/^select .* from "users" where "id" = \?$/)]);
    await session.commit();
    expect(verbs(take())).toEqual({ insert: 1 });
  });

  test('objects without a key cost no SQL, and flush nothing', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    session.add(new User({ name: 'pending' }));
    const merged = await session.merge(
      new User({ name: 'Joan', jobs: [new Job({ title: 'a' }), new Job({ title: 'b' })] }),
    );
    expect(take()).toEqual([]);
    expect(session.new).toHaveLength(4);
    await session.commit();
    expect(verbs(take())).toEqual({ insert: 2 });
    expect(merged.id).toBeGreaterThan(0);
  });

  test('a key that only a default made is no key', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const merged = await session.merge(new Job({ title: 'defaulted' }));
    expect([merged.title, merged.status]).toEqual(['defaulted', 'queued']);
    expect(take()).toEqual([]);
  });

  test('attributes that the given object lacks keep the stored value, null is copied', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const merged = await session.merge(new User({ id: 1, name: 'Countess' }));
    expect({ ...merged }).toEqual({ id: 1, name: 'Countess', email: 'ada@example.org', settings: null });
    await session.merge(new User({ id: 1, name: 'Countess', email: null }));
    expect(merged.email).toBeNull();
    take();
    await session.flush();
    expect(take()).toEqual(['update "users" set "name" = ?, "email" = ? where "id" = ?']);
  });

  test('what the constructor filled in by default does not overwrite the row', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const merged = await session.merge(new Job({ id: 2, title: 'second' }));
    expect(merged.status).toBe('done');
    take();
    await session.flush();
    expect(take()).toEqual([]);
    expect((await session.merge(new Job({ id: 2, title: 'second', status: 'queued' }))).status).toBe('queued');
  });

  test('mutable values are copied, so that later edits of the given object do not reach the session', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const given = new User({ id: 1, name: 'Ada', settings: { theme: 'dark' } });
    const merged = await session.merge(given);
    given.settings!['theme'] = 'light';
    expect(merged.settings).toEqual({ theme: 'dark' });
  });

  test('an untouched collection says nothing; an emptied one empties the stored one', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const untouched = new User({ id: 1, name: 'Ada' });
    expect(untouched.jobs).toEqual([]);
    await session.merge(untouched);
    expect(verbs(take())).toEqual({ select: 1 });
    await session.flush();
    expect(take()).toEqual([]);
    const merged = await session.merge(new User({ id: 1, name: 'Ada', notes: [] }), { with: ['notes'] });
    expect(merged.notes).toEqual([]);
    await session.commit();
    expect(verbs(take())).toEqual({ select: 1, update: 1 });
    expect(await session.find(Job).where('ownerId', '=', 1).count()).toBe(2);
    expect(await session.find(Note).where('authorId', '=', 1).count()).toBe(0);
  });

  test('a collection takes the given members: new ones come, others change, missing orphans go', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const given = new User({
      id: 1,
      name: 'Ada',
      jobs: [new Job({ id: 1, title: 'FIRST' }), new Job({ title: 'new' })],
    });
    const merged = await session.merge(given, { with: ['jobs'] });
    expect(verbs(take())).toEqual({ select: 2 });
    expect(merged.jobs.map(({ title, status }) => [title, status])).toEqual([
      ['FIRST', 'queued'],
      ['new', 'queued'],
    ]);
    expect(merged.jobs[0]!.owner).toBe(merged);
    await session.commit();
    expect(
      await session
        .find(Job)
        .orderBy('id')
        .then((jobs) => jobs.map((job) => [job.title, job.ownerId])),
    ).toEqual([
      ['FIRST', 1],
      ['third', 2],
      ['new', 1],
    ]);
  });

  test('a detached graph that nobody changed is merged without a write', async () => {
    const { Session, take } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1, { with: ['jobs.steps', 'notes'] });
    await earlier.close();
    take();
    await using session = Session();
    const merged = await session.merge(given, { with: ['jobs'] });
    expect(verbs(take())).toEqual({ select: 4 });
    expect([merged.jobs.length, session.dirty, session.new, session.deleted]).toEqual([2, [], [], []]);
    await session.commit();
    expect(take()).toEqual([]);
    expect(inspect(given).state).toBe('detached');
  });

  test('a level costs one SELECT for each model, whatever the number of objects', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const jobs = Array.from(
      { length: 40 },
      (_, at) => new Job({ id: 100 + at, title: `job ${at}`, owner: new User({ id: 200 + at, name: `user ${at}` }) }),
    );
    const merged = await session.mergeAll(jobs);
    expect(verbs(take())).toEqual({ select: 2 });
    await session.commit();
    expect(verbs(take())).toEqual({ insert: 2 });
    expect(merged.map((job) => job.ownerId)).toEqual(jobs.map((_, at) => 200 + at));
  });

  test('many parents with given collections cost one SELECT for all the collections', async () => {
    const { Session, take } = await openObjects(database);
    const earlier = Session();
    const users = await earlier.find(User).with('jobs.steps').orderBy('id');
    await earlier.close();
    take();
    await using session = Session();
    await session.mergeAll(users);
    expect(verbs(take())).toEqual({ select: 3 });
  });

  test('one new key, named several times, gives one instance, and the last values win', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const merged = await session.mergeAll([
      new Job({ id: 70, title: 'a', owner: new User({ id: 71, name: 'one' }) }),
      new Job({ id: 72, title: 'b', owner: new User({ id: 71, name: 'two' }) }),
      new Job({ id: 70, title: 'c' }),
    ]);
    expect(merged[0]).toBe(merged[2]);
    expect(merged[0]!.title).toBe('c');
    expect(merged[0]!.owner).toBe(merged[1]!.owner);
    expect((await merged[0]!.owner)!.name).toBe('two');
    expect(session.new).toHaveLength(3);
  });

  test('one stored key, named several times, is one instance too', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const merged = await session.mergeAll([new User({ id: 1, name: 'one' }), new User({ id: 1, name: 'two' })]);
    expect(merged[0]).toBe(merged[1]);
    expect(merged[0]!.name).toBe('two');
    expect(verbs(take())).toEqual({ select: 1 });
  });

  test('keyless objects of equal values stay separate', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const merged = await session.mergeAll([new User({ name: 'same' }), new User({ name: 'same' })]);
    expect(merged[0]).not.toBe(merged[1]);
  });

  test('a graph that is full of circles ends, and no collection is doubled', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const given = new User({ id: 80, name: 'circle' });
    const job = new Job({ id: 81, title: 'a', owner: given });
    job.steps = [new Step({ id: 82, name: 's', job })];
    const merged = await session.merge(job);
    const owner = (await merged.owner) as User;
    expect((owner.jobs as Job[]).map(({ id }) => id)).toEqual([81]);
    expect((merged.steps as Step[]).map(({ id }) => id)).toEqual([82]);
    expect(merged.owner).toBe(owner);
    await session.commit();
    expect(await session.find(Job).where('ownerId', '=', 80).count()).toBe(1);
  });

  test('a child given with another parent moves, with both sides of the relationship', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const [ada, grace] = await session.find(User).with('jobs').orderBy('id');
    const merged = await session.merge(new Job({ id: 1, title: 'first', owner: new User({ id: 2, name: 'Grace' }) }));
    expect(merged.owner).toBe(grace);
    expect([ada!.jobs.map(({ id }) => id), grace!.jobs.map(({ id }) => id)]).toEqual([[2], [3, 1]]);
    take();
    await session.flush();
    expect(take()).toEqual(['update "jobs" set "owner_id" = ? where "id" = ?']);
  });

  test('an object of this session is given back as it is, without SQL', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const user = await session.getOne(User, 1);
    const pending = new User({ name: 'pending' });
    session.add(pending);
    take();
    expect([await session.merge(user), await session.merge(pending)]).toEqual([user, pending]);
    expect(take()).toEqual([]);
    const job = await session.merge(new Job({ title: 'x', owner: user }));
    expect(job.owner).toBe(user);
  });

  test('pending work is flushed before anything is read, so that its row is found', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const pending = new User({ id: 60, name: 'pending' });
    session.add(pending);
    const merged = await session.merge(new User({ id: 60, name: 'merged' }));
    expect(merged).toBe(pending);
    expect(verbs(take())).toEqual({ insert: 1 });
  });

  test('what the merge makes is not flushed while it reads on', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    await session.merge(
      new User({ id: 61, name: 'x', jobs: [new Job({ id: 1, title: 'taken' }), new Job({ id: 62, title: 'y' })] }),
    );
    expect(verbs(take())).toEqual({ select: 2 });
    session.add(new User({ id: 63, name: 'z' }));
    await session.find(User).count();
    expect(verbs(take())).toEqual({ update: 1, insert: 2, select: 1 });
  });

  test('a row that is gone gives a new instance with the same key', async () => {
    const { Session, engine } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(Note, 1);
    await earlier.close();
    await engine.execute('delete from notes');
    await using session = Session();
    const merged = await session.merge(given);
    expect([inspect(merged).state, merged.text]).toEqual(['pending', 'hello']);
    await session.commit();
    expect(await session.find(Note).count()).toBe(1);
  });

  test('an object whose deletion is pending is deleted first, and then comes anew', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const note = await session.getOne(Note, 1);
    session.delete(note);
    const merged = await session.merge(new Note({ id: 1, text: 'again' }));
    expect([merged === note, inspect(note).state, inspect(merged).state]).toEqual([false, 'deleted', 'pending']);
    await session.commit();
    expect(await session.find(Note).then((notes) => notes.map(({ text }) => text))).toEqual(['again']);
  });

  test('an edit of an attribute that was not given survives; populateExisting throws it away', async () => {
    const { Session } = await openObjects(database);
    await using session = Session({ autoflush: false });
    const user = await session.getOne(User, 1);
    user.email = 'edited';
    await session.merge(new User({ id: 1, name: 'merged' }));
    expect([user.name, user.email]).toEqual(['merged', 'edited']);
    await session.merge(new User({ id: 1, name: 'again' }), { populateExisting: true });
    expect([user.name, user.email]).toEqual(['again', 'ada@example.org']);
  });

  test('a stale or expired object is read again before anything is copied onto it', async () => {
    const { Session, engine, take } = await openObjects(database);
    await using session = Session();
    const user = await session.getOne(User, 1);
    await session.commit();
    await engine.execute("update users set name = 'changed', email = 'elsewhere'");
    take();
    await session.merge(new User({ id: 1, name: 'Ada' }));
    await session.flush();
    expect(verbs(take())).toEqual({ select: 1, update: 1 });
    expect([user.name, user.email]).toEqual(['Ada', 'elsewhere']);
  });

  test('an object from another open session is copied, and that session keeps it', async () => {
    const { Session } = await openObjects(database);
    await using other = Session();
    const given = await other.getOne(Job, 1, { with: ['owner'] });
    await other.commit();
    await using session = Session();
    const merged = await session.merge(given);
    expect([merged === given, inspect(given).session, inspect(merged).session]).toEqual([false, other, session]);
    expect(merged.owner).not.toBe(given.owner);
  });

  test('the paths of with are checked by name', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    await expect(session.merge(new User({ name: 'x' }), { with: ['jbos' as 'jobs'] })).rejects.toThrow(
      /User has no relationship 'jbos'/,
    );
  });
});

describe.each(DATABASES)('versions, on $name', (database) => {
  class Page extends Model('pages', {
    id: t.integer().primaryKey(),
    text: t.text(),
    length: t.integer().generated('length(text)'),
    version: t.integer().version(),
  }) {}

  async function openPages() {
    const engine = await database.createEngine();
    await engine.createAll([Page]);
    const Session = sessionFactory(engine, { models: { Page } });
    const page = new Page({ id: 1, text: 'one' });
    await Session.begin((session) => session.add(page));
    return { Session, page };
  }

  test('an object of an older version is refused, one of the present version or of none is merged', async () => {
    const { Session, page } = await openPages();
    await Session.begin(async (session) => {
      const merged = await session.merge(page);
      merged.text = 'longer';
    });
    await using session = Session();
    await expect(session.merge(page)).rejects.toThrow(
      /Version id on merged state <Page at 0x[0-9a-f]+> does not match existing version\. Leave the version attribute unset.*SESSION_STALE_ROW/,
    );
    const merged = await session.merge(new Page({ id: 1, text: 'blind' }));
    await session.commit();
    expect({ ...(await session.getOne(Page, 1)) }).toEqual({ id: 1, text: 'blind', length: 5, version: 3 });
    expect(merged.version).toBe(3);
  });

  test('what the database computes is not copied', async () => {
    const { Session, page } = await openPages();
    await using session = Session();
    page.text = 'edited';
    const merged = await session.merge(page);
    await session.commit();
    expect([merged.text, merged.length]).toEqual(['edited', 6]);
  });
});
