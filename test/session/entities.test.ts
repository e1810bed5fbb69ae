import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import { NotLoadedError, QueryArgumentError } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Everything, Job, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function seeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database);
  await opened.Session.begin((session) => {
    for (const name of ['Ada', 'Bob'])
      session.add(
        new User({
          name,
          jobs: [new Job({ title: `${name} 1` }), new Job({ title: `${name} 2`, payload: { rows: 2 } })],
        }),
      );
  });
  opened.statements.take();
  return opened;
}

const titles = (jobs: readonly { title: string }[]): string[] => jobs.map(({ title }) => title);

describe.for(DATABASES)('session.entities on $name', (database) => {
  test('makes objects of the rows of a Kysely query, in its order', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const query = session.sql
      .selectFrom('jobs')
      .innerJoin('users', 'users.id', 'jobs.ownerId')
      .selectAll('jobs')
      .where('users.name', '=', 'Bob')
      .orderBy('jobs.title', 'desc');
    const jobs = await session.entities(Job, query);
    expect(titles(jobs)).toEqual(['Bob 2', 'Bob 1']);
    expect(jobs[0]).toBeInstanceOf(Job);
    expect(jobs[0]?.payload).toEqual({ rows: 2 });
    expect(await session.get(Job, jobs[0]?.id ?? 0)).toBe(jobs[0]);
    const texts = opened.statements.take().filter((text) => text.startsWith('select'));
    expect(texts.length).toBe(1);
    expect(texts[0]).toContain('inner join "users" on "users"."id" = "jobs"."owner_id" where "users"."name" =');
  });

  test('takes an sql template, and a text with parameters', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    expect(titles(await session.entities(Job, sql`select * from jobs where title like ${'Ada%'} order by id`))).toEqual(
      ['Ada 1', 'Ada 2'],
    );
    const placeholder = database.name === 'sqlite' ? '?' : '$1';
    const text = `select * from jobs where title = ${placeholder}`;
    expect(titles(await session.entities(Job, text, ['Bob 1']))).toEqual(['Bob 1']);
    expect(await session.entities(Job, text, ['none']).first()).toBe(null);
    expect((await session.entities(Job, text, ['Bob 1']).one()).title).toBe('Bob 1');
    await expect(session.entities(Job, text, ['none']).one()).rejects.toMatchObject({ code: 'QUERY_NO_RESULT' });
    await expect(session.entities(Job, 'select * from jobs').one()).rejects.toMatchObject({
      code: 'QUERY_MULTIPLE_RESULTS',
    });
  });

  test('matches columns by name or by property, leaves others aside, and knows what is missing', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const [job] = await session.entities(
      Job,
      sql`select id, title, owner_id as "ownerId", 7 as rank, upper(title) as loud from jobs order by id limit 1`,
    );
    expect({ ...job }).toEqual({ id: 1, title: 'Ada 1', ownerId: 1 });
    expect(() => job?.status).toThrow(NotLoadedError);
    opened.statements.take();
    await session.load(job as Job, 'status');
    expect(job?.status).toBe('queued');
    expect(opened.statements.take().length).toBe(1);
  });

  test('reads values of every type as find does', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await Session.begin((session) =>
      session.add(
        new Everything({
          integer: 1,
          bigint: 2n ** 60n,
          text: "it's",
          varchar: 'v',
          boolean: true,
          real: 0.5,
          double: 0.25,
          numeric: '10.50',
          timestamp: new Date('2026-01-02T03:04:05.678Z'),
          date: '2026-02-28',
          uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
          json: { list: [1], nested: { deep: 'x' } },
          bytes: new Uint8Array([1, 2]),
          colour: 'red',
        }),
      ),
    );
    await using one = Session();
    await using two = Session();
    expect({ ...(await one.entities(Everything, 'select * from everything').one()) }).toEqual({
      ...(await two.find(Everything).one()),
    });
  });

  test('flushes first, loads relationships along, and keeps edits of held objects', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const ada = await session.find(User).where('name', '=', 'Ada').one();
    session.add(new Job({ title: 'Ada 3', owner: ada }));
    const users = await session.entities(User, sql`select * from users order by id`).with('jobs.owner');
    expect(users[0]).toBe(ada);
    expect(users.map(({ jobs }) => titles(jobs))).toEqual([
      ['Ada 1', 'Ada 2', 'Ada 3'],
      ['Bob 1', 'Bob 2'],
    ]);
    const job = users[1]?.jobs[0] as Job;
    await session.noAutoflush(async () => {
      job.title = 'edited';
      await session.entities(Job, 'select * from jobs');
      expect(job.title).toBe('edited');
      await session.entities(Job, 'select * from jobs').populateExisting();
      expect(job.title).toBe('Bob 1');
    });
    const parts = await session.entities(User, 'select * from users order by id').with({
      jobs: (each) => each.where('title', 'like', '% 1'),
    });
    expect(parts.map(({ jobs }) => titles(jobs))).toEqual([['Ada 1'], ['Bob 1']]);
  });

  test('takes what a write returns', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const done = await session.entities(Job, sql`update jobs set status = 'done' where title like 'Bob%' returning *`);
    expect(done.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(await session.find(Job).where({ status: 'done' }).count()).toBe(2);
  });

  test('refuses rows without a key, with a name twice, and what selects nothing', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    await expect(session.entities(Job, 'select title, status from jobs')).rejects.toThrow(
      "entities(Job): the statement gives no 'id', without which a row is no Job; it gives: title, status. Select it too. [QUERY_BAD_ARGUMENT]",
    );
    await expect(
      session.entities(Job, 'select jobs.*, users.id from jobs join users on users.id = jobs.owner_id'),
    ).rejects.toThrow("entities(Job): the statement gives 'id' twice");
    expect(() => session.entities(Job, undefined as unknown as string)).toThrow(QueryArgumentError);
  });
});
