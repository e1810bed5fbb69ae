import { deepStrictEqual } from 'node:assert';
import { inspect as print } from 'node:util';

import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import type { Lazy } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Everything, Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

/** `<User at 0x00000a1>` → `<User at 0x…>`. */
function textOf(read: () => unknown): string {
  try {
    return `no error: ${String(read())}`;
  } catch (error) {
    return (error as Error).message.replace(/0x[0-9a-f]+/g, '0x…');
  }
}

describe.for(DATABASES)('an object that outlives its session on $name', (database) => {
  test('reads its loaded values, and says what it needs for the others', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] })));
    const session = Session();
    const job = await session.find(Job).one();
    await session.close();
    expect([job.title, job.ownerId, inspect(job).state]).toEqual(['a', 1, 'detached']);
    expect(textOf(() => job.owner)).toBe(
      "Parent instance <Job at 0x…> is not bound to a Session; lazy load operation of attribute 'owner' cannot proceed. Load it while the session is open with .with('owner'), or add the object to a session first. [STATE_DETACHED]",
    );
  });

  test('reads what was loaded along', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] })));
    const session = Session();
    const user = await session.find(User).with('jobs.owner').one();
    await session.close();
    expect(user.jobs.map((job) => [job.title, job.owner.name])).toEqual([['a', 'Ada']]);
  });

  test('with expireOnCommit has forgotten everything but its key', async () => {
    const { Session } = await open(database, { expireOnCommit: true });
    const session = Session();
    const user = new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] });
    session.add(user);
    await session.commit();
    expect(Object.keys(user)).toEqual(['id']);
    expect(textOf(() => user.name)).toBe(
      "Attribute 'name' of <User at 0x…> is expired. Call await session.refresh(object) first, or read it before it expires; a property never reads from the database by itself. [STATE_EXPIRED_ATTRIBUTE]",
    );
    expect((await user.jobs).length).toBe(1);
    await session.refresh(user);
    expect(user.name).toBe('Ada');
    await session.commit();
    await session.close();
    expect(textOf(() => user.name)).toBe(
      "Instance <User at 0x…> is not bound to a Session; attribute refresh operation cannot proceed (attribute 'name'). Read it before the session ends, or add the object to a session and refresh() it there. [STATE_DETACHED]",
    );
    expect(textOf(() => user.jobs)).toContain("lazy load operation of attribute 'jobs' cannot proceed");
    user.name = 'set';
    expect([user.name, Object.keys(user)]).toEqual(['set', ['id', 'name']]);
  });

  test('after expungeAll() keeps everything loaded usable in every mode', async () => {
    for (const options of [{}, { expireOnCommit: true }, { autocommit: true }]) {
      const { Session } = await open(database, options);
      const session = Session();
      session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] }));
      await session.commit();
      const user = await session.find(User).with('jobs').one();
      session.expungeAll();
      await session.commit();
      await session.close();
      expect([user.name, user.jobs.map(({ title }) => title)]).toEqual(['Ada', ['a']]);
      await expect(session.refresh(user)).rejects.toMatchObject({ code: 'SESSION_NOT_PERSISTENT' });
    }
  });

  test('fails a lazy load that is awaited too late', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    const session = Session();
    const user = await session.find(User).one();
    const lazy = user.jobs as Lazy<Job[]>;
    await session.close();
    await expect(lazy.then((jobs) => jobs)).rejects.toMatchObject({ code: 'STATE_DETACHED' });
  });

  test('refuses a relationship that nobody loaded where a program forgets to await it', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] })));
    await using session = Session();
    const job = await session.find(Job).one();
    const user = await session.getOne(User, 1);
    session.expire(job, ['owner']);
    expect(textOf(() => (job.owner as User).name)).toBe(
      "Job.owner is not loaded, so 'name' cannot be read from it. Write (await object.owner).name, or load it with the objects: .with('owner'). [STATE_NOT_LOADED]",
    );
    expect(textOf(() => (user.jobs as Job[]).length)).toContain("User.jobs is not loaded, so 'length' cannot be read");
    expect(textOf(() => (user.jobs = []))).toContain(
      'The collection User.jobs is not loaded, so it cannot be replaced.',
    );
  });
});

describe.for(DATABASES)('an object from $name', (database) => {
  test('is plain to the eye', async () => {
    const { Session } = await open(database);
    await Session.begin((session) =>
      session.add(new User({ name: 'Ada', email: 'a', jobs: [new Job({ title: 'a', payload: { rows: 1 } })] })),
    );
    await using session = Session();
    const user = await session.find(User).with('jobs').one();
    const [job] = user.jobs as [Job];
    const plain = { id: 1, name: 'Ada', email: 'a' };
    expect([{ ...user }, structuredClone(user), Object.keys(user)]).toEqual([plain, plain, ['id', 'name', 'email']]);
    expect(print(user)).toBe("User { id: 1, name: 'Ada', email: 'a' }");
    deepStrictEqual({ ...user }, plain);
    const columns = { id: 1, title: 'a', status: 'queued', payload: { rows: 1 }, dueAt: null, ownerId: 1 };
    expect(JSON.parse(JSON.stringify(user))).toEqual({ ...plain, jobs: [columns] });
    expect(JSON.parse(JSON.stringify([job]))).toEqual([columns]);
    expect(job instanceof Job).toBe(true);
  });

  test('brings back every type of value', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    const values = {
      integer: -7,
      bigint: 2n ** 60n,
      text: 'naïve 🜍',
      varchar: 'short',
      boolean: true,
      real: 0.5,
      double: Math.PI,
      numeric: '1234567890.12',
      timestamp: new Date('2026-01-02T03:04:05.678Z'),
      date: '2026-02-28',
      uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
      json: { list: [1, 2], nested: { deep: 'x' } },
      bytes: new Uint8Array([0, 255, 7]),
      colour: 'green' as const,
    };
    const id = await Session.begin(async (session) => {
      const written = new Everything(values);
      session.add(written);
      await session.flush();
      expect(session.dirty).toEqual([]);
      return written.id;
    });
    await using session = Session();
    const read = await session.getOne(Everything, id);
    expect([{ ...read }, session.dirty]).toEqual([{ id, ...values }, []]);
  });
});
