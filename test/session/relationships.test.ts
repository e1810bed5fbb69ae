import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, Node, Order, Item, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

const job = (title: string, owner?: User): Job => new Job(owner === undefined ? { title } : { title, owner });
const titles = (user: User): string[] => (user.jobs as Job[]).map((each) => each.title);

describe('both sides of a relationship', () => {
  test('agree after push, splice, index write, length and sort', () => {
    const [a, b, c] = [job('a'), job('b'), job('c')];
    const user = new User({ name: 'Ada', jobs: [b] });
    const jobs = user.jobs as Job[];
    expect(b.owner).toBe(user);
    jobs.push(a, c);
    expect([a.owner, b.owner, c.owner]).toEqual([user, user, user]);
    jobs.sort((left, right) => left.title.localeCompare(right.title));
    expect([titles(user), a.owner, b.owner, c.owner]).toEqual([['a', 'b', 'c'], user, user, user]);
    expect(jobs.splice(1, 1)).toEqual([b]);
    expect([titles(user), b.owner]).toEqual([['a', 'c'], null]);
    jobs[0] = b;
    expect([titles(user), a.owner, b.owner]).toEqual([['b', 'c'], null, user]);
    jobs.length = 0;
    expect([titles(user), b.owner, c.owner]).toEqual([[], null, null]);
  });

  test('agree when the collection is assigned', () => {
    const [a, b, c] = [job('a'), job('b'), job('c')];
    const user = new User({ name: 'Ada', jobs: [a, b] });
    const old = user.jobs as Job[];
    user.jobs = [b, c];
    expect([titles(user), a.owner, b.owner, c.owner]).toEqual([['b', 'c'], null, user, user]);
    old.push(a);
    expect([titles(user), a.owner]).toEqual([['b', 'c'], null]);
  });

  test('agree when the child is assigned, moved or set free', () => {
    const ada = new User({ name: 'Ada' });
    const bob = new User({ name: 'Bob' });
    const one = job('one', ada);
    expect(titles(ada)).toEqual(['one']);
    one.owner = bob;
    expect([titles(ada), titles(bob)]).toEqual([[], ['one']]);
    (ada.jobs as Job[]).push(one);
    expect([titles(ada), titles(bob), one.owner]).toEqual([['one'], [], ada]);
    (one as { owner: unknown }).owner = null;
    expect([titles(ada), titles(bob), one.owner]).toEqual([[], [], null]);
  });

  test('hold each object once', () => {
    const one = job('one');
    const user = new User({ name: 'Ada', jobs: [one, one] });
    expect(titles(user)).toEqual(['one']);
    (user.jobs as Job[]).push(one, one);
    expect(titles(user)).toEqual(['one']);
    user.jobs = [one, one];
    expect(titles(user)).toEqual(['one']);
    one.owner = user;
    expect(titles(user)).toEqual(['one']);
  });

  test('leave no holes', () => {
    const [a, b] = [job('a'), job('b')];
    const user = new User({ name: 'Ada', jobs: [a, b] });
    const jobs = user.jobs as Job[];
    Reflect.deleteProperty(jobs, 0);
    expect([titles(user), a.owner, b.owner]).toEqual([['b'], null, user]);
    jobs.length = 9;
    expect([titles(user), jobs.length]).toEqual([['b'], 1]);
  });

  test('refuse what is no object of the target', () => {
    const user = new User({ name: 'Ada' });
    const jobs = user.jobs as unknown[];
    const refusal = { code: 'STATE_WRONG_TARGET' };
    expect(() => jobs.push(null)).toThrow(expect.objectContaining(refusal));
    expect(() => jobs.push(user)).toThrow('User.jobs takes objects of Job, not an object of User.');
    expect(() => (jobs[0] = {})).toThrow('User.jobs takes objects of Job, not a plain object.');
    expect(() => (user.jobs = [1] as unknown as Job[])).toThrow('User.jobs takes objects of Job, not a number.');
    expect(() => new Job({ title: 'x', owner: 'Ada' as unknown as User })).toThrow(
      'Job.owner takes objects of User, not a string.',
    );
    expect(titles(user)).toEqual([]);
  });

  test('take ten thousand members one by one, from either side, in linear time', () => {
    const user = new User({ name: 'Ada' });
    for (let i = 0; i < 10_000; i++) (user.jobs as Job[]).push(job('pushed'));
    for (let i = 0; i < 10_000; i++) job('assigned', user);
    expect((user.jobs as Job[]).length).toBe(20_000);
  });
});

