import { describe, expect, test } from 'vitest';

import { BulkRowError, inspect, StaleDataError } from '../../src/index.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES } from '../support/databases.ts';
import { Order, Ticket, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import type { Opened, OpenOptions } from '../support/open-session.ts';

const ADA = { name: 'Ada', email: 'ada@example.org' };
const BOB = { name: 'Bob', email: 'bob@example.org' };
const BY_EMAIL = { conflict: ['email'] } as const;

async function withAda(database: (typeof DATABASES)[number], options: OpenOptions = {}): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin((session) => session.insertMany(User, [ADA]));
  opened.took();
  return opened;
}

let stamps = 0;

class Page extends Model('pages', {
  path: t.text().primaryKey(),
  title: t.text().nullable(),
  hits: t.integer().default(0),
  stamp: t.integer().default(() => ++stamps),
}) {}

describe.each(DATABASES)('upsertMany on $name', (database) => {
  test('inserts what is new and updates what is there, in one statement', async () => {
    const { Session, engine, statements } = await withAda(database);
    await using session = Session();
    expect(await session.upsertMany(User, [{ ...ADA, name: 'Countess' }, BOB], BY_EMAIL)).toBe(undefined);
    expect(statements.take().slice(1)).toEqual([
      database.name === 'postgres'
        ? 'insert into "users" ("name", "email") select r.c1, r.c2 from unnest($1::text[], $2::text[]) with ordinality as r(c1, c2, n) order by n' +
          ' on conflict ("email") do update set "name" = excluded."name"'
        : 'insert into "users" ("name", "email") values (?, ?), (?, ?) on conflict ("email") do update set "name" = excluded."name"',
    ]);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'email, name')).toEqual([
      [ADA.email, 'Countess'],
      [BOB.email, 'Bob'],
    ]);
  });

  test('gives the objects of all rows in their order', async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    const users = await session.upsertMany(User, [BOB, { ...ADA, name: 'Countess' }], { ...BY_EMAIL, returning: true });
    expect(users.map(({ name, email }) => [name, email])).toEqual([
      ['Bob', BOB.email],
      ['Countess', ADA.email],
    ]);
    expect(users[1]!.id).toBe(1);
    expect(users.map((user) => inspect(user).state)).toEqual(['persistent', 'persistent']);
    took();
    expect(await session.get(User, 1)).toBe(users[1]);
    expect(took()).toEqual([]);
  });

  test.each([false, true])(
    'has held objects follow and keeps their unflushed edits, returning: %s',
    async (returning) => {
      const { Session, engine } = await withAda(database, { autoflush: false });
      await engine.execute("insert into users (name, email) values ('Bob', 'bob@example.org')");
      await using session = Session();
      const [ada, bob] = await session.find(User).orderBy('id');
      bob!.name = 'mine';
      const rows = [ADA, BOB].map(({ email }) => ({ email, name: 'theirs' }));
      await (returning
        ? session.upsertMany(User, rows, { ...BY_EMAIL, returning })
        : session.upsertMany(User, rows, BY_EMAIL));
      expect([ada!.name, bob!.name]).toEqual(['theirs', 'mine']);
      expect(session.dirty).toEqual([bob]);
      await session.rollback();
      expect([ada!.name, bob!.name]).toEqual(['Ada', 'Bob']);
      expect(await session.find(User).orderBy('id')).toEqual([ada, bob]);
    },
  );

  test('has held objects read again by the next query that meets them', async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    await session.upsertMany(User, [{ ...ADA, name: 'Countess' }], BY_EMAIL);
    took();
    expect(await session.get(User, 1)).toBe(ada);
    expect(took()).toEqual(['select users by id']);
  });

  test("leaves rows alone that are there with update: 'nothing', and still gives their objects", async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    const rows = [{ ...ADA, name: 'Countess' }, BOB, { ...BOB, name: 'again' }];
    const users = await session.upsertMany(User, rows, { ...BY_EMAIL, update: 'nothing', returning: true });
    expect(users.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Bob']);
    expect(users[1]).toBe(users[2]);
    expect(took()).toEqual(['begin', 'insert users', 'select users by email']);
    await session.rollback();
    expect(users.map((user) => inspect(user).state)).toEqual(['persistent', 'transient', 'transient']);
  });

  test('detaches, at a rollback, the objects that it alone gave and that may have been there', async () => {
    const { Session } = await withAda(database);
    await using session = Session();
    const users = await session.upsertMany(User, [{ ...ADA, name: 'Countess' }, BOB], { ...BY_EMAIL, returning: true });
    users[0]!.name = 'edited';
    await session.flush();
    await session.rollback();
    expect(users.map((user) => inspect(user).state)).toEqual(['detached', 'detached']);
    expect([...session]).toEqual([]);
    expect((await session.find(User)).map(({ name }) => name)).toEqual(['Ada']);
  });

  test("sets what each row gives, and no default, with update: 'all'", async () => {
    const { engine, took } = await open(database, { tables: [] });
    await engine.createAll([Page]);
    await using session = sessionFactory(engine)();
    await session.insertMany(Page, [
      { path: '/a', title: 'a', hits: 1, stamp: 7 },
      { path: '/b', title: 'b', hits: 1, stamp: 8 },
    ]);
    took();
    await session.upsertMany(
      Page,
      [{ path: '/a', hits: 2 }, { path: '/b', title: null }, { path: '/c', hits: 3 }, { path: '/b2' }],
      {
        conflict: ['path'],
      },
    );
    expect(took()).toEqual(['insert pages', 'insert pages', 'insert pages']);
    await session.commit();
    expect(await rowsOf(engine, 'pages', 'path, title, hits')).toEqual([
      ['/a', 'a', 2],
      ['/b', null, 1],
      ['/b2', null, 0],
      ['/c', null, 3],
    ]);
    expect((await engine.execute("select stamp from pages where path in ('/a', '/b') order by 1")).rows).toEqual([
      [7],
      [8],
    ]);
  });

  test('sets the named columns, a client-side default standing for what a row leaves out', async () => {
    const { engine } = await open(database, { tables: [] });
    await engine.createAll([Page]);
    await using session = sessionFactory(engine)();
    await session.insertMany(Page, [{ path: '/a', title: 'a', hits: 1, stamp: -1 }]);
    await session.upsertMany(Page, [{ path: '/a', title: 'x', hits: 9 }], {
      conflict: ['path'],
      update: ['title', 'stamp'],
    });
    await session.commit();
    const [row] = await rowsOf(engine, 'pages', 'path, title, hits, stamp');
    expect(row).toEqual(['/a', 'x', 1, stamps]);
  });

  test('knows rows by keys of several columns', async () => {
    const { Session } = await open(database, { tables: [Order] });
    await using session = Session();
    await session.insertMany(Order, [{ region: 'eu', number: 1, note: 'old' }]);
    const orders = await session.upsertMany(
      Order,
      [
        { region: 'us', number: 1, note: 'new' },
        { region: 'eu', number: 1, note: 'newer' },
      ],
      { conflict: ['region', 'number'], returning: true },
    );
    expect(orders.map((order) => Object.values(order))).toEqual([
      ['us', 1, 'new'],
      ['eu', 1, 'newer'],
    ]);
  });

  test('gives what the database filled in', async () => {
    const { Session } = await open(database, { tables: [Ticket] });
    await using session = Session();
    await session.insertMany(Ticket, [{ code: 'a', priority: 1 }]);
    const tickets = await session.upsertMany(Ticket, [{ code: 'b' }, { code: 'a', state: 'shut' }], {
      conflict: ['code'],
      returning: true,
    });
    expect(tickets.map((ticket) => Object.values(ticket))).toEqual([
      ['b', 'open', 3],
      ['a', 'shut', 1],
    ]);
  });

  test('writes 3,000 rows in few statements', async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    const rows = Array.from({ length: 3_000 }, (_, at) => ({ name: `${at}`, email: `${at}` }));
    const users = await session.upsertMany(User, rows, { ...BY_EMAIL, returning: true });
    expect(took()).toHaveLength(database.name === 'postgres' ? 2 : 4);
    expect(users.map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
  });

  describe('refuses before anything is written', () => {
    const cases: [problem: string, rows: object[], options: object][] = [
      ["rows[1] leaves out 'email', which conflict names.", [ADA, { name: 'x' }], {}],
      ["rows[0] has null for 'email', which conflict names.", [{ name: 'x', email: null }], {}],
      ['rows[2] has the same email as rows[0].', [ADA, BOB, { ...ADA }], {}],
      ["rows[1] leaves out 'email', which conflict names.", [ADA, { name: 'x' }], { update: 'nothing' }],
      ["rows[0] leaves out 'name', which has neither null nor a default.", [{ email: 'x' }], {}],
      [
        "rows[0] leaves out 'email', which update names.",
        [{ id: 1, name: 'x' }],
        { conflict: ['id'], update: ['email'] },
      ],
      ["User has no column 'mail'.", [ADA], { conflict: ['mail'] }],
      ["User has no column 'jobs'.", [ADA], { update: ['jobs'] }],
      ['conflict names no column.', [ADA], { conflict: [] }],
      ['conflict needs a list of columns.', [ADA], { conflict: 'email' }],
      ['update needs a list of columns.', [ADA], { update: 'name' }],
      ["update names 'id', a part of the primary key.", [{ ...ADA, id: 1 }], { update: ['id'] }],
    ];
    test.each(cases)('%s', async (problem, rows, options) => {
      const { Session, took } = await withAda(database);
      await using session = Session();
      const call = session.upsertMany(User, rows as [], { ...BY_EMAIL, ...options });
      await expect(call).rejects.toThrow(`upsertMany(User): ${problem}`);
      expect(took()).toEqual([]);
    });
  });
});

