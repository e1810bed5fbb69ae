import { describe, expect, test } from 'vitest';

import type { LoadStrategy } from '../../src/index.ts';
import { many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
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

const withoutBegin = (texts: readonly string[]): string[] => texts.filter((text) => text !== 'begin');
const strategies: readonly LoadStrategy[] = ['selectin', 'joined', 'json'];
const titles = (user: User): string[] => (user.jobs as Job[]).map(({ title }) => title);

class Holder extends Model('holders', {
  id: t.serial().primaryKey(),
  get samples() {
    return many(() => Sample, 'holderId');
  },
}) {}

/** One column of each type. */
class Sample extends Model('samples', {
  id: t.bigserial().primaryKey(),
  holderId: t.integer(),
  integer: t.integer().nullable(),
  bigint: t.bigint().nullable(),
  text: t.text().nullable(),
  varchar: t.varchar(40).nullable(),
  boolean: t.boolean().nullable(),
  real: t.real().nullable(),
  double: t.double().nullable(),
  numeric: t.numeric({ precision: 40, scale: 12 }).nullable(),
  timestamp: t.timestamp().nullable(),
  date: t.date().nullable(),
  uuid: t.uuid().nullable(),
  json: t.json<unknown>().nullable(),
  bytes: t.bytes().nullable(),
  colour: t.enum('red', 'green').nullable(),
  url: t.custom({ type: t.text(), encode: (url: URL) => url.href, decode: (text) => new URL(text) }).nullable(),
  get holder() {
    return one(() => Holder, 'holderId');
  },
}) {}

/** More than a hundred. */
const COLUMNS = Array.from({ length: 120 }, (_, at) => `column${at}`);

class Shelf extends Model('shelves', {
  id: t.serial().primaryKey(),
  get wides() {
    return many(() => Wide, 'shelfId');
  },
}) {}

const wideColumns = Object.fromEntries(COLUMNS.map((name) => [name, t.text().nullable()] as const));

class Wide extends Model('wides', {
  id: t.serial().primaryKey(),
  shelfId: t.integer().references('shelves.id').nullable(),
  ...wideColumns,
}) {}

const SAMPLES: readonly Partial<ConstructorParameters<typeof Sample>[0]>[] = [
  {},
  {
    integer: -2_147_483_648,
    bigint: 9_223_372_036_854_775_807n,
    text: 'quote " backslash \\ line\n tab\t é 🜍 \u2028 [1,null]',
    varchar: '',
    boolean: true,
    real: 0.5,
    double: 0.1 + 0.2,
    numeric: '1234567890123456789012345678.123456789012',
    timestamp: new Date('2026-11-22T10:11:12.345Z'),
    date: '2026-02-28',
    uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    json: { list: [1, 'two', null], nested: { deep: '"' } },
    bytes: new Uint8Array([0, 1, 127, 128, 255]),
    colour: 'green',
    url: new URL('https://example.org/a?b=c'),
  },
  {
    integer: 0,
    bigint: -9_007_199_254_740_993n,
    text: '',
    boolean: false,
    real: -1.5,
    double: 5e-324,
    numeric: '-0.000000000001',
    timestamp: new Date('0099-01-01T00:00:00.001Z'),
    json: ['a'],
    bytes: new Uint8Array([]),
    colour: 'red',
  },
  { double: Infinity, json: 'text', text: 'null' },
  { double: -1.7976931348623157e308, json: 17 },
];

describe.for(DATABASES)('every strategy on $name', (database) => {
  test('gives the same values of every type', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Holder, Sample]);
    const Session = sessionFactory(engine, { models: { Holder, Sample } });
    await Session.begin((session) => {
      session.add(new Holder({ samples: SAMPLES.map((sample) => new Sample({ ...sample })) }));
    });
    const read = async (strategy: LoadStrategy): Promise<object[]> => {
      await using session = Session();
      const holder = await session.find(Holder).with('samples').strategy(strategy).one();
      return holder.samples.map((sample) => ({ ...sample }));
    };
    const expected = await read('selectin');
    expect(expected.map((sample, at) => Object.keys(SAMPLES[at]!).every((key) => key in sample))).not.toContain(false);
    expect(await read('joined')).toEqual(expected);
    expect(await read('json')).toEqual(expected);
  });

  test('reads rows of more columns than a function takes', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Shelf, Wide]);
    const Session = sessionFactory(engine, { models: { Shelf, Wide } });
    await Session.begin((session) => {
      const values = Object.fromEntries(COLUMNS.map((name, at) => [name, at % 7 === 0 ? null : `${name} text`]));
      session.add(new Shelf({ wides: [new Wide(values), new Wide()] }));
    });
    const read = async (strategy: LoadStrategy): Promise<object[]> => {
      await using session = Session();
      const shelf = await session.find(Shelf).with('wides').strategy(strategy).one();
      return shelf.wides.map((wide) => ({ ...wide }));
    };
    const expected = await read('selectin');
    expect(Object.keys(expected[0]!)).toHaveLength(COLUMNS.length + 2);
    expect(await read('joined')).toEqual(expected);
    expect(await read('json')).toEqual(expected);
  });

  test('is chosen by the shape: one statement for deep graphs of few objects, where each is a trip', async () => {
    const { Session, statements } = await openSeeded(database);
    const took = (): number => withoutBegin(statements.take()).length;
    const deep = database.name === 'postgres' ? 1 : 4;
    await using session = Session();
    await session.find(Address).with('user.jobs.owner.addresses').where({ street: 's' }).one();
    expect(took()).toBe(deep);
    await using second = Session();
    await second.get(Address, 1, { with: ['user.jobs.owner.addresses'] });
    expect(took()).toBe(deep);
    await using third = Session();
    await third.find(Address).with('user.jobs.owner.addresses');
    expect(took()).toBe(4);
    await using fourth = Session();
    await fourth.find(Address).with('user.jobs').limit(1);
    expect(took()).toBe(3);
    await using fifth = Session();
    await fifth.find(Address).with('user.jobs.owner.addresses').limit(1).strategy('selectin');
    expect(took()).toBe(4);
  });

  test('serves get() and getOne(), whose relationships may be told in functions', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    const found = await session.get(User, 1, {
      with: [{ jobs: (job) => job.orderBy('title', 'desc').strategy('joined').with('owner') }],
    });
    expect(found!.jobs.map(({ title, owner }) => [title, owner.name])).toEqual([
      ['a2', 'a'],
      ['a1', 'a'],
    ]);
    const other = await session.getOne(User, 2, { with: [{ jobs: (job) => job.limit(1) }], populateExisting: true });
    expect([titles(other), withoutBegin(statements.texts).length]).toEqual([['b1'], 3]);
  });

  test('leaves what another engine holds to a statement there', async () => {
    const opened = await openSeeded(database);
    const other = await database.createEngine();
    await other.createAll([User, Job]);
    const texts = recordStatements(other);
    const Session = sessionFactory(opened.engine, {
      models: { User, Job, Address },
      binds: new Map([[Job, other]]),
    });
    await using session = Session();
    const users = await session.find(User).with('jobs', 'addresses').orderBy('id').strategy('json');
    expect(users.map(({ jobs, addresses }) => [jobs.length, addresses.length])).toEqual([
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
    expect(withoutBegin(opened.statements.texts)).toHaveLength(1);
    expect(withoutBegin(texts.texts)).toHaveLength(1);
  });

  test('leaves rows that are locked to a statement of their own', async () => {
    const { Session, statements } = await openSeeded(database);
    for (const strategy of strategies) {
      await using session = Session();
      const user = await session.find(User).where({ name: 'a' }).with('jobs').forUpdate().strategy(strategy).one();
      expect(titles(user)).toEqual(['a1', 'a2']);
      expect(statements.take().filter((text) => text.startsWith('select'))).toHaveLength(2);
    }
  });

  test('writes nothing back of what it read', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Holder, Sample]);
    const Session = sessionFactory(engine, { models: { Holder, Sample } });
    await Session.begin((session) => {
      session.add(new Holder({ samples: SAMPLES.map((sample) => new Sample({ ...sample })) }));
    });
    const statements = recordStatements(engine);
    for (const strategy of strategies) {
      await using session = Session();
      const holder = await session.find(Holder).with('samples').strategy(strategy).one();
      expect(holder.samples.some((sample) => session.isModified(sample))).toBe(false);
      await session.commit();
    }
    expect(statements.texts.filter((text) => text.startsWith('update'))).toEqual([]);
  });
});

