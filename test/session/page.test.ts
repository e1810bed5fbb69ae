import { describe, expect, test } from 'vitest';

import type { Cursor } from '../../src/index.ts';
import { CursorError, QueryArgumentError } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Everything, Job, Order, User } from '../support/models.ts';
import type { Opened, OpenOptions } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

const SECRET = 'a secret of some length';

/** Users of names a, b, …; the odd ones have an email. */
async function seeded(database: TestDatabase, count: number, options: OpenOptions = {}): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin(async (session) => {
    const rows = Array.from({ length: count }, (_, at) => ({
      name: String.fromCodePoint(97 + at),
      email: at % 2 === 0 ? null : `${at}@x`,
    }));
    await session.insertMany(User, rows);
  });
  opened.statements.take();
  return opened;
}

const names = (users: readonly { name: string }[]): string => users.map(({ name }) => name).join('');

function selects({ statements }: Opened): string[] {
  return statements
    .take()
    .filter((sql) => sql.startsWith('select'))
    .map((sql) => sql.replaceAll(/\$\d+/g, '?'));
}

describe.for(DATABASES)('pages on $name', (database) => {
  test('come one after the other, forwards and back, one statement each', async () => {
    const opened = await seeded(database, 5);
    await using session = opened.Session();
    const users = session.find(User).orderBy('name', 'desc');
    const first = await users.page({ size: 2 });
    expect([names(first.items), first.hasPrevious, first.hasNext, first.previous]).toEqual(['ed', false, true, null]);
    const second = await users.page({ size: 2, after: first.next });
    expect([names(second.items), second.hasPrevious, second.hasNext]).toEqual(['cb', true, true]);
    const third = await users.page({ size: 2, after: second.next });
    expect([names(third.items), third.hasPrevious, third.hasNext, third.next]).toEqual(['a', true, false, null]);
    const back = await users.page({ size: 2, before: third.previous });
    expect([names(back.items), back.hasPrevious, back.hasNext]).toEqual(['cb', true, true]);
    const start = await users.page({ size: 2, before: back.previous });
    expect([names(start.items), start.hasPrevious, start.hasNext]).toEqual(['ed', false, true]);
    const columns = 'select "id", "name", "email" from "users"';
    const after = '("name" < ? or ("name" = ? and "id" > ?))';
    const before = '("name" > ? or ("name" = ? and "id" < ?))';
    expect(selects(opened)).toEqual([
      `${columns} order by "name" desc, "id" asc limit ?`,
      `${columns} where ${after} order by "name" desc, "id" asc limit ?`,
      `${columns} where ${after} order by "name" desc, "id" asc limit ?`,
      `${columns} where ${before} order by "name" asc, "id" desc limit ?`,
      `${columns} where ${before} order by "name" asc, "id" desc limit ?`,
    ]);
  });

  test('an order in one direction without nulls is compared as rows', async () => {
    const opened = await open(database, { tables: [Order] });
    await opened.Session.begin((session) =>
      session.addAll(['eu', 'us'].flatMap((region) => [1, 2].map((number) => new Order({ region, number })))),
    );
    opened.statements.take();
    await using session = opened.Session();
    const first = await session.find(Order).page({ size: 3 });
    const second = await session.find(Order).page({ size: 3, after: first.next });
    expect(second.items.map(({ region, number }) => `${region}${number}`)).toEqual(['us2']);
    expect(selects(opened)[1]).toContain('where ("region", "number") > (?, ?) order by "region" asc, "number" asc');
  });

  test('nulls have their place, where the database puts them and where the query does', async () => {
    const opened = await seeded(database, 7);
    await using session = opened.Session();
    const orders = [
      session.find(User).orderBy('email'),
      session.find(User).orderBy('email', 'desc'),
      session.find(User).orderBy('email', (order) => order.asc().nullsFirst()),
      session.find(User).orderBy('email', (order) => order.desc().nullsLast()),
    ];
    for (const users of orders) {
      const whole = names(await users.orderBy('id'));
      const pages: string[] = [];
      const back: string[] = [];
      let page = await users.page({ size: 2 });
      for (; page.next !== null; page = await users.page({ size: 2, after: page.next })) pages.push(names(page.items));
      pages.push(names(page.items));
      for (; page.previous !== null; page = await users.page({ size: 2, before: page.previous }))
        back.unshift(names(page.items));
      back.unshift(names(page.items));
      expect([pages.join(''), back.join('')]).toEqual([whole, whole]);
      expect(pages.length).toBe(4);
    }
  });

  test('go by columns of related rows, and read relationships along', async () => {
    const opened = await open(database);
    await opened.Session.begin((session) => {
      for (const name of ['Cid', 'Ada', 'Bob'])
        session.add(new User({ name, jobs: [new Job({ title: `${name}1` }), new Job({ title: `${name}2` })] }));
    });
    opened.statements.take();
    await using session = opened.Session();
    const jobs = session.find(Job).with('owner').orderBy('owner.name').orderBy('title', 'desc');
    const first = await jobs.page({ size: 4 });
    const second = await jobs.page({ size: 4, after: first.next });
    expect([...first.items, ...second.items].map(({ title, owner }) => `${owner.name}/${title}`)).toEqual([
      'Ada/Ada2',
      'Ada/Ada1',
      'Bob/Bob2',
      'Bob/Bob1',
      'Cid/Cid2',
      'Cid/Cid1',
    ]);
    expect(Object.keys(first.items[0] as Job)).not.toContain('#0');
    expect(session.dirty).toEqual([]);
    expect(selects(opened).length).toBe(4);
  });

  test('a place is as exact as the database, not as JavaScript', async () => {
    const opened = await open(database, { tables: [Everything] });
    const { Session, engine } = opened;
    const blank = {
      integer: 1,
      text: '',
      varchar: '',
      boolean: true,
      real: 0.1,
      double: 1,
      uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    };
    const rest = { date: '2026-01-01', json: { list: [], nested: { deep: '' } }, colour: 'red' as const };
    await Session.begin((session) => {
      for (let at = 0; at < 6; at++)
        session.add(
          new Everything({
            ...blank,
            ...rest,
            bigint: 2n ** 60n + BigInt(at),
            numeric: `10.0${at}`,
            timestamp: new Date(1_700_000_000_000),
            bytes: new Uint8Array([255, at]),
          }),
        );
    });
    if (database.name === 'postgres')
      await engine.execute(`update everything set timestamp = timestamp + id * interval '1 microsecond'`);
    await using session = Session();
    for (const column of ['bigint', 'numeric', 'timestamp', 'bytes', 'real', 'boolean', 'uuid'] as const) {
      const query = session.find(Everything).orderBy(column, 'desc');
      const whole = (await query.orderBy('id')).map(({ id }) => id);
      const ids: bigint[] = [];
      let page = await query.page({ size: 2 });
      for (; page.next !== null; page = await query.page({ size: 2, after: page.next }))
        ids.push(...page.items.map(({ id }) => id));
      expect([column, [...ids, ...page.items.map(({ id }) => id)]]).toEqual([column, whole]);
    }
  });

  test('rows that come and go move no page; an empty one knows the way back', async () => {
    const { Session } = await seeded(database, 6);
    await using session = Session();
    const users = session.find(User).orderBy('name');
    const first = await users.page({ size: 2 });
    await session.find(User).where('name', 'in', ['a', 'b']).delete();
    await session.insertMany(User, [{ name: '0' }, { name: 'bb' }]);
    const second = await users.page({ size: 2, after: first.next });
    expect(names(second.items)).toBe('bbc');
    await session.find(User).where('name', '>', 'c').delete();
    const empty = await users.page({ size: 2, after: second.next });
    expect([empty.items, empty.hasNext, empty.hasPrevious]).toEqual([[], false, true]);
    const back = await users.page({ size: 2, before: empty.previous });
    expect([names(back.items), back.hasNext]).toEqual(['bbc', true]);
    const onward = await users.page({ size: 2, after: back.next });
    expect([onward.items, onward.previous]).toEqual([[], empty.previous]);
  });

  test('a cursor serves queries that differ in values only', async () => {
    const { Session } = await seeded(database, 6);
    await using session = Session();
    const from = (ids: number[]): ReturnType<typeof named> => named(ids);
    const named = (ids: number[]) => session.find(User).where('id', 'in', ids).orderBy('name');
    const { next } = await from([1, 2]).page({ size: 1 });
    expect(names((await from([1, 2, 3, 4, 5]).page({ size: 2, after: next })).items)).toBe('bc');
    const others = [
      session.find(User).orderBy('name'),
      from([1]).orderBy('email'),
      session.find(User).where('id', 'not in', [1]).orderBy('name'),
      session.find(User).where('id', 'in', [1]).orderBy('name', 'desc'),
      from([1]).any('jobs'),
    ];
    for (const other of others)
      await expect(other.page({ after: next })).rejects.toMatchObject({ code: 'QUERY_CURSOR_FOREIGN' });
    // @ts-expect-error A cursor of another model.
    await expect(session.find(Job).page({ after: next })).rejects.toThrow(
      'find(Job).page: this cursor is of a query with another model, order or conditions.',
    );
  });

  test('a cursor that was altered, or signed with another secret, is refused before anything is read', async () => {
    const opened = await seeded(database, 3, { cursorSecret: SECRET });
    const { Session, statements } = opened;
    await using session = Session();
    await using stranger = Session({ cursorSecret: 'another secret of some length' });
    const { next } = await session.find(User).page({ size: 1 });
    const foreign = (await stranger.find(User).page({ size: 1 })).next;
    statements.take();
    const [payload = '', signature = ''] = String(next).split('.');
    const forged = Buffer.from(
      Buffer.from(payload, 'base64url')
        .toString()
        .replace(/1("?)\]$/, '2$1]'),
    ).toString('base64url');
    for (const bad of [`${forged}.${signature}`, payload, `${next}.x`, `${next}x`, '', 'x.y', foreign, '..'])
      await expect(session.find(User).page({ after: bad })).rejects.toMatchObject({ code: 'QUERY_CURSOR_ALTERED' });
    await expect(session.find(User).page({ after: 7 as unknown as Cursor<typeof User> })).rejects.toThrow(CursorError);
    expect(statements.take()).toEqual([]);
    expect(names((await session.find(User).page({ after: next })).items)).toBe('bc');
  });

  test('refuses what makes no sense, by name', async () => {
    const { Session } = await seeded(database, 3);
    await using session = Session();
    const { next } = await session.find(User).page({ size: 1 });
    await expect(session.find(User).page({ after: next, before: next })).rejects.toThrow('after and before exclude');
    await expect(session.find(User).limit(3).page()).rejects.toThrow('find(User).page: limit does not go with pages');
    await expect(session.find(User).page({ size: 0 })).rejects.toThrow(QueryArgumentError);
    await expect(
      session
        .find(User)
        .orderBy((eb) => eb.fn('upper', ['name']))
        .page(),
    ).rejects.toThrow('find(User).page: it cannot find its place again when ordered by an expression');
    expect(() => Session({ cursorSecret: 'short' })).toThrow("'cursorSecret' must be a text of at least 16 characters");
    expect((await session.find(User).page({ after: null })).items.length).toBe(3);
  });
});
