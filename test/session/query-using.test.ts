import { describe, expect, test } from 'vitest';

import type { Alteration } from '../../src/index.ts';
import { QueryArgumentError } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Node, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function seeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database, { tables: [User, Job, Node] });
  await opened.Session.begin((session) => {
    const job = (title: string, status: 'done' | 'queued' = 'done'): Job => new Job({ title, status });
    session.add(new User({ name: 'Ada', jobs: [job('a1'), job('a2')] }));
    session.add(new User({ name: 'Bob', jobs: [job('b1'), job('b2', 'queued')] }));
    session.add(new User({ name: 'Cid' }));
    session.add(new Node({ name: 'root', children: [new Node({ name: 'leaf' })] }));
  });
  opened.statements.take();
  return opened;
}

const names = (users: readonly { name: string }[]): string => users.map(({ name }) => name).join();

function selects({ statements }: Opened): string[] {
  return statements
    .take()
    .filter((sql) => sql.startsWith('select'))
    .map((sql) => sql.replaceAll(/\$\d+/g, '?'));
}

describe.for(DATABASES)('using() on $name', (database) => {
  test('joins, groups and makes distinct; the result is still objects', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const done = session
      .find(User)
      .where('name', '!=', 'Cid')
      .using((query) => query.innerJoin('jobs', 'jobs.ownerId', 'it.id').where('jobs.status', '=', 'done'))
      .orderBy('name');
    expect(names(await done)).toBe('Ada,Ada,Bob');
    const distinct = done.using((query) => query.distinct());
    const users = await distinct.with('jobs');
    expect(users.map(({ name, jobs }) => `${name}${jobs.length}`)).toEqual(['Ada2', 'Bob2']);
    expect(selects(opened)[1]).toBe(
      'select distinct "users"."id", "users"."name", "users"."email" from "users" ' +
        'inner join "jobs" on "jobs"."owner_id" = "users"."id" ' +
        'where "users"."name" != ? and "jobs"."status" = ? order by "users"."name" asc',
    );
  });

  test('count and exists count what comes of it', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const joined = session.find(User).using((query) => query.innerJoin('jobs', 'jobs.ownerId', 'it.id'));
    const distinct = joined.using((query) => query.distinct());
    expect([await joined.count(), await distinct.count(), await distinct.limit(1).count()]).toEqual([4, 2, 1]);
    const many = distinct.using((query) => query.where('jobs.title', 'like', 'z%'));
    expect([await distinct.exists(), await many.exists(), await many.count()]).toEqual([true, false, 0]);
    const grouped = session.find(User).using((query) =>
      query
        .innerJoin('jobs as j', 'j.ownerId', 'it.id')
        .groupBy(['it.id', 'it.name', 'it.email'])
        .having((eb) => eb.fn.countAll(), '>', 1),
    );
    expect(await grouped.count()).toBe(2);
    expect((await grouped.orderBy('id').first())?.name).toBe('Ada');
  });

  test('goes with paths, filters of related rows, pages and first', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const jobs = session
      .find(Job)
      .where('owner.name', 'in', ['Ada', 'Bob'])
      .where((eb, it) => eb(it.path('owner.name'), '!=', 'Cid'))
      .using((query) => query.where('it.status', '=', 'done').where('title', '!=', 'a1'));
    expect((await jobs.orderBy('owner.name').orderBy('title')).map(({ title }) => title)).toEqual(['a2', 'b1']);
    const { items, next } = await jobs.orderBy('owner.name', 'desc').page({ size: 1 });
    expect(
      [...items, ...(await jobs.orderBy('owner.name', 'desc').page({ size: 1, after: next })).items].map(
        ({ title }) => title,
      ),
    ).toEqual(['b1', 'a2']);
    await expect(session.find(Job).orderBy('owner.name', 'desc').page({ after: next })).rejects.toMatchObject({
      code: 'QUERY_CURSOR_FOREIGN',
    });
  });

  test('leaves columns aside that it adds, and orders by them', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const users = await session
      .find(User)
      .using((query) => query.select((eb) => eb.fn('upper', ['it.name']).as('loud')).orderBy('loud', 'desc'));
    expect(names(users)).toBe('Cid,Bob,Ada');
    expect({ ...users[0] }).toEqual({ id: 3, name: 'Cid', email: null });
    users.forEach((user) => (user.name = `${user.name}!`));
    await session.flush();
    expect(await session.find(User).where('name', 'like', '%!').count()).toBe(3);
  });

  test('a table may be joined to itself', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const children = await session
      .find(Node)
      .using((query) => query.innerJoin('nodes as p', 'p.id', 'it.parentId').where('p.name', '=', 'root'));
    expect(names(children)).toBe('leaf');
  });

  test('is refused where it cannot be: in a write, and when nothing comes back', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    await expect(
      session
        .find(User)
        .using((query) => query)
        .delete(),
    ).rejects.toThrow('cannot be used after using()');
    const nothing = (() => undefined) as unknown as Alteration;
    await expect(session.find(User).using(nothing)).rejects.toThrow(QueryArgumentError);
    await expect(session.find(User).using(nothing)).rejects.toThrow(
      'find(User).using: the function gives no query back.',
    );
  });
});

describe.for(DATABASES)('locking queries on $name', (database) => {
  test('lock as strongly as asked, and only rows that are there', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const jobs = session.find(Job).where('title', '=', 'a1');
    await jobs.forUpdate();
    await jobs.forUpdate({ mode: 'noKeyUpdate', skipLocked: true });
    await jobs.forUpdate({ mode: 'share', nowait: true });
    await jobs.forUpdate({ mode: 'keyShare' });
    await jobs.where('owner.name', '=', 'Ada').forUpdate();
    await jobs.forUpdate({ of: 'owner' });
    await jobs.where('owner.name', '=', 'Ada').forUpdate({ of: ['it', 'owner'], skipLocked: true });
    const texts = selects(opened);
    if (database.name === 'sqlite') {
      expect(texts.some((text) => text.includes(' for '))).toBe(false);
      return;
    }
    expect(texts.map((text) => text.replace(/^.*?(?= for )/, ''))).toEqual([
      ' for update',
      ' for no key update skip locked',
      ' for share nowait',
      ' for key share',
      ' for update of "jobs"',
      ' for update of "users"',
      ' for update of "jobs", "users" skip locked',
    ]);
    expect(texts[5]).toContain('inner join "users" on "users"."id" = "jobs"."owner_id"');
    expect(texts[4]).toContain('left join "users"');
  });

  test('refuse what may be missing, and unknown modes', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    expect(() => session.find(User).forUpdate({ of: 'jobs' })).toThrow(
      "forUpdate: 'jobs' may lead to no row, or to several, and what may be missing cannot be locked along. " +
        'Lock them in a query of their own: find(Job).…forUpdate(). [QUERY_BAD_ARGUMENT]',
    );
    expect(() => session.find(Node).forUpdate({ of: 'parent' })).toThrow(QueryArgumentError);
    expect(() => session.find(Job).forUpdate({ mode: 'exclusive' as 'share' })).toThrow("there is no mode 'exclusive'");
    // @ts-expect-error No such relationship.
    expect(() => session.find(Job).forUpdate({ of: 'onwer' })).toThrow("Did you mean 'owner'?");
  });
});