describe.for(DATABASES.flatMap((database) => strategies.map((strategy) => ({ ...database, strategy }))))(
  'the $strategy strategy on $name',
  ({ strategy, ...database }) => {
    const levels = (count: number): number => (strategy === 'selectin' ? count : 1);

    test('reads a graph in one statement for each level, or in one', async () => {
      const { Session, statements } = await openSeeded(database);
      await using session = Session();
      const users = await session.find(User).with('jobs.owner', 'addresses').orderBy('name', 'desc').strategy(strategy);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(3));
      expect(
        users.map(({ name, jobs, addresses }) => [name, jobs.map(({ title }) => title), addresses.length]),
      ).toEqual([
        ['c', [], 0],
        ['b', ['b1'], 0],
        ['a', ['a1', 'a2'], 1],
      ]);
      for (const user of users) for (const { owner } of user.jobs) expect(owner).toBe(user);
    });

    test('limits the objects of the query, not the rows', async () => {
      const { Session } = await openSeeded(database);
      await using session = Session();
      const page = session.find(User).with('jobs').orderBy('name').limit(2).strategy(strategy);
      expect((await page).map(titles)).toEqual([['a1', 'a2'], ['b1']]);
      expect((await page.offset(1)).map(titles)).toEqual([['b1'], []]);
      expect(titles((await page.first())!)).toEqual(['a1', 'a2']);
    });

    test('gives null where a foreign key is null', async () => {
      const { Session, statements } = await openSeeded(database);
      await using session = Session();
      const addresses = await session.find(Address).with('user.jobs').orderBy('street').strategy(strategy);
      expect(addresses.map(({ user }) => user?.jobs.length)).toEqual([undefined, 2]);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(3));
    });

    test('asks for no rows that are not there', async () => {
      const { Session } = await openSeeded(database);
      await using session = Session();
      expect(await session.find(User).where('name', '=', 'z').with('jobs').strategy(strategy)).toEqual([]);
    });

    test('takes conditions, orders and limits of relationships', async () => {
      const { Session, statements } = await openSeeded(database);
      await using session = Session();
      const users = await session
        .find(User)
        .where('name', 'in', ['a', 'b'])
        .with({
          jobs: (job) =>
            job
              .where('title', '!=', 'b2')
              .where((eb) => eb('it.title', 'like', '%1'))
              .orderBy('title', 'desc')
              .limit(1)
              .with('owner'),
        })
        .orderBy('id')
        .strategy(strategy);
      expect(users.map(titles)).toEqual([['a1'], ['b1']]);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(2));
    });

    test('says null of one object that does not meet the conditions, and asks no more', async () => {
      const { Session, statements } = await openSeeded(database);
      await using session = Session();
      const jobs = await session
        .find(Job)
        .with({ owner: (user) => user.where('name', '=', 'b') })
        .orderBy('id')
        .strategy(strategy);
      expect(jobs.map(({ owner }) => (owner as User | null)?.name)).toEqual([undefined, undefined, 'b']);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(2));
    });

    test('follows keys of several columns', async () => {
      const { Session, statements } = await open(database, { tables: [Order, Item] });
      await Session.begin((session) => {
        for (const region of ['eu', 'us'])
          for (const number of [1, 2])
            session.add(new Order({ region, number, items: [new Item({ product: `${region}${number}` })] }));
      });
      statements.take();
      await using session = Session();
      const orders = await session
        .find(Order)
        .with('items.order')
        .orderBy('region')
        .orderBy('number')
        .strategy(strategy);
      expect(orders.map(({ items }) => items.map(({ product, order }) => [product, order.region]))).toEqual([
        [['eu1', 'eu']],
        [['eu2', 'eu']],
        [['us1', 'us']],
        [['us2', 'us']],
      ]);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(2));
    });

    test('climbs and descends a tree', async () => {
      const { Session } = await open(database, { tables: [Node] });
      await Session.begin((session) => {
        session.add(
          new Node({ name: 'root', children: [new Node({ name: 'a', children: [new Node({ name: 'b' })] })] }),
        );
      });
      await using session = Session();
      const leaf = await session.find(Node).where({ name: 'b' }).with('parent.parent').strategy(strategy).one();
      expect(leaf.parent?.parent?.name).toBe('root');
      const root = await session
        .find(Node)
        .where({ parentId: null })
        .with('children.children')
        .strategy(strategy)
        .one();
      expect(root.children[0]?.children[0]).toBe(leaf);
    });

    test('shows links that are not written yet, and leaves changed ones alone', async () => {
      const { Session } = await openSeeded(database, { autoflush: false });
      await using session = Session();
      const [a, b, c] = (await session.find(User).orderBy('id')) as [User, User, User];
      const moved = await session.find(Job).where({ title: 'a1' }).one();
      moved.owner = b;
      session.add(new Job({ title: 'fresh', owner: c }));
      await session.find(User).with('jobs').strategy(strategy);
      expect([titles(a), titles(b), titles(c)]).toEqual([['a2'], ['b1', 'a1'], ['fresh']]);
      await session.find(Job).with('owner').strategy(strategy);
      expect(moved.owner).toBe(b);
    });

    test('overwrites edits where it is asked to', async () => {
      const { Session } = await openSeeded(database, { autoflush: false });
      await using session = Session();
      const user = await session.find(User).with('jobs').where('name', '=', 'a').one();
      user.jobs[0]!.title = 'edited';
      user.jobs.pop();
      await session.find(User).with('jobs').strategy(strategy);
      expect(titles(user)).toEqual(['edited']);
      await session.find(User).with('jobs.owner').populateExisting().strategy(strategy);
      expect(titles(user)).toEqual(['a1', 'a2']);
      expect(user.jobs[0]!.owner).toBe(user);
    });

    test('reads along what a stream, first() and one() give', async () => {
      const { Session, statements } = await openSeeded(database);
      await using session = Session();
      const found: string[][] = [];
      for await (const user of session.find(User).with('jobs').strategy(strategy).stream({ batch: 2 }))
        found.push(titles(user));
      expect(found).toEqual([['a1', 'a2'], ['b1'], []]);
      expect(withoutBegin(statements.texts)).toHaveLength(levels(2) * 2);
    });
  },
);
