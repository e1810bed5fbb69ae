import { describe, expect, test, vi } from 'vitest';

import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import type { Opened, OpenOptions } from '../support/open-session.ts';
import { open } from '../support/open-session.ts';
import { recordWarnings } from '../support/warnings.ts';

const USERS = 12;

/** Twelve users, `u1` to `u12`, with two jobs each. */
async function openSeeded(database: TestDatabase, options?: OpenOptions): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin((session) => {
    for (let at = 1; at <= USERS; at++)
      session.add(new User({ name: `u${at}`, jobs: [new Job({ title: `a${at}` }), new Job({ title: `b${at}` })] }));
  });
  opened.took();
  return opened;
}

type Session = Awaited<ReturnType<Opened['Session']>>;

/** Users that do not come from one result. */
async function oneByOne(session: Session, count: number): Promise<User[]> {
  const users: User[] = [];
  for (let id = 1; id <= count; id++) users.push(await session.find(User).where({ id }).one());
  return users;
}

async function readJobs(users: readonly User[]): Promise<number> {
  let count = 0;
  for (const user of users) count += (await user.jobs).length;
  return count;
}

/** Line and column change with this file. */
const withoutPlace = (text: string): string => text.replace(/\.test\.ts:\d+:\d+/, '.test.ts:L:C');

describe.for(DATABASES)('a loop that loads one by one on $name', (database) => {
  test('is reported by its line, once', async () => {
    const { Session, took } = await openSeeded(database);
    const warnings = recordWarnings();
    await using session = Session();
    const users = await oneByOne(session, USERS);
    took();
    expect(await readJobs(users.slice(0, 4))).toBe(8);
    expect(await warnings.take()).toEqual([]);
    expect(await readJobs(users.slice(4))).toBe(16);
    const [warning, ...others] = await warnings.take();
    expect([withoutPlace(warning!.message), warning!.code, others]).toEqual([
      "test/session/repeated-loads.test.ts:L:C has caused 5 statements for User.jobs in one session, for 5 objects in all. Load it with the objects, .with('jobs'), or for all at once: session.load(objects, 'jobs'). This is said once for each line; the session option repeatedLoads sets the number, or false. [SESSION_REPEATED_LOADS]",
      'SESSION_REPEATED_LOADS',
      [],
    ]);
    expect(took()).toEqual(Array.from({ length: USERS }, () => 'select jobs by owner_id'));
  });

  test('is none when session.load goes ahead, or what is awaited is in memory', async () => {
    const { Session, took } = await openSeeded(database);
    const warnings = recordWarnings();
    await using session = Session();
    const users = await oneByOne(session, 6);
    await session.load(users, 'jobs');
    expect(await readJobs(users)).toBe(12);
    const jobs = users.flatMap((user) => user.jobs as Job[]);
    for (const job of jobs) session.expire(job, ['owner']);
    took();
    for (const job of jobs) await job.owner;
    expect([took(), await warnings.take()]).toEqual([[], []]);
  });

  test('is reported for get, which can be asked for many keys as one', async () => {
    const { Session, took } = await openSeeded(database);
    const warnings = recordWarnings();
    await using session = Session();
    for (let id = 1; id <= 8; id++) await session.get(User, (id % 5) + 1);
    for (let id = 6; id <= 9; id++) await session.get(User, id);
    const [warning, ...others] = await warnings.take();
    expect([withoutPlace(warning!.message), others]).toEqual([
      "test/session/repeated-loads.test.ts:L:C has caused 5 statements for get(User) in one session, for 5 objects in all. Read them all at once: find(User).where('id', 'in', …). This is said once for each line; the session option repeatedLoads sets the number, or false. [SESSION_REPEATED_LOADS]",
      [],
    ]);
    expect(took().filter((text) => text.startsWith('select'))).toHaveLength(9);
  });

  test('is reported after as many statements as the session says, or never', async () => {
    const { Session } = await openSeeded(database, { repeatedLoads: 2 });
    const warnings = recordWarnings();
    for (const options of [{}, { repeatedLoads: false }] as const) {
      await using session = Session(options);
      await readJobs(await oneByOne(session, 6));
    }
    const found = (await warnings.take()).filter(({ message }) => message.includes('User.jobs'));
    expect(found.map(({ message }) => /caused \d+/.exec(message)?.[0])).toEqual(['caused 2']);
  });

  test('is nobody’s business in production, unless asked', async () => {
    const { Session } = await openSeeded(database);
    const warnings = recordWarnings();
    vi.stubEnv('NODE_ENV', 'production');
    try {
      for (const options of [{}, { repeatedLoads: 3 }] as const) {
        await using session = Session(options);
        await readJobs(await oneByOne(session, 6));
      }
    } finally {
      vi.unstubAllEnvs();
    }
    expect((await warnings.take()).map(({ message }) => /caused \d+/.exec(message)?.[0])).toEqual(['caused 3']);
  });

  test('is something else than a loop over pages', async () => {
    const { Session } = await openSeeded(database, { repeatedLoads: 2 });
    const warnings = recordWarnings();
    await using session = Session();
    for (let page = 0; page < 2; page++) {
      const jobs = await session
        .find(Job)
        .orderBy('id')
        .limit(12)
        .offset(page * 12);
      for (const job of jobs) await job.owner;
    }
    expect(await warnings.take()).toEqual([]);
  });
});

describe.for(DATABASES)('loops in loops on $name', (database) => {
  test('take one statement for each level, however many objects there are', async () => {
    const { Session, took } = await openSeeded(database);
    for (const limit of [2, USERS]) {
      await using session = Session();
      const users = await session.find(User).orderBy('id').limit(limit);
      let seen = 0;
      for (const user of users)
        for (const job of await user.jobs) {
          session.expire(job, ['owner']);
          for (const twin of await (await job.owner).jobs) seen += twin.title.length > 0 ? 1 : 0;
        }
      expect(seen).toBe(limit * 4);
      expect(took().filter((text) => text.startsWith('select'))).toEqual(['select users', 'select jobs by owner_id']);
      await using fresh = Session();
      const jobs = await fresh.find(Job).orderBy('id').limit(limit);
      for (const job of jobs) for (const other of await (await job.owner).jobs) await other.owner;
      expect(took().filter((text) => text.startsWith('select'))).toEqual([
        'select jobs',
        'select users by id',
        'select jobs by owner_id',
      ]);
    }
  });
});

test('The number of statements that may go to one line is checked', async () => {
  const { Session } = await open(DATABASES[0]!);
  for (const wrong of [0, 1, 2.5, '5', true])
    expect(() => Session({ repeatedLoads: wrong as number })).toThrow(
      expect.objectContaining({ code: 'SESSION_BAD_OPTION' }),
    );
});