describe.for(DATABASES)('relationships on $name', (database) => {
  test('bring linked objects into the session', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    const first = job('first');
    (ada.jobs as Job[]).push(first);
    expect(session.new).toEqual([ada, first]);
    const bob = new User({ name: 'Bob' });
    first.owner = bob;
    expect(session.has(bob)).toBe(true);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title, owner_id')).toEqual([['first', bob.id]]);
  });

  test('do not bring a child into the session by the child alone', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    const linked = job('linked', ada);
    expect([session.has(linked), titles(ada)]).toEqual([false, ['linked']]);
    session.add(linked);
    expect(session.has(linked)).toBe(true);
  });

  test('bring a child into the session when it is put in after it came by its own side', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    const linked = job('linked', ada);
    (ada.jobs as Job[]).push(linked);
    expect([session.new, titles(ada)]).toEqual([[ada, linked], ['linked']]);
  });

  test('move a child with one update', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    const [ada, bob] = [new User({ name: 'Ada' }), new User({ name: 'Bob' })];
    const moved = job('moved', ada);
    session.addAll([ada, bob, moved]);
    await session.commit();
    took();
    await session.refresh(ada, ['jobs']);
    await session.refresh(bob, ['jobs']);
    (bob.jobs as Job[]).push(moved);
    expect([titles(ada), titles(bob), moved.owner]).toEqual([[], ['moved'], bob]);
    took();
    await session.flush();
    expect(took()).toEqual([...(database.name === 'sqlite' ? ['begin'] : []), 'update jobs owner_id']);
    expect([session.dirty, inspect(ada).modified, inspect(bob).modified]).toEqual([[], false, false]);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'owner_id')).toEqual([[bob.id]]);
  });

  test('leave nothing dirty once flushed', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    await session.flush();
    const one = job('one');
    (ada.jobs as Job[]).push(one);
    expect(session.dirty).toEqual([ada]);
    await session.flush();
    expect(session.dirty).toEqual([]);
    (ada.jobs as Job[]).length = 0;
    expect(session.dirty).toEqual([ada, one]);
    await session.flush();
    expect([session.dirty, titles(ada)]).toEqual([[], []]);
    expect(took()).toEqual(['begin', 'insert users', 'insert jobs', 'delete jobs']);
  });

  test('delete an orphan, and drop one that was never written', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    const [kept, cut] = [job('kept'), job('cut')];
    const ada = new User({ name: 'Ada', jobs: [kept, cut] });
    session.add(ada);
    await session.commit();
    took();
    const pending = job('pending');
    ada.jobs = [...(await ada.jobs), pending];
    ada.jobs = [kept];
    await session.commit();
    expect([inspect(pending).state, inspect(cut).state, titles(ada)]).toEqual(['transient', 'detached', ['kept']]);
    expect(await rowsOf(engine, 'jobs', 'title')).toEqual([['kept']]);
  });

  test('insert a child of a delete-orphan parent that never had one, if the schema allows it', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const lonely = new Job({ title: 'lonely', owner: null as unknown as User });
    session.add(lonely);
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_NOT_NULL_VIOLATION' });
  });

  test('cut the foreign keys of children that may stay', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada', addresses: [new Address({ street: 'a' }), new Address({ street: 'b' })] });
    const [a] = ada.addresses as Address[];
    session.add(ada);
    await session.commit();
    session.delete(ada);
    took();
    await session.commit();
    expect(took()).toEqual([
      ...(database.name === 'sqlite' ? [] : ['begin']),
      'select jobs by owner_id',
      'select addresses by user_id',
      ...(database.name === 'sqlite' ? ['begin'] : []),
      'update addresses user_id',
      'delete users',
      'commit',
    ]);
    expect([a?.userId, a?.user]).toEqual([null, null]);
    expect(await rowsOf(engine, 'addresses', 'street, user_id')).toEqual([
      ['a', null],
      ['b', null],
    ]);
  });

  test('cut the loaded side of an unloaded collection on rollback as it was', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada', addresses: [new Address({ street: 'a' })] });
    const [a] = ada.addresses as [Address];
    session.add(ada);
    await session.commit();
    session.delete(ada);
    await session.flush();
    expect([a.user, a.userId]).toEqual([null, null]);
    await session.rollback();
    expect([a.user, a.userId, inspect(ada).state, session.dirty]).toEqual([ada, ada.id, 'persistent', []]);
  });

  test('delete unloaded children with the parent, one statement for each level', async () => {
    const { Session, took, engine } = await open(database, { tables: [Node] });
    await Session.begin((session) => {
      const leaf = (name: string): Node => new Node({ name });
      const branch = (name: string): Node => new Node({ name, children: [leaf(`${name}1`), leaf(`${name}2`)] });
      session.add(new Node({ name: 'root', children: [branch('a'), branch('b')] }));
    });
    took();
    await using session = Session();
    session.delete(await session.getOne(Node, 1));
    await session.commit();
    expect(took().filter((text) => text !== 'begin')).toEqual([
      'select nodes by id',
      'select nodes by parent_id',
      'select nodes by parent_id',
      'select nodes by parent_id',
      'delete nodes',
      'delete nodes',
      'delete nodes',
      'commit',
    ]);
    expect(await rowsOf(engine, 'nodes', 'name')).toEqual([]);
  });

  test('keep a child that moved away from a parent that is deleted', async () => {
    const { Session, engine } = await open(database);
    await Session.begin((session) => {
      session.add(new User({ name: 'Ada', jobs: [job('moved')] }));
      session.add(new User({ name: 'Bob' }));
    });
    await using session = Session();
    const [ada, bob] = (await session.find(User).orderBy('id')) as [User, User];
    const moved = await session.find(Job).one();
    moved.owner = bob;
    session.delete(ada);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title, owner_id')).toEqual([['moved', bob.id]]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['Bob']]);
  });

  test('drop pending children of a parent that is deleted', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    await session.commit();
    await session.refresh(ada, ['jobs']);
    const pending = job('pending');
    (ada.jobs as Job[]).push(pending);
    session.delete(ada);
    await session.commit();
    expect([inspect(pending).state, inspect(ada).state]).toEqual(['transient', 'detached']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
  });

  test('take a deleted child out of its loaded collection, and put it back on rollback', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [a, b] = [job('a'), job('b')];
    const ada = new User({ name: 'Ada', jobs: [a, b] });
    session.add(ada);
    await session.commit();
    session.delete(a);
    await session.flush();
    expect([titles(ada), session.dirty]).toEqual([['b'], []]);
    await session.rollback();
    expect([titles(ada).sort(), a.owner, session.dirty]).toEqual([['a', 'b'], ada, []]);
  });

  test('follow a foreign key that the program changed by hand', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [ada, bob] = [new User({ name: 'Ada' }), new User({ name: 'Bob' })];
    const moved = job('moved', ada);
    session.addAll([ada, bob, moved]);
    await session.flush();
    moved.ownerId = bob.id;
    expect(moved.owner).toBe(ada);
    await session.flush();
    expect([titles(ada), await bob.jobs, await moved.owner, session.dirty]).toEqual([[], [moved], bob, []]);
    await session.rollback();
  });

  test('know a child that names its parent by key alone', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada', jobs: [] });
    session.add(ada);
    await session.flush();
    const byKey = new Job({ title: 'by key', ownerId: ada.id });
    session.add(byKey);
    await session.flush();
    expect([titles(ada), await byKey.owner]).toEqual([['by key'], ada]);
  });

  test('link rows by keys of several columns', async () => {
    const { Session, engine } = await open(database, { tables: [Order, Item] });
    await using session = Session();
    const order = new Order({ region: 'eu', number: 7, items: [new Item({ product: 'ink' })] });
    session.add(order);
    await session.commit();
    expect(await rowsOf(engine, 'items', 'region, order_number, product')).toEqual([['eu', 7, 'ink']]);
    const [item] = await order.items;
    item!.order = new Order({ region: 'us', number: 1 });
    await session.commit();
    expect(await rowsOf(engine, 'items', 'region, order_number, product')).toEqual([['us', 1, 'ink']]);
  });

  test('take a deleted pending object out of its parent', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const gone = job('gone');
    const ada = new User({ name: 'Ada', jobs: [gone] });
    session.add(ada);
    session.delete(gone);
    expect([titles(ada), inspect(gone).state]).toEqual([[], 'transient']);
    await session.flush();
    expect(titles(ada)).toEqual([]);
  });
});
