import { describe, expect, test } from 'vitest';

import { inspect, PoolTimeoutError, scopedSession } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Job, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open, rowsOf } from '../support/open-session.ts';

/** Runs the collector until `done`, or often enough that it would have found what there is. */
async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !done(); i++) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
}

async function seed({ Session }: Opened): Promise<void> {
  await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' })] })));
}

describe.for(DATABASES)('on $name', (database) => {
  test('S1: a scope that somebody else ends gives its connection back and commits nothing', async () => {
    const opened = await open(database);
    await seed(opened);
    const { Session, engine } = opened;
    const db = scopedSession(Session);
    const request = db.open({ label: 'GET /jobs' });
    await request.enter(async () => {
      (await db.getOne(User, 1)).name = 'never committed';
      await db.flush();
    });
    expect(engine.pool.status().checkedOut).toBe(1);
    await request.end('finished');
    expect([engine.pool.status().checkedOut, await rowsOf(engine, 'users', 'name')]).toEqual([0, [['Ada']]]);
  });

  test('S2: a full pool says who holds its connections, since when and from which line', async () => {
    const clock = new ManualClock();
    const opened = await open(database, { engine: { clock } });
    await seed(opened);
    const { Session, engine } = opened;
    const requests = Array.from({ length: 15 }, (_, at) => ({ path: `GET /jobs/${at}` }));
    let request: object | undefined;
    const db = scopedSession(Session, {
      scope: () => request,
      label: (scope) => (scope as { path: string }).path,
    });
    for (request of requests) await db.find(User);
    const holders = engine.pool.holders();
    expect(holders.map(({ label }) => label)).toEqual(requests.map(({ path }) => path));
    expect(holders.every(({ line }) => /situations\.test\.ts:\d+:\d+$/.test(String(line)))).toBe(true);
    request = { path: 'GET /one-too-many' };
    const refused = db.find(User).then(undefined, (error: unknown) => error);
    await new Promise(setImmediate);
    await clock.advance(30_000);
    const error = (await refused) as PoolTimeoutError;
    expect(error).toBeInstanceOf(PoolTimeoutError);
    expect(error.message).toMatch(/^QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30/);
    expect(error.message).toContain('GET /jobs/0');
    expect(error.message).toContain('situations.test.ts:');
    for (request of requests) await db.remove();
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('S2: the connection of a session that nobody has any more is taken back, with the line that lost it', async () => {
    const opened = await open(database);
    await seed(opened);
    const { Session, engine } = opened;
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listen);
    const lose = async (): Promise<void> => {
      const session = Session({ label: 'forgetful' });
      const [user] = await session.find(User).with('jobs');
      expect([user!.name, engine.pool.status().checkedOut]).toEqual(['Ada', 1]);
    };
    await lose();
    await collect(() => engine.pool.status().checkedOut === 0 && warnings.length > 0);
    process.off('warning', listen);
    expect(engine.pool.status().checkedOut).toBe(0);
    expect(warnings.join()).toContain('forgetful');
    expect(warnings.join()).toMatch(/situations\.test\.ts:\d+/);
  });

  test('S3: remove() in a finally gives the connection back at once', async () => {
    const { Session, engine } = await open(database, { engine: { poolSize: 1, maxOverflow: 0 } });
    const db = scopedSession(Session);
    const handle = (fail: boolean): Promise<string> =>
      db.run(async () => {
        try {
          await db.find(User);
          if (fail) throw new RangeError('boom');
          return 'ok';
        } finally {
          await db.remove();
        }
      });
    const outcomes = await Promise.allSettled([true, false, true, false, false].map(handle));
    expect(outcomes.map(({ status }) => status[0])).toEqual(['r', 'f', 'r', 'f', 'f']);
    expect(engine.pool.status()).toMatchObject({ checkedOut: 0 });
  });

  test('S4: no global: blocks end their sessions, and errors of the block come through', async () => {
    const { Session, engine } = await open(database);
    const boom = new RangeError('boom');
    const attempt = (async () => {
      await using session = Session();
      session.add(new User({ name: 'lost' }));
      await session.flush();
      (await session.connection()).invalidate();
      throw boom;
    })();
    await expect(attempt).rejects.toBe(boom);
    await Session.begin((session) => session.add(new User({ name: 'kept' })));
    expect([engine.pool.status().checkedOut, await rowsOf(engine, 'users', 'name')]).toEqual([0, [['kept']]]);
  });

  test('S5: an object that outlives its session reads what is loaded and explains the rest', async () => {
    const opened = await open(database);
    await seed(opened);
    const job = await opened.Session.begin((session) => session.find(Job).one());
    expect([job.title, inspect(job).state]).toEqual(['a', 'detached']);
    expect(() => job.owner).toThrow(
      /^Parent instance <Job at 0x[0-9a-f]+> is not bound to a Session; lazy load operation of attribute 'owner' cannot proceed/,
    );
  });

  test('S6: expungeAll() leaves everything loaded usable', async () => {
    const opened = await open(database, { expireOnCommit: true });
    await seed(opened);
    const user = await opened.Session.begin(async (session) => {
      const found = await session.find(User).with('jobs').one();
      session.expungeAll();
      return found;
    });
    expect([user.name, user.jobs[0]?.title]).toEqual(['Ada', 'a']);
  });

  test('S7: autocommit takes a connection for each statement, which the counters show', async () => {
    const opened = await open(database, { autocommit: true });
    await seed(opened);
    const { Session, engine } = opened;
    let checkouts = 0;
    engine.on('checkout', () => checkouts++);
    await using session = Session();
    const user = await session.getOne(User, 1);
    await user.jobs;
    user.name = 'Eve';
    await session.flush();
    expect([checkouts, engine.pool.status().checkedOut, await rowsOf(engine, 'users', 'name')]).toEqual([
      3,
      0,
      [['Eve']],
    ]);
  });
});
