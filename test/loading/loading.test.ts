import { describe, expect, test } from 'vitest';

import type { Lazy } from '../../src/index.ts';
import { inspect } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Item, Job, Node, Order, User } from '../support/models.ts';
import type { Opened, OpenOptions } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

/** Users `a`, `b`, `c` with two, one and no jobs; two addresses, one of nobody. */
async function openSeeded(database: TestDatabase, options?: OpenOptions): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin((session) => {
    const job = (title: string): Job => new Job({ title });
    session.add(new User({ name: 'a', jobs: [job('a1'), job('a2')], addresses: [new Address({ street: 's' })] }));
    session.add(new User({ name: 'b', jobs: [job('b1')] }));
    session.add(new User({ name: 'c' }));
    session.add(new Address({ street: 'nobody' }));
  });
  opened.took();
  return opened;
}

const withoutBegin = (texts: string[]): string[] => texts.filter((text) => text !== 'begin');

describe.for(DATABASES)('with() on $name', (database) => {
  test('loads each relationship with one statement for all objects', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const users = await session.find(User).with('jobs', 'addresses').orderBy('id');
    expect(withoutBegin(took())).toEqual(['select users', 'select jobs by owner_id', 'select addresses by user_id']);
    expect(users.map(({ name, jobs, addresses }) => [name, jobs.map(({ title }) => title), addresses.length])).toEqual([
      ['a', ['a1', 'a2'], 1],
      ['b', ['b1'], 0],
      ['c', [], 0],
    ]);
    expect([users[0]!.jobs[0]!.owner === users[0], took()]).toEqual([true, []]);
  });

  test('goes on along dotted paths, without asking for what is known', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const jobs = await session.find(Job).with('owner.addresses', 'owner.jobs').orderBy('id');
    expect(withoutBegin(took())).toEqual([
      'select jobs',
      'select users by id',
      'select addresses by user_id',
      'select jobs by owner_id',
    ]);
    expect(jobs.map(({ title, owner }) => [title, owner.name, owner.addresses.length, owner.jobs.length])).toEqual([
      ['a1', 'a', 1, 2],
      ['a2', 'a', 1, 2],
      ['b1', 'b', 0, 1],
    ]);
  });

  test('takes an object of functions for the relationships', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const jobs = await session
      .find(Job)
      .with({ owner: (user) => user.with('addresses') })
      .orderBy('id');
    expect(jobs.map(({ owner }) => owner.addresses.length)).toEqual([1, 1, 0]);
    expect(withoutBegin(took())).toEqual(['select jobs', 'select users by id', 'select addresses by user_id']);
  });

  test('says what a wrong relationship, function or strategy should be', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const jobs = session.find(Job);
    const wrong = (load: unknown) => (): unknown => jobs.with(load as 'owner');
    expect(wrong({ ownr: (user: unknown) => user })).toThrow("Job has no relationship 'ownr'");
    expect(wrong({ owner: () => undefined })).toThrow("the function of 'owner' gives no query back");
    expect(wrong({ owner: true })).toThrow('needs paths, or an object of functions');
    expect(() => jobs.strategy('eager' as 'json')).toThrow("there is no strategy 'eager'");
  });

  test('gives null where the foreign key is null, without asking', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const found = await session.find(Address).where({ street: 'nobody' }).with('user').one();
    expect([found.user, withoutBegin(took())]).toEqual([null, ['select addresses by street']]);
  });

  test('runs nothing for no objects', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    expect(await session.find(User).where({ name: 'nobody' }).with('jobs')).toEqual([]);
    expect(withoutBegin(took())).toEqual(['select users by name']);
  });

  test('asks for five hundred keys at a time', async () => {
    const { Session, took } = await open(database);
    await Session.begin((session) => {
      for (let at = 0; at < 1_201; at++)
        session.add(new User({ name: `u${at}`, jobs: [new Job({ title: `j${at}` })] }));
    });
    await using session = Session();
    took();
    const users = await session.find(User).with('jobs');
    expect(withoutBegin(took())).toEqual([
      'select users',
      'select jobs by owner_id',
      'select jobs by owner_id',
      'select jobs by owner_id',
    ]);
    expect(users.every(({ name, jobs }) => jobs.length === 1 && jobs[0]!.title === name.replace('u', 'j'))).toBe(true);
  });

  test('follows keys of several columns', async () => {
    const { Session, took } = await open(database, { tables: [Order, Item] });
    await Session.begin((session) => {
      for (const region of ['eu', 'us'])
        for (const number of [1, 2])
          session.add(new Order({ region, number, items: [new Item({ product: `${region}${number}` })] }));
    });
    took();
    await using session = Session();
    const orders = await session.find(Order).with('items.order').orderBy('region').orderBy('number');
    expect(orders.map(({ items }) => items.map(({ product, order }) => [product, order.region]))).toEqual([
      [['eu1', 'eu']],
      [['eu2', 'eu']],
      [['us1', 'us']],
      [['us2', 'us']],
    ]);
    expect(withoutBegin(took())).toEqual(['select orders', 'select items by region,order_number']);
  });

  test('climbs a tree', async () => {
    const { Session } = await open(database, { tables: [Node] });
    await Session.begin((session) => {
      session.add(new Node({ name: 'root', children: [new Node({ name: 'a', children: [new Node({ name: 'b' })] })] }));
    });
    await using session = Session();
    const leaf = await session.find(Node).where({ name: 'b' }).with('parent.parent').one();
    expect(leaf.parent?.parent?.name).toBe('root');
    const root = await session.find(Node).where({ parentId: null }).with('children.children').one();
    expect(root.children[0]?.children[0]).toBe(leaf);
  });

  test('leaves alone what the program has changed', async () => {
    const { Session } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const [a, b] = (await session.find(User).with('jobs').orderBy('id')) as [User, User];
    const [moved] = a.jobs as Job[];
    (b.jobs as Job[]).push(moved!);
    await session.find(User).with('jobs');
    await session.find(Job).with('owner');
    const titles = (user: User): string[] => (user.jobs as Job[]).map(({ title }) => title);
    expect([titles(a), titles(b), moved!.owner]).toEqual([['a2'], ['b1', 'a1'], b]);
  });

  test('shows links that are not written yet in what it loads', async () => {
    const { Session } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const [a, b] = (await session.find(User).orderBy('id')) as [User, User];
    const moved = await session.find(Job).where({ title: 'a1' }).one();
    moved.owner = b;
    const fresh = new Job({ title: 'fresh', owner: b });
    session.add(fresh);
    const titles = async (user: User): Promise<string[]> => (await user.jobs).map(({ title }) => title);
    expect([await titles(a), await titles(b)]).toEqual([['a2'], ['b1', 'a1', 'fresh']]);
    await session.flush();
    expect([session.dirty, await titles(a), await titles(b)]).toEqual([[], ['a2'], ['b1', 'a1', 'fresh']]);
  });

  test('reads a relationship again in a later transaction, and only then', async () => {
    const { Session, engine, took } = await openSeeded(database);
    await using session = Session();
    const a = await session.find(User).where({ name: 'a' }).with('jobs').one();
    await session.find(User).with('jobs');
    took();
    await session.find(User).where({ name: 'a' }).with('jobs');
    expect(took()).toEqual(['select users by name']);
    await session.commit();
    await engine.execute("delete from jobs where title = 'a1'");
    expect(a.jobs.length).toBe(2);
    await session.find(User).with('jobs');
    expect(a.jobs.map(({ title }) => title)).toEqual(['a2']);
  });

  test('follows a foreign key that somebody else has changed', async () => {
    const { Session, engine } = await openSeeded(database);
    await using session = Session();
    const job = await session.find(Job).where({ title: 'a1' }).with('owner').one();
    await session.commit();
    await engine.execute("update jobs set owner_id = 2 where title = 'a1'");
    await session.get(Job, job.id);
    expect((await job.owner).name).toBe('b');
  });
});

