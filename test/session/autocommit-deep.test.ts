import { describe, expect, it } from 'vitest';

import { UniqueViolation } from '../../src/errors/database-errors.ts';
import { PendingRollbackError, SessionTransactionError } from '../../src/errors/session-errors.ts';
import { inspect } from '../../src/state/inspect.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, User } from '../support/models.ts';
import type { OpenOptions, Opened } from '../support/open-session.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';

interface Counted extends Opened {
  /** How often a connection was taken since the last call; every one is back by then. */
  checkouts(): number;
}

/** A pool of one connection: whoever holds one while he asks for another waits for ever. */
async function openOne(database: TestDatabase, options: OpenOptions = {}): Promise<Counted> {
  const opened = await open(database, {
    autocommit: true,
    engine: { poolSize: 1, maxOverflow: 0, poolTimeout: 500 },
    ...options,
  });
  const { engine } = opened;
  let count = 0;
  engine.on('checkout', () => count++);
  await opened.Session.begin((session) => {
    session.add(new User({ name: 'ada', addresses: [new Address({ street: 'one' }), new Address({ street: 'two' })] }));
    session.add(new User({ name: 'bob', addresses: [new Address({ street: 'three' })] }));
  });
  count = 0;
  opened.took();
  return {
    ...opened,
    checkouts() {
      expect(engine.pool.status().checkedOut).toBe(0);
      return [count, (count = 0)][0] as number;
    },
  };
}

