import { describe, expect, test } from 'vitest';

import { NotLoadedError } from '../../src/index.ts';
import type { NotRead } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function seeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database);
  await opened.Session.begin((session) => {
    const jobs = ['x', 'y'].map((title) => new Job({ title, payload: { rows: 1 } }));
    session.add(new User({ name: 'Ada', email: 'ada@x', jobs }));
  });
  opened.statements.take();
  return opened;
}

function selects({ statements }: Opened): string[] {
  return statements
    .take()
    .filter((sql) => !/^(begin|commit)/.test(sql))
    .map((sql) => sql.replaceAll(/\$\d+/g, '?'));
}

describe.for(DATABASES)('columns() on $name', (database) => {
  test('reads the named columns and the key, and nothing else is there', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const [job] = await session.find(Job).columns('title').orderBy('id');
    if (job === undefined) throw new Error('no job');
    expect({ ...job }).toEqual({ id: 1, title: 'x' });
    expect(JSON.stringify(job)).toBe('{"id":1,"title":"x"}');
    const status: NotRead<'status'> | (() => string) = () => job.status as unknown as string;
    expect(status).toThrow(NotLoadedError);
    expect(status).toThrow(
      /^Attribute 'status' of <Job at 0x\w+> was left out by the query that read it\. Call await session\.load\(object, 'status'\) first, or name it in the query with \.columns\('status'\)\. \[STATE_NOT_LOADED\]$/,
    );
    expect(selects(opened)).toEqual(['select "id", "title" from "jobs" order by "id" asc']);
  });

  test('load reads what is missing, all at once', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const jobs = await session.find(Job).columns('title').orderBy('id');
    opened.statements.take();
    await session.load(jobs, 'status', 'ownerId');
    expect(jobs.map((job) => ({ ...job }))).toEqual([
      { id: 1, title: 'x', status: 'queued', ownerId: 1 },
      { id: 2, title: 'y', status: 'queued', ownerId: 1 },
    ]);
    expect(selects(opened)).toEqual(['select "id", "status", "owner_id" from "jobs" where "id" in (?, ?)']);
  });

  test('changes of what was read are flushed, and what was not read is not touched', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const [job] = await session.find(Job).columns('title').limit(1);
    if (job === undefined) throw new Error('no job');
    job.title = 'z';
    await session.commit();
    expect(selects(opened).at(-1)).toBe('update "jobs" set "title" = ? where "id" = ?');
    const whole = await opened.Session().get(Job, 1);
    expect(whole?.toObject({ depth: 0 })).toMatchObject({ title: 'z', payload: { rows: 1 }, ownerId: 1 });
  });

  test('what was not read may be set: it is written', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const job = await session.find(Job).columns('title').where('title', '=', 'x').one();
    Object.assign(job, { status: 'done' });
    await session.flush();
    expect(selects(opened).at(-1)).toBe('update "jobs" set "status" = ? where "id" = ?');
  });

  test('a later read of the whole row makes it whole', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const [part] = await session.find(Job).columns('title').limit(1);
    opened.statements.take();
    const whole = await session.get(Job, 1);
    expect(whole).toBe(part);
    expect(whole?.status).toBe('queued');
    expect(selects(opened).length).toBe(1);
    expect(await session.get(Job, 1)).toBe(part);
    expect(selects(opened)).toEqual([]);
  });

  test('an object that is held whole stays whole', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const user = await session.getOne(User, 1);
    await session.find(User).columns('name');
    expect(user.email).toBe('ada@x');
    await session.commit();
    await session.sql.updateTable('users').set({ name: 'Eva', email: 'eva@x' }).execute();
    await session.find(User).columns('name');
    expect([user.name, user.email]).toEqual(['Eva', 'ada@x']);
    expect((await session.get(User, 1))?.email).toBe('eva@x');
    expect(session.dirty).toEqual([]);
  });

  test('relationships work: the key that they need is read when it is missing', async () => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const jobs = await session.find(Job).columns('title').orderBy('id');
    opened.statements.take();
    expect((await jobs[0]?.owner)?.name).toBe('Ada');
    const [keys, owners, ...more] = selects(opened);
    expect(keys).toBe('select "id", "owner_id" from "jobs" where "id" in (?, ?)');
    expect(owners).toContain('from "users" where "id" = ?');
    expect(more).toEqual([]);
    const [user] = await session.find(User).columns('name').with('jobs');
    expect(user?.jobs.map(({ title }) => title)).toEqual(['x', 'y']);
  });

  test('goes with first, page and stream', async () => {
    const { Session } = await seeded(database);
    await using session = Session();
    const titles = session.find(Job).columns('title').orderBy('status').orderBy('title', 'desc');
    expect((await titles.first())?.title).toBe('y');
    const { items, next } = await titles.page({ size: 1 });
    expect(items.map((job) => ({ ...job }))).toEqual([{ id: 2, title: 'y' }]);
    expect((await titles.page({ size: 1, after: next })).items[0]?.title).toBe('x');
    const streamed: string[] = [];
    for await (const { title } of titles.stream({ batch: 1 })) streamed.push(title);
    expect(streamed).toEqual(['y', 'x']);
  });

  test('unknown columns are refused', async () => {
    const { Session } = await open(database);
    await using session = Session();
    // @ts-expect-error No such column.
    expect(() => session.find(Job).columns('titel')).toThrow(
      "columns: Job has no column 'titel'. Did you mean 'title'?",
    );
  });
});