describe.for(DATABASES)('a lazy relationship on $name', (database) => {
  test('loads for every sibling at once: two statements for any number', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const names: string[] = [];
    for (const job of await session.find(Job).orderBy('id')) names.push((await job.owner).name);
    expect([names, withoutBegin(took())]).toEqual([
      ['a', 'a', 'b'],
      ['select jobs', 'select users by id'],
    ]);
    const titles: string[][] = [];
    for (const user of await session.find(User).orderBy('id')) titles.push((await user.jobs).map(({ title }) => title));
    expect([titles, took()]).toEqual([
      [['a1', 'a2'], ['b1'], []],
      ['select users', 'select jobs by owner_id'],
    ]);
  });

  test('shares a statement with those awaited in the same tick', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const users = await Promise.all([1, 2, 3].map((id) => session.getOne(User, id)));
    took();
    const jobs = await Promise.all(users.map((user) => user.jobs));
    expect([jobs.map((list) => list.length), took()]).toEqual([[2, 1, 0], ['select jobs by owner_id']]);
  });

  test('is the object itself once it is loaded', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const job = await session.find(Job).where({ title: 'a1' }).one();
    const lazy = job.owner as Lazy<User>;
    expect(typeof lazy.then).toBe('function');
    const owner = await lazy;
    expect([job.owner === owner, (await job.owner) === owner, owner instanceof User]).toEqual([true, true, true]);
  });

  test('asks nothing for a parent that this transaction has read', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const users = await session.find(User).orderBy('id');
    const job = await session.find(Job).where({ title: 'b1' }).one();
    took();
    expect([await job.owner, took()]).toEqual([users[1], []]);
  });

  test('flushes first', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 3);
    session.add(new Job({ title: 'c1', ownerId: 3 }));
    expect((await user.jobs).map(({ title }) => title)).toEqual(['c1']);
  });

  test('works on a pending object that names its parent by key', async () => {
    const { Session } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const job = new Job({ title: 'new', ownerId: 2 });
    session.add(job);
    expect([(await job.owner).name, inspect(job).state]).toEqual(['b', 'pending']);
  });

  test('of a new object is known to be empty, until somebody else could have filled it', async () => {
    const { Session, engine, took } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.commit();
    await engine.execute(`insert into addresses (street, user_id) values ('s', ${user.id})`);
    took();
    expect((await user.addresses).length).toBe(1);
    expect(withoutBegin(took())).toEqual(['select addresses by user_id']);
  });

  test('of a new object is asked for after the program wrote rows by itself', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    await session.sql.insertInto('addresses').values({ street: 's', userId: user.id }).execute();
    expect((await user.addresses).length).toBe(1);
  });

  test('rejects with the error of its statement, and can be awaited again', async () => {
    const { Session, engine } = await openSeeded(database, { autocommit: true });
    await using session = Session();
    const user = await session.getOne(User, 1);
    const address = user.addresses;
    await engine.execute('alter table addresses rename to elsewhere');
    await expect(Promise.resolve(address)).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    await engine.execute('alter table elsewhere rename to addresses');
    expect((await user.addresses).length).toBe(1);
  });
});

