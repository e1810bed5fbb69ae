import { describe, expect, test } from 'vitest';

import { embedded, many, Model, one, t, toObject } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Everything, Item, Job, Node, Order, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const [ada, a1, a2] = [
  { id: 1, name: 'Ada', email: null },
  { id: 1, title: 'a1', status: 'queued', payload: null, dueAt: null, ownerId: 1 },
  { id: 2, title: 'a2', status: 'queued', payload: null, dueAt: null, ownerId: 1 },
];

/** Ada with two jobs, and an address of nobody. */
async function openSeeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database);
  await opened.Session.begin((session) => {
    session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a1' }), new Job({ title: 'a2' })] }));
    session.add(new Address({ street: 'nobody' }));
  });
  opened.took();
  return opened;
}

describe.for(DATABASES)('JSON of an object from $name', (database) => {
  test('has what was asked for along any path, and not the way back', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const user = await session.find(User).with('jobs').one();
    const job = await session.find(Job).with('owner.jobs').orderBy('id').first();
    took();
    expect(parsed([user, user.jobs[1]])).toEqual([{ ...ada, jobs: [{ ...a1 }, a2] }, a2]);
    // The collection would lead back to the job that it is shown for.
    expect(parsed(job)).toEqual({ ...a1, owner: ada });
    expect(took()).toEqual([]);
  });

  test('has what was awaited, of the object that it was awaited of', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const [first, second] = await session.find(Job).orderBy('id');
    expect(parsed(first)).toEqual(a1);
    await first!.owner;
    expect(parsed([first, second])).toEqual([{ ...a1, owner: ada }, a2]);
    await second!.owner;
    expect(parsed(second)).toEqual({ ...a2, owner: ada });
    expect(took().filter((text) => text !== 'begin')).toEqual(['select jobs', 'select users by id']);
  });

  test('shows a relationship that came to nothing as null, or as an empty list', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 1, { with: ['addresses'] });
    const [loaded] = await session.find(Address).with('user');
    expect(parsed([user, loaded])).toEqual([
      { ...ada, addresses: [] },
      { id: 1, street: 'nobody', userId: null, user: null },
    ]);
    session.expungeAll();
    const [awaited] = await session.find(Address);
    expect(parsed(awaited)).toEqual({ id: 1, street: 'nobody', userId: null });
    await awaited!.user;
    expect(parsed(awaited)).toEqual({ id: 1, street: 'nobody', userId: null, user: null });
  });

  test('has what session.load and session.refresh were asked for', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const user = await session.getOne(User, 1);
    const job = await session.getOne(Job, 1);
    await session.load(user, 'addresses');
    await session.refresh(job, ['owner']);
    expect(parsed([user, job])).toEqual([
      { ...ada, addresses: [] },
      { ...a1, owner: { ...ada, addresses: [] } },
    ]);
  });

  test('leaves out what has expired, and works without a session', async () => {
    const { Session, took } = await openSeeded(database);
    const session = Session();
    const user = await session.find(User).with('jobs', 'addresses').one();
    session.expire(user, ['email', 'addresses']);
    await session.close();
    took();
    expect(parsed(user)).toEqual({ id: 1, name: 'Ada', jobs: [a1, a2] });
    expect([user.toObject(), took()]).toEqual([{ id: 1, name: 'Ada', jobs: [a1, a2] }, []]);
  });

  test('has text for what JSON has no form for', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    const values = {
      integer: 1,
      bigint: 2n ** 60n,
      text: 't',
      varchar: 'v',
      boolean: true,
      real: 0.5,
      double: 0.25,
      numeric: '1.50',
      timestamp: new Date(0),
      date: '2026-01-02',
      uuid: '00000000-0000-4000-8000-000000000000',
      json: { list: [1], nested: { deep: 'd' } },
      bytes: new Uint8Array([1, 2, 255]),
      colour: 'red' as const,
    };
    await Session.begin((session) => session.add(new Everything(structuredClone(values))));
    await using session = Session();
    const all = await session.find(Everything).one();
    expect(parsed(all)).toEqual({
      ...values,
      id: '1',
      bigint: '1152921504606846976',
      timestamp: '1970-01-01T00:00:00.000Z',
      bytes: 'AQL/',
    });
    const plain = toObject(all);
    expect(plain).toEqual({ ...values, id: 1n });
    (plain['json'] as { list: number[] }).list.push(2);
    expect([session.isModified(all), structuredClone(plain)]).toEqual([false, plain]);
  });

  test('is cut at the depth that toObject is given', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const job = await session.find(Job).with('owner.addresses').orderBy('id').first();
    took();
    expect(job!.toObject({ depth: 0 })).toEqual(a1);
    expect(job!.toObject({ depth: 1 })).toEqual({ ...a1, owner: ada });
    expect(toObject(job!, { depth: 2 })).toEqual({ ...a1, owner: { ...ada, addresses: [] } });
    expect([toObject(job!), took()]).toEqual([{ ...a1, owner: { ...ada, addresses: [] } }, []]);
  });

  test('has a composite key and its items once each, an object under two others twice', async () => {
    const { Session } = await open(database, { tables: [Order, Item, User, Job] });
    await Session.begin((session) => {
      const items = ['x', 'y'].map((product) => new Item({ product }));
      session.add(new Order({ region: 'eu', number: 1, items }));
      session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a1' }), new Job({ title: 'a2' })] }));
    });
    await using session = Session();
    const orders = await session.find(Order).with('items');
    const row = { region: 'eu', orderNumber: 1 };
    expect(parsed(orders)).toEqual([
      {
        region: 'eu',
        number: 1,
        note: null,
        items: [
          { id: 1, ...row, product: 'x' },
          { id: 2, ...row, product: 'y' },
        ],
      },
    ]);
    const jobs = await session.find(Job).with('owner').orderBy('id');
    expect(parsed(jobs)).toEqual([
      { ...a1, owner: ada },
      { ...a2, owner: ada },
    ]);
  });
});

