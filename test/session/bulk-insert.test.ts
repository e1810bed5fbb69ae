import { describe, expect, test } from 'vitest';

import { BulkRowError, inspect, PendingRollbackError, scopedSession, UniqueViolation } from '../../src/index.ts';
import { Model } from '../../src/model/model.ts';
import { t } from '../../src/mapping/t.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { Everything, Job, Node, Ticket, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

const people = (count: number): { name: string; email: string }[] =>
  Array.from({ length: count }, (_, at) => ({ name: `name ${at}`, email: `${at}@example.org` }));

/** The key is made up by the database, other than by counting. */
class Tag extends Model('tags', {
  key: t.text().primaryKey().serverDefault("'made up'"),
  label: t.text(),
}) {}

describe.each(DATABASES)('insertMany on $name', (database) => {
  test('writes 10,000 rows in few statements and makes no objects', async () => {
    const { Session, engine, took } = await open(database);
    await using session = Session();
    took();
    expect(await session.insertMany(User, people(10_000))).toBe(undefined);
    const inserts = Array.from({ length: database.name === 'postgres' ? 1 : 10 }, () => 'insert users');
    expect(took()).toEqual(['begin', ...inserts]);
    expect([...session]).toEqual([]);
    await session.commit();
    const { rows } = await engine.execute('select count(*), min(name), max(id) from users');
    expect(rows.map((row) => row.map(String))).toEqual([['10000', 'name 0', '10000']]);
  });

  test('gives the objects in the order of the rows when asked', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    took();
    const users = await session.insertMany(User, people(2_500), { returning: true });
    expect(took()).toHaveLength(database.name === 'postgres' ? 2 : 4);
    expect(users.map(({ id, name, email }) => ({ id, name, email }))).toEqual(
      people(2_500).map((row, at) => ({ id: at + 1, ...row })),
    );
    expect(users[7]).toBeInstanceOf(User);
    expect(inspect(users[7]!).state).toBe('persistent');
    expect(await session.get(User, 8)).toBe(users[7]);
    expect(session.dirty).toEqual([]);
    expect(took()).toEqual([]);
    users[7]!.name = 'Ada';
    await session.flush();
    expect(took()).toEqual(['update users name']);
  });

  test('loads the relationships of the objects that it gave, of all at once', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const [ada] = await session.insertMany(User, [{ name: 'Ada' }], { returning: true });
    await session.insertMany(Job, [{ title: 'one', ownerId: ada!.id }]);
    expect((await ada!.jobs).map(({ title }) => title)).toEqual(['one']);
    const users = await session.insertMany(User, people(3), { returning: true });
    took();
    for (const user of users) expect(await user.jobs).toEqual([]);
    expect(took()).toEqual(['select jobs by owner_id']);
  });

  test('fills client-side defaults and nulls in, and leaves the rest to the database', async () => {
    const { Session, engine, took } = await open(database, { tables: [User, Job, Ticket] });
    await using session = Session();
    await session.insertMany(User, [{ name: 'Ada' }]);
    const jobs = await session.insertMany(Job, [{ title: 'one', ownerId: 1 }], { returning: true });
    expect(jobs.map((job) => ({ ...job }))).toEqual([
      { id: 1, title: 'one', status: 'queued', payload: null, dueAt: null, ownerId: 1 },
    ]);
    took();
    const tickets = await session.insertMany(
      Ticket,
      [
        { code: 'd', state: 'shut' },
        { code: 'a' },
        { code: 'c', priority: 1 },
        { code: 'b', priority: undefined },
        { code: 'e', state: 'held' },
      ],
      { returning: true },
    );
    expect(took()).toEqual(['insert tickets', 'insert tickets', 'insert tickets']);
    expect(tickets.map((ticket) => Object.values(ticket))).toEqual([
      ['d', 'shut', 3],
      ['a', 'open', 3],
      ['c', 'open', 1],
      ['b', 'open', 3],
      ['e', 'held', 3],
    ]);
    await session.commit();
    expect(await rowsOf(engine, 'tickets', 'code')).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
  });

  test('inserts rows of nothing but defaults', async () => {
    const { engine } = await open(database);
    class Bell extends Model('bells', { id: t.serial().primaryKey(), rung: t.integer().serverDefault('1') }) {}
    await engine.createAll([Bell]);
    await using session = sessionFactory(engine)();
    const bells = await session.insertMany(Bell, [{}, {}], { returning: true });
    expect(bells.map((bell) => ({ ...bell }))).toEqual([
      { id: 1, rung: 1 },
      { id: 2, rung: 1 },
    ]);
  });

  test('takes rows one by one where the database makes keys up that nothing tells apart', async () => {
    const { engine, took } = await open(database, { tables: [] });
    await engine.createAll([Tag]);
    await using session = sessionFactory(engine)();
    took();
    const [made, given] = await session.insertMany(Tag, [{ label: 'a' }, { key: 'k', label: 'b' }], {
      returning: true,
    });
    expect([{ ...made }, { ...given }]).toEqual([
      { key: 'made up', label: 'a' },
      { key: 'k', label: 'b' },
    ]);
    expect(took()).toEqual(['begin', 'insert tags', 'insert tags']);
  });

  test('keeps values of every type', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await using session = Session();
    const row = {
      integer: 1,
      bigint: 2n ** 60n,
      text: 'a "b" \\ {c}',
      varchar: '',
      boolean: false,
      real: 1.5,
      double: 0.1,
      numeric: '12.50',
      timestamp: new Date('2024-02-29T12:34:56.789Z'),
      date: '2024-02-29',
      uuid: '00000000-0000-4000-8000-00000000000A',
      json: { list: [1], nested: { deep: 'x' } },
      bytes: new Uint8Array([0, 255]),
      colour: 'red' as const,
    };
    const [one, two] = await session.insertMany(Everything, [row, row], { returning: true });
    expect({ ...one }).toEqual({ ...row, id: 1n, uuid: row.uuid.toLowerCase() });
    expect({ ...two }).toEqual({ ...one, id: 2n });
    one!.json.list.push(2);
    expect([session.isModified(one!), session.isModified(two!)]).toEqual([true, false]);
  });

  test('flushes what is pending first', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    took();
    await session.insertMany(User, people(2));
    expect(took()).toEqual(['begin', 'insert users', 'insert users']);
    expect(ada.id).toBe(1);
  });

  test('is named among what is not committed, until that is rolled back or committed', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await session.insertMany(User, people(2));
    const nested = await session.beginNested();
    await session.find(User).where('id', '=', 1).delete();
    expect(session.uncommitted()).toBe('delete(User), insertMany(User)');
    await nested.commit();
    expect(session.uncommitted()).toBe('insertMany(User), delete(User)');
    await session.commit();
    expect(session.uncommitted()).toBe(undefined);
    await session.insertMany(User, [{ name: 'x' }]);
    await expect(session.insertMany(User, [people(2)[1]!])).rejects.toBeInstanceOf(UniqueViolation);
    expect(session.uncommitted()).toBe(undefined);
  });

  test('works through a scoped session', async () => {
    const { Session, engine } = await open(database);
    const db = scopedSession(Session);
    await db.run(async () => {
      const [ada] = await db.insertMany(User, people(1), { returning: true });
      await db.updateMany(User, [{ id: ada!.id, name: 'Ada' }]);
      await db.upsertMany(User, [{ id: ada!.id, name: 'Ada', email: 'new' }], { conflict: ['id'] });
      expect(await db.find(User).update({ email: (eb) => eb.fn<string>('upper', ['email']) })).toBe(1);
      expect([ada!.name, ada!.email]).toEqual(['Ada', 'NEW']);
      await db.commit();
    });
    expect(await rowsOf(engine, 'users', 'name, email')).toEqual([['Ada', 'NEW']]);
  });

  test('runs no SQL for no rows', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    took();
    expect(await session.insertMany(User, [], { returning: true })).toEqual([]);
    expect(took()).toEqual([]);
  });

  test('makes its objects transient again when the transaction is rolled back', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const [ada] = await session.insertMany(User, people(1), { returning: true });
    ada!.name = 'changed';
    await session.rollback();
    expect(inspect(ada!).state).toBe('transient');
    expect([...session]).toEqual([]);
    expect({ ...ada }).toEqual({ id: undefined, name: 'name 0', email: '0@example.org' });
    expect(ada!.jobs).toEqual([]);
    session.add(ada!);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['name 0']]);
  });

  test('makes only those of the savepoint transient when that is rolled back', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [outer] = await session.insertMany(User, [{ name: 'outer' }], { returning: true });
    const nested = await session.beginNested();
    const [inner] = await session.insertMany(User, [{ name: 'inner' }], { returning: true });
    await nested.rollback();
    expect([inspect(outer!).state, inspect(inner!).state]).toEqual(['persistent', 'transient']);
    await session.commit();
    expect((await session.find(User)).map(({ name }) => name)).toEqual(['outer']);
  });

  test('writes all rows or none, in a transaction of its own, in autocommit mode', async () => {
    const { Session, engine, took } = await open(database, { autocommit: true });
    await using session = Session();
    const pending = new User({ name: 'pending' });
    session.add(pending);
    took();
    await session.insertMany(User, people(1_001));
    const inserts = Array.from({ length: database.name === 'postgres' ? 1 : 2 }, () => 'insert users');
    expect(took()).toEqual(['begin', ...inserts, 'commit']);
    expect(session.new).toEqual([pending]);
    const twice = [...people(2_000).slice(1_001), ...people(1)];
    await expect(session.insertMany(User, twice)).rejects.toBeInstanceOf(UniqueViolation);
    const { rows } = await engine.execute('select count(*) from users');
    expect(rows.map((row) => row.map(String))).toEqual([['1001']]);
  });

  test('waits for a rollback after the database refused a row', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await session.insertMany(User, people(1));
    await expect(session.insertMany(User, people(1))).rejects.toBeInstanceOf(UniqueViolation);
    await expect(session.find(User)).rejects.toBeInstanceOf(PendingRollbackError);
    await session.rollback();
    expect(await session.find(User).count()).toBe(0);
  });

  test('has collections that may hold the new rows read again by the next query', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await session.insertMany(User, people(1));
    const ada = await session.find(User).with('jobs').one();
    expect(ada.jobs).toEqual([]);
    await session.insertMany(Job, [{ title: 'one', ownerId: 1 }]);
    const again = await session.find(User).with('jobs').one();
    expect(again.jobs.map(({ title }) => title)).toEqual(['one']);
  });

  test('keeps self-references among the rows of one statement', async () => {
    const { Session, engine } = await open(database, { tables: [Node] });
    await using session = Session();
    await session.insertMany(Node, [
      { id: 1, name: 'child', parentId: 2 },
      { id: 2, name: 'parent' },
    ]);
    await session.commit();
    expect(await rowsOf(engine, 'nodes', 'id, parent_id')).toEqual([
      [1, 2],
      [2, null],
    ]);
  });

  describe('refuses before anything is written', () => {
    const cases: [rows: unknown[], message: string][] = [
      [[{ name: 'a' }, {}], "rows[1] leaves out 'name', which has neither null nor a default."],
      [[{ name: 'a' }, { name: null }], "rows[1] has null for 'name', which cannot be null."],
      [[{ name: 12 }], "rows[0] has a wrong value for 'name': expected a string, got a number."],
      [[{ name: 'a', nmae: 'b' }], "rows[0] names 'nmae', which is no column."],
      [[{ name: 'a', jobs: [] }], "rows[0] names 'jobs', which is no column."],
      [[null], 'rows[0] is no object.'],
      [[['a']], 'rows[0] is no object.'],
    ];
    test.each(cases)('%j', async (rows, message) => {
      const { Session, took } = await open(database);
      await using session = Session();
      took();
      const error: unknown = await session
        .insertMany(User, rows as { name: string }[])
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BulkRowError);
      expect(error).toMatchObject({
        code: 'SESSION_BAD_ROW',
        message: expect.stringContaining(`insertMany(User): ${message}`),
      });
      expect(took()).toEqual([]);
    });

    test('a mapped object', async () => {
      const { Session } = await open(database);
      await using session = Session();
      await expect(session.insertMany(User, [new User({ name: 'Ada' })])).rejects.toThrow(
        'rows[0] is a mapped object.',
      );
    });

    test('rows that are no array', async () => {
      const { Session } = await open(database);
      await using session = Session();
      await expect(session.insertMany(User, { name: 'Ada' } as unknown as [])).rejects.toMatchObject({
        code: 'QUERY_BAD_ARGUMENT',
      });
    });

    test('a value that its own codec refuses, without showing it', async () => {
      const { engine } = await open(database);
      const even = t.custom({
        type: t.integer(),
        encode: (value: number) => {
          if (value % 2 === 1) throw new TypeError(`${value} is odd`);
          return value;
        },
        decode: Number,
      });
      class Pair extends Model('pairs', { id: t.serial().primaryKey(), size: even }) {}
      const statements = recordStatements(engine);
      await using session = sessionFactory(engine)();
      await expect(session.insertMany(Pair, [{ size: 2 }, { size: 7 }])).rejects.toThrow(
        "insertMany(Pair): rows[1] has a wrong value for 'size': its codec refused it.",
      );
      expect(statements.length).toBe(0);
    });
  });
});