describe.for(DATABASES)('refresh and expire on $name', (database) => {
  test('read a row again and throw edits away', async () => {
    const { Session, engine, took } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const user = await session.getOne(User, 1);
    await session.commit();
    await engine.execute("update users set name = 'changed', email = 'new' where id = 1");
    user.name = 'edited';
    took();
    await session.refresh(user);
    expect([user.name, user.email, session.dirty, withoutBegin(took())]).toEqual([
      'changed',
      'new',
      [],
      ['select users by id'],
    ]);
  });

  test('of some attributes leave the others and their edits alone', async () => {
    const { Session } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const user = await session.getOne(User, 1);
    user.name = 'edited';
    user.email = 'edited';
    await session.refresh(user, ['email']);
    expect([user.name, user.email, session.isModified(user)]).toEqual(['edited', null, true]);
    session.expire(user, ['email']);
    expect([Object.hasOwn(user, 'email'), user.name]).toEqual([false, 'edited']);
    user.email = 'set without reading';
    await session.refresh(user, ['name']);
    expect([user.name, user.email]).toEqual(['a', 'set without reading']);
    await session.commit();
    expect((await session.getOne(User, 1)).email).toBe('set without reading');
  });

  test('of a relationship load it', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 1);
    took();
    await session.refresh(user, ['jobs', 'addresses']);
    expect([(user.jobs as Job[]).length, (user.addresses as Address[]).length, took()]).toEqual([
      2,
      1,
      ['select jobs by owner_id', 'select addresses by user_id'],
    ]);
  });

  test('flush first', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 1);
    user.name = 'edited';
    took();
    await session.refresh(user);
    expect([user.name, took().filter((text) => text !== 'begin')]).toEqual([
      'edited',
      ['update users name', 'select users by id'],
    ]);
  });

  test('say when the row is gone, and leave the values readable', async () => {
    const { Session, engine } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 3);
    await session.commit();
    await engine.execute('delete from users where id = 3');
    await expect(session.refresh(user)).rejects.toMatchObject({ code: 'SESSION_OBJECT_DELETED' });
    expect(user.name).toBe('c');
  });

  test('refuse an object that is not persistent here, and unknown attributes', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    await using other = Session();
    const pending = new User({ name: 'p' });
    session.add(pending);
    const refusal = { code: 'SESSION_NOT_PERSISTENT' };
    await expect(session.refresh(pending)).rejects.toMatchObject(refusal);
    expect(() => session.expire(pending)).toThrow(expect.objectContaining(refusal));
    const theirs = await other.getOne(User, 1);
    await expect(session.refresh(theirs)).rejects.toMatchObject(refusal);
    await expect(other.refresh(theirs, ['nmae' as 'name'])).rejects.toMatchObject({ code: 'STATE_UNKNOWN_ATTRIBUTE' });
  });

  test('of everything make every object ask anew, along the cascade', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const user = await session.find(User).where({ name: 'a' }).with('jobs').one();
    const [job] = user.jobs;
    session.expire(user);
    expect([Object.keys(user), Object.keys(job!)]).toEqual([['id'], ['id']]);
    took();
    await session.find(User).with('jobs');
    expect([user.name, job!.title, took()]).toEqual(['a', 'a1', ['select users', 'select jobs by owner_id']]);
    session.expireAll();
    expect([Object.keys(user), Object.keys(job!)]).toEqual([['id'], ['id']]);
    await session.get(User, user.id);
    expect([user.name, user.email]).toEqual(['a', null]);
  });
});