describe.each(DATABASES.filter(({ name }) => name === 'sqlite'))('upsertMany on $name', (database) => {
  test('says so where rows that come back cannot be told apart', async () => {
    const { engine } = await open(database, { tables: [] });
    class Word extends Model('words', { id: t.serial().primaryKey(), text: t.text(), size: t.integer() }) {}
    await engine.execute('create table words (id integer primary key, text text collate nocase unique, size integer)');
    await using session = sessionFactory(engine)();
    await session.insertMany(Word, [{ text: 'ONE', size: 1 }]);
    const rows = ['one', 'two'].map((text) => ({ text, size: 2 }));
    const options = { conflict: ['text'], update: ['size'] } as const;
    await expect(session.upsertMany(Word, rows, { ...options, returning: true })).rejects.toThrow(
      'upsertMany(Word): rows[0] cannot be found by its text among the rows that came back.',
    );
    await session.rollback();
    await session.upsertMany(Word, rows, options);
  });
});

describe.each(DATABASES)('updateMany on $name', (database) => {
  test('updates rows by primary key, those of one shape in one statement; held objects follow', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session();
    const [ada, bob, eve] = await session.insertMany(User, [ADA, BOB, { name: 'Eve' }], { returning: true });
    bob!.email = 'new';
    took();
    await session.updateMany(User, [
      { id: 1, name: 'a' },
      { id: 3, email: 'eve' },
      { id: 2, name: 'b' },
    ]);
    expect(took()).toEqual(['update users email', 'update users name', 'update users email']);
    expect([ada, bob, eve].map((user) => [user!.name, user!.email])).toEqual([
      ['a', ADA.email],
      ['b', 'new'],
      ['Eve', 'eve'],
    ]);
    expect(session.dirty).toEqual([]);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'id, name, email')).toEqual([
      [1, 'a', ADA.email],
      [2, 'b', 'new'],
      [3, 'Eve', 'eve'],
    ]);
  });

  test('goes back at a rollback', async () => {
    const { Session } = await withAda(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    await session.updateMany(User, [{ id: 1, name: 'x' }]);
    expect(ada.name).toBe('x');
    await session.rollback();
    expect(ada.name).toBe('Ada');
  });

  test('refuses rows that are not there, and writes none', async () => {
    const { Session } = await withAda(database);
    await using session = Session();
    const rows = [
      { id: 1, name: 'x' },
      { id: 9, name: 'y' },
    ];
    const error: unknown = await session.updateMany(User, rows).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StaleDataError);
    expect(error).toMatchObject({ code: 'SESSION_STALE_ROW', retryable: true });
    await session.rollback();
    expect((await session.getOne(User, 1)).name).toBe('Ada');
  });

  test('refuses rows without key, or with that of another', async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    await expect(session.updateMany(User, [{ name: 'x' } as unknown as { id: number }])).rejects.toThrow(
      "updateMany(User): rows[0] leaves out 'id', by which rows are found.",
    );
    await expect(session.updateMany(User, [{ id: 1 }, { id: 1, name: 'x' }])).rejects.toThrow(
      'updateMany(User): rows[1] has the same id as rows[0].',
    );
    await expect(session.updateMany(User, [{ id: 1, name: null as unknown as string }])).rejects.toBeInstanceOf(
      BulkRowError,
    );
    expect(took()).toEqual([]);
  });

  test('runs no SQL for rows that change nothing', async () => {
    const { Session, took } = await withAda(database);
    await using session = Session();
    await session.updateMany(User, [{ id: 1 }]);
    expect(took()).toEqual([]);
  });
});