describe.for(DATABASES)('autocommit on $name', (database) => {
  it('takes a connection for each statement, gives it back at once, and opens no transaction', async () => {
    const { Session, took, checkouts } = await openOne(database);
    await using session = Session();
    const [ada] = await session.find(User).orderBy('id');
    expect([session.inTransaction(), session.getTransaction(), session.isActive, checkouts()]).toEqual([
      false,
      null,
      true,
      1,
    ]);
    await session.get(User, 2);
    await session.execute('select 1');
    await session.sql.selectFrom('users').select('name').execute();
    await session.refresh(ada!);
    await ada!.addresses;
    expect([session.inTransaction(), checkouts()]).toEqual([false, 5]);
    expect(took().filter((text) => !text.startsWith('select'))).toEqual([]);
  });

  it('writes in a short transaction of the flush: one checkout, whatever the number of statements', async () => {
    const { engine, Session, took, checkouts } = await openOne(database);
    await using session = Session();
    const user = new User({ name: 'eve', addresses: [new Address({ street: 'four' })] });
    session.add(user);
    (await session.getOne(User, 1)).name = 'changed';
    checkouts();
    took();
    await session.flush();
    expect(took()).toEqual(['begin', 'update users name', 'insert users', 'insert addresses', 'commit']);
    expect([checkouts(), session.inTransaction(), inspect(user).state]).toEqual([1, false, 'persistent']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['bob'], ['changed'], ['eve']]);
  });

  it('never writes because of a read', async () => {
    const { engine, Session, took } = await openOne(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    ada.name = 'edited';
    const pending = new User({ name: 'pending' });
    session.add(pending);
    took();
    await session.find(User);
    await session.find(User).count();
    await ada.addresses;
    await session.get(User, 2);
    await session.execute('select 1');
    await session.sql.selectFrom('users').select('name').execute();
    expect(took().filter((text) => !text.startsWith('select'))).toEqual([]);
    expect([inspect(pending).state, ada.name, session.dirty]).toEqual(['pending', 'edited', [ada]]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob']]);
  });

  it('flushes before a read when that is asked for', async () => {
    const { Session, took } = await openOne(database);
    await using session = Session({ autoflush: true });
    session.add(new User({ name: 'eve' }));
    took();
    expect(await session.find(User).count()).toBe(3);
    expect(took()).toEqual(['begin', 'insert users', 'commit', 'select users']);
  });

  it('reads results whole, so that a loop may load more on a pool of one connection', async () => {
    const { Session, checkouts } = await openOne(database);
    await using session = Session();
    const streets: string[] = [];
    for (const user of await session.find(User).orderBy('id'))
      for (const address of await user.addresses) streets.push(address.street);
    expect([streets, checkouts()]).toEqual([['one', 'two', 'three'], 2]);
    const { rows } = await session.execute('select name from users order by id');
    expect([rows, checkouts()]).toEqual([[['ada'], ['bob']], 1]);
  });

  it('keeps what is loaded through a flush: no reads afterwards', async () => {
    const { Session, took, checkouts } = await openOne(database);
    await using session = Session();
    const [ada, bob] = await session.find(User).orderBy('id').with('addresses');
    ada!.name = 'changed';
    checkouts();
    took();
    await session.flush();
    expect([ada!.name, bob!.name, bob!.addresses.length, checkouts()]).toEqual(['changed', 'bob', 1, 1]);
    expect(took()).toEqual(['begin', 'update users name', 'commit']);
  });

  it('forgets them with expireOnCommit, which a flush that commits is', async () => {
    const { Session } = await openOne(database);
    await using session = Session({ expireOnCommit: true });
    const ada = await session.getOne(User, 1);
    ada.name = 'changed';
    await session.flush();
    expect(inspect(ada).unloaded).toContain('name');
    await session.refresh(ada);
    expect(ada.name).toBe('changed');
  });

  it('leaves pending objects pending at begin; its rollback undoes them, its commit writes them', async () => {
    const { engine, Session, took } = await openOne(database);
    await using session = Session();
    const lost = new User({ name: 'lost' });
    session.add(lost);
    took();
    const handle = session.begin();
    expect([inspect(lost).state, took()]).toEqual(['pending', []]);
    await session.flush();
    await handle.rollback();
    expect([inspect(lost).state, took()]).toEqual(['transient', ['begin', 'insert users', 'rollback']]);
    const kept = new User({ name: 'kept' });
    session.add(kept);
    await session.begin(() => expect(inspect(kept).state).toBe('pending'));
    expect([inspect(kept).state, took()]).toEqual(['persistent', ['begin', 'insert users', 'commit']]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob'], ['kept']]);
  });

  it('holds one connection from the first statement in begin to its end', async () => {
    const { Session, took, checkouts } = await openOne(database);
    await using session = Session();
    await session.begin(async () => {
      const user = await session.getOne(User, 1);
      await user.addresses;
      user.name = 'changed';
      await session.flush();
      await session.find(User).count();
    });
    expect([checkouts(), session.inTransaction()]).toEqual([1, false]);
    expect(took().filter((text) => !text.startsWith('select'))).toEqual(['begin', 'update users name', 'commit']);
  });

  it('lets a begin inside another join it: one BEGIN, one COMMIT, the inner commit only flushes', async () => {
    const { engine, Session, took } = await openOne(database);
    await using session = Session();
    await session.begin(async (outer) => {
      session.add(new User({ name: 'outer' }));
      await session.begin(async (inner) => {
        session.add(new User({ name: 'inner' }));
        expect([inner === outer, session.getTransaction()]).toEqual([false, outer]);
      });
      expect([session.inTransaction(), outer.isActive, took()]).toEqual([true, true, ['begin', 'insert users']]);
    });
    expect([session.inTransaction(), took()]).toEqual([false, ['commit']]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob'], ['inner'], ['outer']]);
  });

  it('rolls back at once when a joined begin fails, and tells the outer one why', async () => {
    const { engine, Session, took } = await openOne(database);
    await using session = Session();
    const failure = new RangeError('the inner block');
    let seen: Error | undefined;
    const outer = session.begin(async () => {
      session.add(new User({ name: 'outer' }));
      expect(await rejection(session.begin(() => Promise.reject(failure)))).toBe(failure);
      seen = await rejection(session.execute('select 1'));
    });
    expect(await rejection(outer)).toBeInstanceOf(PendingRollbackError);
    expect(seen?.message).toContain('A begin block inside this transaction failed and rolled it back: the inner block');
    expect(seen?.cause).toMatchObject({ cause: failure });
    expect([session.inTransaction(), session.isActive, took()]).toEqual([false, true, []]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob']]);
  });

  it('refuses, rather than commits by itself, after the transaction of a begin block ended early', async () => {
    const { engine, Session } = await openOne(database);
    await using session = Session();
    await session.begin(async () => {
      await session.rollback();
      expect(await rejection(session.execute("insert into users (name) values ('x')"))).toMatchObject({
        code: 'SESSION_BLOCK_ENDED',
      });
      expect(() => session.add(new User({ name: 'x' }))).toThrow(SessionTransactionError);
    });
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob']]);
  });

  it('recovers by itself from a failed flush outside begin', async () => {
    const { engine, Session, took, checkouts } = await openOne(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    ada.name = 'edited';
    const twins = [new User({ name: 'a', email: 'x' }), new User({ name: 'b', email: 'x' })];
    session.addAll(twins);
    took();
    checkouts();
    expect(await rejection(session.flush())).toBeInstanceOf(UniqueViolation);
    expect(took().at(-1)).toBe('rollback');
    expect([session.isActive, session.inTransaction(), checkouts()]).toEqual([true, false, 1]);
    expect([ada.name, twins.map((each) => inspect(each).state), session.new, session.dirty]).toEqual([
      'ada',
      ['transient', 'transient'],
      [],
      [],
    ]);
    session.add(twins[0]!);
    await session.flush();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['a'], ['ada'], ['bob']]);
  });

  it('waits for rollback after a failed flush inside begin', async () => {
    const { Session } = await openOne(database);
    await using session = Session();
    session.begin();
    session.addAll([new User({ name: 'a', email: 'x' }), new User({ name: 'b', email: 'x' })]);
    const failure = await rejection(session.flush());
    expect((await rejection(session.execute('select 1'))).cause).toBe(failure);
    await session.rollback();
    expect([session.inTransaction(), await session.find(User).count()]).toEqual([false, 2]);
  });

  it('lets rollback outside begin drop what is pending and undo edits', async () => {
    const { Session, took } = await openOne(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    const bob = await session.getOne(User, 2);
    const pending = new User({ name: 'pending' });
    session.add(pending);
    ada.name = 'edited';
    session.delete(bob);
    took();
    await session.rollback();
    expect([inspect(pending).state, ada.name, session.deleted, session.dirty, took()]).toEqual([
      'transient',
      'ada',
      [],
      [],
      [],
    ]);
  });

  it('lets commit outside begin flush, and do nothing when there is nothing', async () => {
    const { engine, Session, took } = await openOne(database);
    await using session = Session();
    await session.commit();
    expect(took()).toEqual([]);
    session.add(new User({ name: 'eve' }));
    await session.commit();
    expect(took()).toEqual(['begin', 'insert users', 'commit']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob'], ['eve']]);
  });

  it('detaches what a flush deleted, as its commit does', async () => {
    const { Session } = await openOne(database);
    await using session = Session();
    const bob = await session.getOne(User, 2, { with: ['addresses'] });
    session.delete(bob);
    await session.flush();
    expect([inspect(bob).state, await session.get(User, 2)]).toEqual(['detached', null]);
  });

  it('commits each statement of the program by itself', async () => {
    const { engine, Session, took, checkouts } = await openOne(database);
    await using session = Session();
    await session.execute("insert into users (name) values ('eve')");
    expect([checkouts(), took()]).toEqual([1, ["insert into users (name) values ('eve')"]]);
    await session.close();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['bob'], ['eve']]);
  });

  it('refuses savepoints and a connection of its own outside begin', async () => {
    const { Session, checkouts } = await openOne(database);
    await using session = Session();
    const message = (call: string): string =>
      `${call} needs a transaction, and this autocommit session is in none. Call it inside session.begin(…). [SESSION_NO_TRANSACTION]`;
    expect((await rejection(session.beginNested())).message).toBe(message('beginNested()'));
    expect((await rejection(session.connection())).message).toBe(message('connection()'));
    expect([session.inTransaction(), checkouts()]).toEqual([false, 0]);
    await session.begin(async () => {
      await session.beginNested(() => session.add(new User({ name: 'eve' })));
      expect((await session.connection()).inTransaction).toBe(true);
    });
    expect(session.inTransaction()).toBe(false);
  });

  it('lets tasks share it: one connection each, never more than the pool has', async () => {
    const { Session, checkouts } = await openOne(database);
    await using session = Session();
    const names = await Promise.all([1, 2, 1, 2].map(async (id) => (await session.get(User, id))?.name));
    expect(names).toEqual(['ada', 'bob', 'ada', 'bob']);
    expect(checkouts()).toBe(4);
  });

  it('reads again what an earlier statement read: there is no transaction that would keep it', async () => {
    const { engine, Session } = await openOne(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    await engine.execute("update users set name = 'elsewhere' where id = 1");
    expect([ada.name, (await session.get(User, 1)) === ada, ada.name]).toEqual(['ada', true, 'elsewhere']);
  });
});
