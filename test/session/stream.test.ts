import { describe, expect, test } from 'vitest';

import { QueryArgumentError } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Order, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';

async function fill({ Session, took }: Opened, count: number): Promise<void> {
  await Session.begin((session) => {
    for (let at = 1; at <= count; at++)
      session.add(new User({ name: `u${at % 3}`, jobs: [new Job({ title: `j${at}` })] }));
  });
  took();
}

async function idsOf(users: AsyncIterable<User>): Promise<number[]> {
  const ids: number[] = [];
  for await (const user of users) ids.push(user.id);
  return ids;
}

for (const database of DATABASES) {
  describe(`stream on ${database.name}`, () => {
    test('reads a page for each batch, each after the last row of the one before', async () => {
      const opened = await open(database);
      await fill(opened, 5);
      await using session = opened.Session();
      expect(await idsOf(session.find(User).stream({ batch: 2 }))).toEqual([1, 2, 3, 4, 5]);
      const selects = opened.statements.take().filter((sql) => sql.startsWith('select'));
      const columns = 'select "id", "name", "email" from "users"';
      const [one, two] = database.name === 'sqlite' ? ['?', '?'] : ['$1', '$2'];
      expect(selects).toEqual([
        `${columns} order by "id" asc limit ${one}`,
        `${columns} where "id" > ${one} order by "id" asc limit ${two}`,
        `${columns} where "id" > ${one} order by "id" asc limit ${two}`,
      ]);
    });

    test('keeps the order asked for and lets the key decide among equals', async () => {
      const opened = await open(database);
      await fill(opened, 7);
      await using session = opened.Session();
      const streamed = await idsOf(session.find(User).orderBy('name', 'desc').stream({ batch: 2 }));
      expect(streamed).toEqual((await session.find(User).orderBy('name', 'desc').orderBy('id')).map(({ id }) => id));
      expect(streamed).toEqual([2, 5, 1, 4, 7, 3, 6]);
    });

    test('stops at the limit, begins at the offset, keeps to the condition', async () => {
      const opened = await open(database);
      await fill(opened, 9);
      await using session = opened.Session();
      expect(await idsOf(session.find(User).where('id', '>', 1).offset(1).limit(5).stream({ batch: 2 }))).toEqual([
        3, 4, 5, 6, 7,
      ]);
      expect(
        await idsOf(
          session
            .find(User)
            .where((eb) => eb('id', '<=', 3))
            .stream({ batch: 2 }),
        ),
      ).toEqual([1, 2, 3]);
      expect(await idsOf(session.find(User).limit(0).stream())).toEqual([]);
    });

    test('loads relationships along, a statement for each batch', async () => {
      const opened = await open(database);
      await fill(opened, 4);
      await using session = opened.Session();
      const titles: string[] = [];
      for await (const user of session.find(User).with('jobs').stream({ batch: 2 })) titles.push(user.jobs[0]!.title);
      expect(titles).toEqual(['j1', 'j2', 'j3', 'j4']);
      expect(opened.took().filter((sql) => sql.startsWith('select'))).toEqual([
        'select users',
        'select jobs by owner_id',
        'select users by id',
        'select jobs by owner_id',
        'select users by id',
      ]);
    });

    test('leaves the session free: the loop reads, edits, flushes and commits', async () => {
      const opened = await open(database);
      await fill(opened, 5);
      await using session = opened.Session();
      const seen: number[] = [];
      for await (const user of session.find(User).stream({ batch: 2 })) {
        seen.push(user.id, (await user.jobs).length, (await session.getOne(User, 1)).id);
        user.name = `seen ${user.id}`;
        if (user.id === 2) await session.flush();
        if (user.id === 4) await session.commit();
      }
      await session.commit();
      expect(seen).toEqual([1, 1, 1, 2, 1, 1, 3, 1, 1, 4, 1, 1, 5, 1, 1]);
      const { rows } = await opened.engine.execute('select name from users order by id');
      expect(rows.flat()).toEqual(['seen 1', 'seen 2', 'seen 3', 'seen 4', 'seen 5']);
    });

    test('neither repeats nor hides rows when others come and go, or are edited, meanwhile', async () => {
      const opened = await open(database);
      await fill(opened, 6);
      await using session = opened.Session();
      const seen: number[] = [];
      for await (const user of session.find(User).orderBy('name').stream({ batch: 2 })) {
        seen.push(user.id);
        if (seen.length !== 2) continue;
        await session.commit();
        await opened.Session.begin((other) => other.add(new User({ name: 'a first' })));
      }
      expect(seen).toEqual([3, 6, 1, 4, 2, 5]);
    });

    test('tasks share the session with a stream', async () => {
      const opened = await open(database);
      await fill(opened, 6);
      await using session = opened.Session();
      const [ids, count, user] = await Promise.all([
        idsOf(session.find(User).stream({ batch: 1 })),
        session.find(Job).count(),
        session.get(User, 6),
      ]);
      expect([ids, count, user?.id]).toEqual([[1, 2, 3, 4, 5, 6], 6, 6]);
    });

    test('reads nothing after the loop was left', async () => {
      const opened = await open(database);
      await fill(opened, 6);
      await using session = opened.Session();
      for await (const user of session.find(User).stream({ batch: 2 })) if (user.id === 2) break;
      expect(opened.took().filter((sql) => sql.startsWith('select'))).toEqual(['select users']);
    });

    test('follows keys of several columns', async () => {
      const opened = await open(database, { tables: [Order] });
      await opened.Session.begin((session) => {
        for (const region of ['eu', 'us']) for (const number of [1, 2, 3]) session.add(new Order({ region, number }));
      });
      await using session = opened.Session();
      const keys: string[] = [];
      for await (const order of session.find(Order).stream({ batch: 2 })) keys.push(`${order.region}${order.number}`);
      expect(keys).toEqual(['eu1', 'eu2', 'eu3', 'us1', 'us2', 'us3']);
    });

    test('follows columns that may be null, and columns of related rows', async () => {
      const opened = await open(database);
      await opened.Session.begin((session) => {
        for (const [at, email] of [null, 'b', null, 'a', null].entries())
          session.add(new User({ name: `u${at}`, email, jobs: [new Job({ title: `j${at}` })] }));
      });
      await using session = opened.Session();
      const byEmail = session.find(User).orderBy('email', 'desc');
      const whole = (await byEmail.orderBy('id')).map(({ id }) => id);
      expect(await idsOf(byEmail.stream({ batch: 2 }))).toEqual(whole);
      const titles: string[] = [];
      for await (const { title } of session
        .find(Job)
        .orderBy('owner.email', (order) => order.asc().nullsFirst())
        .stream({ batch: 2 }))
        titles.push(title);
      expect(titles).toEqual(['j0', 'j2', 'j4', 'j3', 'j1']);
    });

    test('refuses an order in which it could not find its place again, before it reads', async () => {
      const { Session, took } = await open(database);
      await using session = Session();
      took();
      const byExpression = session.find(User).orderBy((eb) => eb.fn('upper', ['name']));
      await expect(byExpression.stream().next()).rejects.toThrow(QueryArgumentError);
      await expect(byExpression.stream().next()).rejects.toThrow(
        'find(User).stream: it cannot find its place again when ordered by an expression.',
      );
      await expect(session.find(User).stream({ batch: 0 }).next()).rejects.toThrow(
        'a batch of 0 objects reads nothing',
      );
      expect(took()).toEqual([]);
    });
  });
}
