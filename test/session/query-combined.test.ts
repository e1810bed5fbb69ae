import { describe, expect, test } from 'vitest';

import { scopedSession } from '../../src/index.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';

async function seeded(database: TestDatabase): Promise<Opened> {
  const opened = await open(database);
  await opened.Session.begin((session) => {
    const jobs = (...titles: string[]): Job[] => titles.map((title) => new Job({ title }));
    session.add(new User({ name: 'Cid', jobs: jobs('c1', 'c2'), addresses: [new Address({ street: 'Elm' })] }));
    session.add(new User({ name: 'Ada', email: 'a@x', jobs: jobs('a1') }));
    session.add(new User({ name: 'Bob', jobs: jobs('b1', 'b2', 'b3') }));
  });
  opened.statements.take();
  return opened;
}

const titles = (jobs: readonly { title: string }[]): string => jobs.map(({ title }) => title).join();

describe.for(DATABASES)('queries with everything at once on $name', (database) => {
  test.for(['selectin', 'joined', 'json'] as const)('paths, related rows and %s go together', async (strategy) => {
    const opened = await seeded(database);
    await using session = opened.Session();
    const query = session
      .find(Job)
      .where('owner.name', '!=', 'Ada')
      .where((eb, it) => eb.or([it.has('owner.addresses'), eb(it.path('owner.email'), 'is', null)]))
      .any('owner.jobs', (job) => job.where((eb, it) => eb.and([it.has('owner'), eb('title', 'like', '%2')])))
      .orderBy('owner.name')
      .orderBy('title', 'desc')
      .strategy(strategy)
      .with('owner.jobs');
    expect(titles(await query)).toBe('b3,b2,b1,c2,c1');
    const [first] = await query.offset(1).limit(1);
    expect(`${first?.title} of ${first?.owner.name}: ${titles(first?.owner.jobs ?? [])}`).toBe('b2 of Bob: b1,b2,b3');
    expect([await query.count(), await query.limit(2).count(), await query.exists()]).toEqual([5, 2, true]);
    const narrow = await query.columns('title').limit(1);
    expect(narrow.map((job) => `${job.title} ${job.owner.name}`)).toEqual(['b3 Bob']);
    const { items, next } = await query.page({ size: 3 });
    expect([titles(items), titles((await query.page({ after: next })).items)]).toEqual(['b3,b2,b1', 'c2,c1']);
    const streamed: string[] = [];
    for await (const job of query.stream({ batch: 2 })) streamed.push(`${job.title}${job.owner.jobs.length}`);
    expect(streamed).toEqual(['b33', 'b23', 'b13', 'c22', 'c12']);
  });

  test('a condition in a relationship that is loaded along may name paths and related rows', async () => {
    const { Session } = await seeded(database);
    for (const strategy of ['selectin', 'joined', 'json'] as const) {
      await using session = Session();
      const users = await session
        .find(User)
        .orderBy('name')
        .with({
          jobs: (job) =>
            job
              .where('owner.name', 'like', '%b%')
              .any('owner.jobs', (each) => each.where('title', '=', 'b2'))
              .orderBy('owner.name')
              .orderBy('title', 'desc')
              .limit(2)
              .strategy(strategy),
        });
      expect([strategy, users.map(({ jobs }) => titles(jobs))]).toEqual([strategy, ['', 'b3,b2', '']]);
    }
  });

  test('scoped sessions pass all of it on', async () => {
    const { Session } = await seeded(database);
    const db = scopedSession(Session);
    await db.run(async () => {
      expect((await db.find(User).any('addresses').one()).name).toBe('Cid');
      expect((await db.entities(User, 'select * from users order by name').first())?.name).toBe('Ada');
      expect(await db.withoutFilters(() => db.find(User).count())).toBe(3);
    });
  });
});
