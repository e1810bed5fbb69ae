import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Everything, Job, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function openSeeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database);
  await opened.Session.begin((session) => {
    const names = ['Ada', 'Bob', 'Cid', 'Dee', 'Eve'];
    names.forEach((name, at) => {
      const email = at % 2 === 0 ? `${name.toLowerCase()}@x` : null;
      session.add(new User({ name, email, jobs: [new Job({ title: name, dueAt: new Date(at * 1_000) })] }));
    });
  });
  opened.took();
  return opened;
}

describe.for(DATABASES)('where on $name', (database) => {
  test('takes a column, an operator and a value', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const users = session.find(User).orderBy('id');
    const initials = async (query: typeof users): Promise<string> => (await query).map(({ name }) => name[0]).join('');
    expect(await initials(users.where('name', '=', 'Bob'))).toBe('B');
    expect(await initials(users.where('name', '!=', 'Bob'))).toBe('ACDE');
    expect(await initials(users.where('id', '>', 3))).toBe('DE');
    expect(await initials(users.where('id', '<=', 2))).toBe('AB');
    expect(await initials(users.where('name', 'like', '%e%'))).toBe('DE');
    expect(await initials(users.where('name', 'not like', '%e'))).toBe('ABC');
    expect(await initials(users.where('name', 'in', ['Ada', 'Eve', 'Zoe']))).toBe('AE');
    expect(await initials(users.where('name', 'not in', ['Ada', 'Eve', 'Zoe']))).toBe('BCD');
  });

  test('knows null', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    const count = (operator: '=' | '!=' | 'is' | 'is not' | '<>'): Promise<number> =>
      session.find(User).where('email', operator, null).count();
    expect(await Promise.all([count('='), count('is'), count('!='), count('<>'), count('is not')])).toEqual([
      2, 2, 3, 3, 3,
    ]);
    expect(await session.find(User).where({ email: null }).count()).toBe(2);
    expect(statements.take().every((text) => /begin|"email" is (not )?null$/.test(text))).toBe(true);
  });

  test('knows empty lists, and pads the others so that few statements serve all lengths', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    expect(await session.find(User).where('id', 'in', [])).toEqual([]);
    expect((await session.find(User).where('id', 'not in', [])).length).toBe(5);
    expect(await session.find(User).where({ id: [] }).count()).toBe(0);
    statements.take();
    for (const ids of [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [5, 4, 3, 2, 1]]) {
      expect((await session.find(User).where({ id: ids })).length).toBe(ids.length);
    }
    const sizes = statements.take().map((text) => text.slice(text.indexOf(' in ')).match(/\?|\$\d/g)?.length);
    expect(sizes).toEqual([1, 2, 4, 4, 8]);
  });

  test('takes an object: equal, any of a list, null', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const found = await session.find(User).where({ name: ['Ada', 'Bob', 'Cid'], email: null });
    expect(found.map(({ name }) => name)).toEqual(['Bob']);
    expect(await session.find(User).where({}).count()).toBe(5);
  });

  test('joins its calls by AND', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const query = session.find(User).where('id', '>', 1);
    const narrower = query.where('id', '<', 4).where({ email: null });
    expect([await query.count(), await narrower.count()]).toEqual([4, 1]);
  });

  test('takes expressions, in property names', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    const jobs = await session
      .find(Job)
      .where((eb) => eb.or([eb('ownerId', '=', 1), eb('dueAt', 'is', null), eb(eb.fn('upper', ['title']), '=', 'EVE')]))
      .orderBy('id');
    expect(jobs.map(({ title }) => title)).toEqual(['Ada', 'Eve']);
    expect(statements.take().at(-1)).toContain('"owner_id" =');
    const same = await session.find(Job).where('id', '=', sql.ref<number>('ownerId')).count();
    expect(same).toBe(5);
    expect(
      await session
        .find(Job)
        .where(sql<string>`upper(title)`, '=', 'BOB')
        .count(),
    ).toBe(1);
  });

  test('compares values of every type', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await using session = Session();
    const values = {
      integer: 5,
      bigint: 2n ** 60n,
      text: "it's",
      varchar: 'v',
      boolean: true,
      double: 0.25,
      numeric: '10.50',
      timestamp: new Date('2026-01-02T03:04:05.678Z'),
      date: '2026-02-28',
      uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
      colour: 'red' as const,
    };
    session.add(
      new Everything({ ...values, real: 1, json: { list: [], nested: { deep: '' } }, bytes: new Uint8Array() }),
    );
    for (const [name, value] of Object.entries(values)) {
      const by = { [name]: value } as Partial<typeof values>;
      expect([name, await session.find(Everything).where(by).count()]).toEqual([name, 1]);
    }
    expect(await session.find(Everything).where('timestamp', '<', new Date('2026-01-02T03:04:05.678Z')).count()).toBe(
      0,
    );
    expect(await session.find(Everything).where('boolean', 'is', true).count()).toBe(1);
    expect(await session.find(Everything).where('boolean', 'is not', true).count()).toBe(0);
  });

  test('refuses what it cannot use, by name', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const where = session.find(User).where as (...args: unknown[]) => unknown;
    const textOf = (call: () => unknown): string => {
      try {
        return `no error: ${String(call())}`;
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(textOf(() => where('nmae', '=', 1))).toBe(
      "where: User has no column 'nmae'. Did you mean 'name'? Use one of: id, name, email. [QUERY_BAD_ARGUMENT]",
    );
    expect(textOf(() => where({ jobs: 1 }))).toContain("User has no column 'jobs'");
    expect(textOf(() => where('name', 'equals', 'x'))).toContain("where: 'equals' is no operator. Use one of: = ==");
    expect(textOf(() => where('name', '=', undefined))).toBe(
      "where: the value for 'name' is undefined. Pass null to ask for NULL. [QUERY_BAD_ARGUMENT]",
    );
    expect(textOf(() => where({ name: undefined }))).toContain("the value for 'name' is undefined");
    expect(textOf(() => where('name', 'in', 'Ada'))).toContain("'in' on 'name' needs a list");
    expect(textOf(() => where('id', '>', null))).toContain("'>' on 'id' cannot be asked of null");
    expect(textOf(() => where())).toContain('where: needs (column, operator, value), an object, or a function.');
    expect(textOf(() => where('name'))).toContain('where: needs');
    const loose = session.find(User) as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(textOf(() => loose['orderBy']!('age'))).toContain("orderBy: User has no column 'age'");
    expect(textOf(() => loose['with']!('jobs.onwer'))).toBe(
      "with: Job has no relationship 'onwer'. Did you mean 'owner'? Use one of: owner. [QUERY_BAD_ARGUMENT]",
    );
    for (const bad of [-1, 1.5, Number.NaN, '1']) {
      expect(textOf(() => loose['limit']!(bad))).toContain('limit: needs a whole number from 0 on.');
      expect(textOf(() => loose['offset']!(bad))).toContain('offset: needs a whole number from 0 on.');
    }
  });
});