describe('an object as plain data', () => {
  test('has what the program linked, seen from the side that it used', () => {
    const [user, job] = [new User({ name: 'Ada' }), new Job({ title: 'a' })];
    (user.jobs as Job[]).push(job);
    expect(parsed([user, job])).toEqual([
      { name: 'Ada', jobs: [{ title: 'a', status: 'queued' }] },
      { title: 'a', status: 'queued' },
    ]);
    expect(job.toObject()).toEqual({ title: 'a', status: 'queued' });
    expect(new Job({ title: 'b', owner: user }).toObject({ depth: 1 })).toEqual({
      title: 'b',
      status: 'queued',
      owner: { name: 'Ada' },
    });
  });

  test('is whatever its class says it is, at any depth', () => {
    class Shy extends Model('shy', {
      id: t.serial().primaryKey(),
      secret: t.text(),
      boxId: t.integer().nullable(),
      get box() {
        return one(() => Box, 'boxId');
      },
    }) {
      override toObject(): Record<string, unknown> {
        return { secret: this.secret.length };
      }
    }
    class Box extends Model('boxes', {
      id: t.serial().primaryKey(),
      get content() {
        return many(() => Shy, 'boxId');
      },
    }) {}
    expect(toObject(new Box({ content: [new Shy({ secret: 'four' })] }))).toEqual({ content: [{ secret: 4 }] });
  });

  test('has embedded values as plain data, unless their class says what they are', () => {
    class Period {
      from = 0n;
      to = 0n;
    }
    class Money {
      cents = 0;
      toJSON(): string {
        return `${this.cents} cents`;
      }
    }
    class Offer extends Model('offers', {
      id: t.serial().primaryKey(),
      period: embedded(Period, { from: t.bigint(), to: t.bigint() }),
      price: embedded(Money, { cents: t.integer() }),
    }) {}
    const period = Object.assign(new Period(), { from: 1n, to: 2n });
    const offer = new Offer({ period, price: Object.assign(new Money(), { cents: 5 }) });
    expect(parsed(offer)).toEqual({ period: { from: '1', to: '2' }, price: '5 cents' });
    const plain = toObject(offer);
    expect(plain).toEqual({ period: { from: 1n, to: 2n }, price: { cents: 5 } });
    expect([plain['period'] instanceof Period, structuredClone(plain)]).toEqual([false, plain]);
  });

  test('follows an adjacency list down as far as it was asked for, and not up again', () => {
    const leaf = new Node({ name: 'leaf' });
    const root = new Node({ name: 'root', children: [new Node({ name: 'branch', children: [leaf] })] });
    expect((leaf.parent as Node).name).toBe('branch');
    expect(root.toObject()).toEqual({ name: 'root', children: [{ name: 'branch', children: [{ name: 'leaf' }] }] });
    expect(leaf.toObject()).toEqual({ name: 'leaf', parent: { name: 'branch' } });
  });

  test('is refused for other things, and at half a depth', () => {
    for (const depth of [-1, 0.5, '1', NaN])
      expect(() => toObject(new Node({ name: 'n' }), { depth: depth as number })).toThrow(
        'The depth of toObject() is not a whole number from 0 on. Give 0 for the columns alone, 1 for their relationships too, or leave it out. [STATE_BAD_DEPTH]',
      );
    expect(() => toObject({ id: 1 })).toThrow(expect.objectContaining({ code: 'MAPPING_UNMAPPED_INSTANCE' }));
  });
});
