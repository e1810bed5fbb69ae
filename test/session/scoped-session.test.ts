import { AsyncLocalStorage } from 'node:async_hooks';

import { describe, expect, test } from 'vitest';

import { inspect, scopedSession, Session } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { gate } from '../support/scripted-connector.ts';
import { recordWarnings } from '../support/warnings.ts';

describe.for(DATABASES)('a scoped session on $name', (database) => {
  test('is one session within a scope, and another in another', async () => {
    const { Session: Factory } = await open(database);
    const db = scopedSession(Factory);
    const seen = await Promise.all(
      ['a', 'b'].map((label) =>
        db.run(
          async () => {
            const first = db.current();
            await db.find(User);
            expect([db.current() === first, first instanceof Session, db.label, db.isInScope]).toEqual([
              true,
              true,
              label,
              true,
            ]);
            return first;
          },
          { label },
        ),
      ),
    );
    expect([seen[0] === seen[1], db.isInScope]).toEqual([false, false]);
  });

  test('is known to the pool as one task: a second session that waits for its connection is refused at once', async () => {
    const {
      Session: Factory,
      engine,
      took,
    } = await open(database, {
      engine: { poolSize: 1, maxOverflow: 0, poolRefuseSelfStarvation: true },
    });
    const db = scopedSession(Factory);
    const work = db.run(
      async () => {
        await db.find(User);
        await Factory.begin((session) => session.find(User));
      },
      { label: 'GET /users' },
    );
    await expect(work).rejects.toThrow(
      /^Every connection of pool .* is held by a task that itself waits for another one, and so would this checkout \(test\/session\/scoped-session.*\):\n {2}- GET \/users: held for .*, idle/,
    );
    expect([took().filter((sql) => sql.startsWith('select')), engine.pool.status().checkedOut]).toEqual([
      ['select users'],
      0,
    ]);
  });

  test('gives its label to whatever else takes a connection in it', async () => {
    const { Session: Factory, engine } = await open(database);
    const db = scopedSession(Factory);
    const labels = await db.run(
      async () => {
        const connection = await engine.connect();
        const held = engine.pool.holders().map(({ label }) => label);
        await connection.release();
        return held;
      },
      { label: 'GET /users' },
    );
    expect(labels).toEqual(['GET /users']);
  });

  test('passes every public member of Session on', async () => {
    const { Session: Factory } = await open(database);
    const db = scopedSession(Factory);
    const members = (prototype: object): PropertyKey[] =>
      prototype === Object.prototype
        ? []
        : [...Reflect.ownKeys(prototype), ...members(Object.getPrototypeOf(prototype) as object)];
    const own = new Set<PropertyKey>(['constructor', 'terminate', 'uncommitted', Symbol.asyncDispose]);
    const missing = members(Session.prototype).filter((name) => !own.has(name) && !(name in db));
    expect(missing).toEqual([]);
  });

  test('works like the session itself', async () => {
    const { Session: Factory, engine } = await open(database);
    const db = scopedSession(Factory);
    await db.run(async () => {
      const user = new User({ name: 'Ada' });
      db.add(user);
      expect([db.new, [...db], db.has(user), db.isActive, db.inTransaction()]).toEqual([
        [user],
        [user],
        true,
        true,
        false,
      ]);
      await db.commit();
      expect([(await db.getOne(User, 1)) === user, inspect(user).session === db.current()]).toEqual([true, true]);
      db.info['tenant'] = 7;
      expect(db.info).toEqual({ tenant: 7 });
    });
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['Ada']]);
  });

  test('gives the connection back at the end of run(), and rolls back what is not committed', async () => {
    const { Session: Factory, engine, took } = await open(database);
    const warnings = recordWarnings();
    const db = scopedSession(Factory);
    const committed = new User({ name: 'kept' });
    await db.run(
      async () => {
        db.add(committed);
        await db.commit();
        db.add(new User({ name: 'new' }));
        await db.flush();
        db.add(new Job({ title: 'pending', owner: committed }));
        committed.name = 'changed';
        expect(engine.pool.status().checkedOut).toBe(1);
      },
      { label: 'GET /orders' },
    );
    expect([engine.pool.status().checkedOut, took().at(-1)]).toEqual([0, 'rollback']);
    expect(await warnings.take()).toEqual([
      {
        code: 'HERMETIC_UNCOMMITTED',
        message:
          "The scope 'GET /orders' ended with uncommitted changes, which are rolled back: new <Job>, changed <User> (name), flushed <User>. Call commit() before it ends.",
      },
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['kept']]);
  });

  test('does not warn of uncommitted changes when the work failed, and lets its error through', async () => {
    const { Session: Factory, engine } = await open(database);
    const warnings = recordWarnings();
    const db = scopedSession(Factory);
    const boom = new RangeError('boom');
    const attempt = db.run(async () => {
      db.add(new User({ name: 'Ada' }));
      await db.flush();
      throw boom;
    });
    await expect(attempt).rejects.toBe(boom);
    expect([await warnings.take(), engine.pool.status().checkedOut]).toEqual([[], 0]);
  });

  test('gives the connection back at remove(), every time', async () => {
    const { Session: Factory, engine } = await open(database);
    const db = scopedSession(Factory);
    for (let i = 0; i < 20; i++) {
      await db.run(async () => {
        try {
          await db.find(User);
          expect(engine.pool.status().checkedOut).toBe(1);
        } finally {
          await db.remove();
        }
        expect(engine.pool.status().checkedOut).toBe(0);
        expect(() => db.find(User)).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }));
      });
    }
  });

  test('refuses to work outside any scope, by verb', async () => {
    const { Session: Factory } = await open(database);
    const db = scopedSession(Factory);
    expect(() => db.add(new User({ name: 'Ada' }))).toThrow(
      /^add\(\) was used outside any scope, so there is no session to use\. Wrap the work in db\.run\(.* \[SCOPE_MISSING\]$/,
    );
    expect(() => db.find(User)).toThrow('find() was used outside any scope');
    expect(() => db.sql).toThrow('sql was used outside any scope');
    await db.remove();
  });

  test('refuses what comes after the end, and what still waits for its turn', async () => {
    const { Session: Factory, engine } = await open(database);
    const db = scopedSession(Factory);
    const { opened, open: letGo } = gate();
    let late!: Promise<unknown>;
    let waiting!: Promise<unknown>;
    await db.run(
      () => {
        late = opened.then(() => db.find(User));
        const running = db.find(User).count();
        waiting = Promise.allSettled([running, db.find(User).count()]);
      },
      { label: 'job 7' },
    );
    letGo();
    await expect(late).rejects.toThrow(
      /^The scope 'job 7' has ended, and with it its session: find\(\) came too late\. .* \[SCOPE_CLOSED\]$/,
    );
    expect(await waiting).toMatchObject([
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: { code: 'SCOPE_CLOSED' } },
    ]);
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('takes no connection any more when it ended while waiting for one', async () => {
    const { Session: Factory, engine } = await open(database, {
      engine: { poolSize: 1, maxOverflow: 0, poolTimeout: 5_000 },
    });
    const db = scopedSession(Factory, { graceMs: 0 });
    const holder = await engine.connect();
    let waiting!: Promise<unknown>;
    await db.run(() => {
      waiting = Promise.allSettled([db.find(User).with('jobs')]);
    });
    await holder.release();
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { code: 'SCOPE_CLOSED' } }]);
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('goes by an object of the program where there is one', async () => {
    const { Session: Factory, engine } = await open(database);
    const requests = new AsyncLocalStorage<{ readonly path: string }>();
    const db = scopedSession(Factory, {
      scope: () => requests.getStore(),
      label: (request) => (request as { path: string }).path,
    });
    const request = { path: '/a' };
    await requests.run(request, async () => {
      await db.find(User);
      expect([db.label, engine.pool.holders().map(({ label }) => label)]).toEqual(['/a', ['/a']]);
      const before = db.current();
      await db.remove();
      expect([engine.pool.status().checkedOut, db.current() === before]).toEqual([0, false]);
      await db.remove();
    });
    expect(() => db.current()).toThrow(expect.objectContaining({ code: 'SCOPE_MISSING' }));
  });

  test('aborted gives its work up and its signal is told', async () => {
    const { Session: Factory, engine } = await open(database);
    const db = scopedSession(Factory);
    const controller = new AbortController();
    const scope = db.open({ label: 'GET /slow', signal: controller.signal });
    await scope.enter(() => db.find(User));
    expect(engine.pool.status().checkedOut).toBe(1);
    controller.abort();
    await scope.end('aborted');
    expect([scope.signal.aborted, engine.pool.status().checkedOut]).toEqual([true, 0]);
    expect(() => scope.enter(() => db.find(User))).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }));
  });

  test('drops the connection of a statement that does not end', async () => {
    const { Session: Factory, engine } = await open(database, { engine: { poolSize: 2, maxOverflow: 0 } });
    const db = scopedSession(Factory, { graceMs: 0 });
    const blocker = await engine.connect();
    blocker.begin();
    await blocker.execute("insert into users (name, email) values ('blocker', 'same')");
    const scope = db.open();
    const hanging = scope.enter(() => {
      db.add(new User({ name: 'blocked', email: 'same' }));
      return Promise.allSettled([db.flush()]);
    });
    await new Promise(setImmediate);
    await scope.end('failed');
    expect(await hanging).toMatchObject([{ status: 'rejected' }]);
    expect(engine.pool.status().checkedOut).toBe(1);
    await blocker.rollback();
    await blocker.release();
    await db.run(async () => {
      db.add(new User({ name: 'free', email: 'same' }));
      await db.commit();
    });
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('of a session that was terminated can still be closed', async () => {
    const { Session: Factory } = await open(database);
    const warnings = recordWarnings();
    const db = scopedSession(Factory);
    await db.run(async () => {
      await using session = db.current();
      await session.find(User);
      await db.remove();
    });
    expect(await warnings.take()).toEqual([]);
  });
});
