import { describe, expect, test } from 'vitest';

import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Item, Job, Node, Order, User } from '../support/models.ts';
import type { Opened, OpenOptions } from '../support/open-session.ts';
import { open, rowsOf } from '../support/open-session.ts';

/** Users `a` with jobs a1 to a4 (a2, a4 done), `b` with b1 (done), `c` without. */
async function openSeeded(database: TestDatabase, options?: OpenOptions): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin((session) => {
    const jobs = (name: string, count: number): Job[] =>
      Array.from({ length: count }, (_, at) => {
        const isDone = name === 'b' || at % 2 === 1;
        return new Job({ title: `${name}${at + 1}`, status: isDone ? 'done' : 'queued' });
      });
    session.add(new User({ name: 'a', jobs: jobs('a', 4), addresses: [new Address({ street: 's' })] }));
    session.add(new User({ name: 'b', jobs: jobs('b', 1) }));
    session.add(new User({ name: 'c' }));
  });
  opened.took();
  return opened;
}

const withoutBegin = (texts: string[]): string[] => texts.filter((text) => text !== 'begin');
const titles = ({ jobs }: { jobs: unknown }): string[] => (jobs as { title: string }[]).map(({ title }) => title);

describe.for(DATABASES)('parts of relationships on $name', (database) => {
  test('are chosen by conditions and ordered, in the statement of the relationship', async () => {
    const { Session, took, statements } = await openSeeded(database);
    await using session = Session();
    const users = await session
      .find(User)
      .with({ jobs: (job) => job.where('status', '=', 'done').orderBy('title', 'desc').with('owner') })
      .orderBy('id');
    expect(users.map(titles)).toEqual([['a4', 'a2'], ['b1'], []]);
    expect(statements.texts.at(-1)).toContain('order by "title" desc, "id" asc');
    expect(withoutBegin(took())).toEqual(['select users', 'select jobs by owner_id,status']);
  });

  test('hold as many members for each object as the limit says', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const first = await session
      .find(User)
      .with({ jobs: (job) => job.orderBy('title', 'desc').limit(2) })
      .orderBy('id');
    expect(first.map(titles)).toEqual([['a4', 'a3'], ['b1'], []]);
    const next = await session
      .find(User)
      .with({ jobs: (job) => job.orderBy('title', 'desc').limit(2).offset(1) })
      .orderBy('id');
    expect(next.map(titles)).toEqual([['a3', 'a2'], [], []]);
    await session.find(User).with({ jobs: (job) => job.offset(3) });
    expect([...next.map(titles), withoutBegin(took()).length]).toEqual([['a4'], [], [], 6]);
  });

  test('take conditions and orders that only the database understands', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const users = await session
      .find(User)
      .with({
        jobs: (job) =>
          job
            .where((eb) => eb('it.title', 'like', 'a%'))
            .orderBy((eb) => eb.fn('length', ['title']))
            .orderBy('title', 'desc')
            .limit(3),
      })
      .orderBy('id');
    expect([users.map(titles), took().length]).toEqual([
      [['a4', 'a3', 'a2'], [], []],
      database.name === 'postgres' ? 3 : 2,
    ]);
  });

  test('follow keys of several columns', async () => {
    const { Session } = await open(database, { tables: [Order, Item] });
    await Session.begin((session) => {
      for (const region of ['eu', 'us'])
        for (const number of [1, 2]) {
          const items = ['x', 'y', 'z'].map((product) => new Item({ product: `${product}${region}${number}` }));
          session.add(new Order({ region, number, items }));
        }
    });
    await using session = Session();
    const orders = await session
      .find(Order)
      .with({ items: (item) => item.where('product', '!=', 'zus1').orderBy('product', 'desc').limit(1) })
      .orderBy('region')
      .orderBy('number');
    expect(orders.map(({ items }) => items.map(({ product }) => product))).toEqual([
      ['zeu1'],
      ['zeu2'],
      ['yus1'],
      ['zus2'],
    ]);
  });

  test('are read with the columns that were asked for', async () => {
    const { Session, took, statements } = await openSeeded(database);
    await using session = Session();
    const [a] = await session
      .find(User)
      .with({ jobs: (job) => job.columns('title') })
      .orderBy('id');
    expect(statements.texts.at(-1)).toMatch(/^select "id", "title", "owner_id" from "jobs"/);
    expect([titles(a!), withoutBegin(took())]).toEqual([
      ['a1', 'a2', 'a3', 'a4'],
      ['select users', 'select jobs by owner_id'],
    ]);
  });

  test('of one object are null when it does not meet the conditions', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const ask = (): PromiseLike<Job[]> =>
      session
        .find(Job)
        .with({ owner: (user) => user.where('name', '=', 'b') })
        .orderBy('id');
    const jobs = await ask();
    expect(jobs.map(({ owner }) => (owner as User | null)?.name)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'b',
    ]);
    took();
    await session.commit();
    expect(took().filter((text) => text.startsWith('update'))).toEqual([]);
    await session.find(Job).with('owner');
    expect((jobs[0]!.owner as User).name).toBe('a');
  });

  test('are read once in a transaction, others and the whole again', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const users = session.find(User).orderBy('id');
    const done = users.with({ jobs: (job) => job.where('status', '=', 'done') });
    const [a] = await done;
    took();
    await done;
    await users.with({ jobs: (job) => job.where('status', '=', 'done') });
    expect([titles(a!), took()]).toEqual([
      ['a2', 'a4'],
      ['select users', 'select users'],
    ]);
    await users.with({ jobs: (job) => job.where('status', '=', 'queued') });
    expect([titles(a!), took()]).toEqual([
      ['a1', 'a3'],
      ['select users', 'select jobs by owner_id,status'],
    ]);
    await users.with('jobs');
    expect([titles(a!), took()]).toEqual([
      ['a1', 'a2', 'a3', 'a4'],
      ['select users', 'select jobs by owner_id'],
    ]);
  });

  test('are no whole to a delete that cascades', async () => {
    const { Session, engine } = await openSeeded(database);
    await using session = Session();
    const [a] = await session
      .find(User)
      .with({ jobs: (job) => job.limit(1) })
      .orderBy('id');
    session.delete(a!);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title')).toEqual([['b1']]);
  });

  test('keep what the program changed, also when the whole is read', async () => {
    const { Session, engine } = await openSeeded(database, { autoflush: false });
    await using session = Session();
    const done = (): PromiseLike<User[]> =>
      session
        .find(User)
        .with({ jobs: (job) => job.where('status', '=', 'done') })
        .orderBy('id');
    const [a, b] = (await done()) as [User, User];
    (a.jobs as Job[]).push(new Job({ title: 'new' }));
    (b.jobs as Job[]).push((a.jobs as Job[]).shift()!);
    await done();
    expect([titles(a), titles(b)]).toEqual([
      ['a4', 'new'],
      ['b1', 'a2'],
    ]);
    await session.find(User).with('jobs');
    expect([titles(a), titles(b)]).toEqual([
      ['a1', 'a3', 'a4', 'new'],
      ['b1', 'a2'],
    ]);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title, owner_id')).toEqual([
      ['a1', 1],
      ['a2', 2],
      ['a3', 1],
      ['a4', 1],
      ['b1', 2],
      ['new', 1],
    ]);
  });

  test('cannot be replaced, for nobody knows what else there is', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const [a] = await session
      .find(User)
      .with({ jobs: (job) => job.limit(1) })
      .orderBy('id');
    expect(() => {
      a!.jobs = [];
    }).toThrow('Only a part of the collection User.jobs is loaded');
    await session.load(a!, 'jobs');
    a!.jobs = [];
    expect(titles(a!)).toEqual([]);
  });

  test('are no news to a merge', async () => {
    const { Session, engine } = await openSeeded(database);
    await using there = Session();
    const given = await there
      .find(User)
      .where({ name: 'a' })
      .with({ jobs: (job) => job.limit(1) })
      .one();
    there.expungeAll();
    await using session = Session();
    await session.merge(given);
    await session.commit();
    expect(await rowsOf(engine, 'jobs', 'title')).toHaveLength(5);
  });

  test('cannot be ordered or counted where there is one object', async () => {
    const { Session } = await open(database, { tables: [Node] });
    await using session = Session();
    const nodes = session.find(Node);
    expect(() => nodes.with({ parent: (node) => node.orderBy('name') })).toThrow(
      "orderBy: 'parent' leads to one object",
    );
    expect(() => nodes.with({ children: (child) => child.with({ parent: (node) => node.limit(1) }) })).toThrow(
      'leads to one object',
    );
  });
});