describe.for(DATABASES)('a query on $name', (database) => {
  test('orders by columns and expressions, either way', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const initials = (users: User[]): string => users.map(({ name }) => name[0]).join('');
    expect(initials(await session.find(User).orderBy('name', 'desc'))).toBe('EDCBA');
    expect(
      initials(
        await session
          .find(User)
          .orderBy((eb) => eb.fn('length', ['email']))
          .orderBy('id', 'desc')
          .where('email', 'is not', null),
      ),
    ).toBe('ECA');
    expect(
      initials(
        await session
          .find(User)
          .orderBy('email', (order) => order.desc().nullsLast())
          .orderBy('id'),
      ),
    ).toBe('ECABD');
  });

  test('cuts by limit and offset', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const query = session.find(User).orderBy('id');
    const ids = async (cut: typeof query): Promise<number[]> => (await cut).map(({ id }) => id);
    expect(await ids(query.limit(2))).toEqual([1, 2]);
    expect(await ids(query.offset(3))).toEqual([4, 5]);
    expect(await ids(query.limit(2).offset(1))).toEqual([2, 3]);
    expect(await ids(query.offset(1).limit(2))).toEqual([2, 3]);
    expect(await ids(query.limit(0))).toEqual([]);
    expect([await query.limit(2).count(), await query.offset(4).count(), await query.count()]).toEqual([2, 1, 5]);
    expect([await query.offset(5).exists(), await query.limit(1).exists(), await query.limit(0).exists()]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('gives the first, the only one, or none', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    const none = session.find(User).where({ name: 'Zoe' });
    const some = session.find(User).orderBy('id');
    const only = session.find(User).where({ name: 'Bob' });
    expect([(await some.first())?.name, await none.first(), (await only.one()).name]).toEqual(['Ada', null, 'Bob']);
    expect([await none.oneOrNone(), (await only.oneOrNone())?.name]).toEqual([null, 'Bob']);
    expect(
      statements
        .take()
        .filter((text) => text.startsWith('select'))
        .every((text) => / limit (\?|\$\d)$/.test(text)),
    ).toBe(true);
    await expect(none.one()).rejects.toThrow(
      'No User was found where one() needs one. Use oneOrNone() or get(), which give null, if there may be none. [QUERY_NO_RESULT]',
    );
    await expect(some.one()).rejects.toThrow('More than one User was found where one() needs at most one.');
    await expect(some.oneOrNone()).rejects.toMatchObject({ code: 'QUERY_MULTIPLE_RESULTS' });
    expect((await some.limit(1).one()).name).toBe('Ada');
  });

  test('counts in the database, after a flush', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    session.add(new User({ name: 'Zoe' }));
    expect([await session.find(User).count(), await session.find(User).where({ name: 'Zoe' }).exists()]).toEqual([
      6,
      true,
    ]);
    expect(took()).toEqual(['begin', 'insert users', 'select users', 'select users by name']);
  });

  test('is sent when it is awaited, each time anew', async () => {
    const { Session, took } = await openSeeded(database);
    await using session = Session();
    const query = session.find(User).where({ name: 'Bob' });
    expect(took()).toEqual([]);
    const [first] = await query;
    const [second] = await query;
    expect([first === second, took().filter((text) => text !== 'begin')]).toEqual([
      true,
      ['select users by name', 'select users by name'],
    ]);
  });

  test('sees pending changes, unless autoflush is off', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    const bob = await session.getOne(User, 2);
    bob.name = 'Rob';
    await session.noAutoflush(async () => {
      expect(await session.find(User).where({ name: 'Rob' }).count()).toBe(0);
    });
    expect((await session.find(User).where({ name: 'Rob' }).one()) === bob).toBe(true);
    await using off = Session({ autoflush: false });
    off.add(new User({ name: 'Zoe' }));
    expect(await off.find(User).where({ name: 'Zoe' }).exists()).toBe(false);
  });

  test('whose autoflush fails rejects with the error of the database', async () => {
    const { Session } = await openSeeded(database);
    await using session = Session();
    session.add(new User({ name: 'twice', email: 'ada@x' }));
    await expect(session.find(User)).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
  });

  test('never shows values in its text', async () => {
    const { Session, statements } = await openSeeded(database);
    await using session = Session();
    await session
      .find(User)
      .where({ name: 'secret' })
      .where((eb) => eb('email', '=', 'secret'))
      .limit(1);
    expect(statements.take().join()).not.toContain('secret');
  });
});
