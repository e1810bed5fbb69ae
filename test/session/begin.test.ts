import { describe, expect, it } from 'vitest';

import { UniqueViolation } from '../../src/errors/database-errors.ts';
import { PendingRollbackError, SessionTransactionError } from '../../src/errors/session-errors.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';
import { rejection } from '../support/rejection.ts';
import { recordWarnings } from '../support/warnings.ts';

describe.for(DATABASES)('begin on $name', (database) => {
  it('takes its connection at the first statement and gives it back at the end', async () => {
    const { engine, Session, took } = await open(database);
    await using session = Session();
    expect([session.inTransaction(), engine.pool.status().checkedOut]).toEqual([false, 0]);
    await session.begin(async () => {
      expect([session.inTransaction(), engine.pool.status().checkedOut]).toEqual([true, 0]);
      session.add(new User({ name: 'ada' }));
      await session.flush();
      expect(engine.pool.status().checkedOut).toBe(1);
    });
    expect([session.inTransaction(), engine.pool.status().checkedOut]).toEqual([false, 0]);
    expect(took().slice(-3)).toEqual(['begin', 'insert users', 'commit']);
  });

  it('rolls back and rejects with the error of the block', async () => {
    const { engine, Session, took } = await open(database);
    took();
    await using session = Session();
    const user = new User({ name: 'ada' });
    const error = new RangeError('the block');
    const refused = session.begin(async () => {
      session.add(user);
      await session.flush();
      throw error;
    });
    expect(await rejection(refused)).toBe(error);
    expect(inspect(user).state).toBe('transient');
    expect(took()).toEqual(['begin', 'insert users', 'rollback']);
    expect(await rowsOf(engine, 'users', 'id')).toEqual([]);
  });

  it('gives a handle that ends the transaction; the next use begins another', async () => {
    const { Session, took } = await open(database);
    took();
    await using session = Session();
    const handle = session.begin();
    expect([handle.isActive, handle.isEnded, handle.isNested, handle.parent]).toEqual([true, false, false, null]);
    expect(session.getTransaction()).toBe(handle);
    session.add(new User({ name: 'ada' }));
    await handle.commit();
    expect([handle.isActive, handle.isEnded, session.getTransaction()]).toEqual([false, true, null]);
    expect(await rejection(handle.commit())).toMatchObject({ code: 'SESSION_CLOSED_TRANSACTION' });
    expect(await rejection(handle.rollback())).toMatchObject({ code: 'SESSION_CLOSED_TRANSACTION' });
    session.add(new User({ name: 'bob' }));
    await session.flush();
    expect(session.inTransaction()).toBe(true);
    expect(session.getTransaction()).not.toBe(handle);
    await session.commit();
    expect(took()).toEqual(['begin', 'insert users', 'commit', 'begin', 'insert users', 'commit']);
  });

  it('rolls back a handle that is disposed of without a commit', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    {
      await using handle = session.begin();
      session.add(new User({ name: 'ada' }));
      await session.flush();
      expect(handle.isActive).toBe(true);
    }
    expect(session.inTransaction()).toBe(false);
    expect(await rowsOf(engine, 'users', 'id')).toEqual([]);
  });

  it('refuses a second begin and names the way out', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.begin();
    expect(() => session.begin()).toThrow(
      'A transaction is already begun on this Session. Commit or roll it back first, or use beginNested() for a savepoint. [SESSION_TRANSACTION_BEGUN]',
    );
  });

  it('commits an inner begin whose outer session block throws', async () => {
    const { engine, Session } = await open(database);
    const attempt = async (): Promise<void> => {
      await using session = Session();
      await session.begin(() => session.add(new User({ name: 'ada' })));
      throw new RangeError('after');
    };
    expect(await rejection(attempt())).toBeInstanceOf(RangeError);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('discards the writes of a session block that is left without a commit; the session works on', async () => {
    const { engine, Session } = await open(database);
    const session = Session();
    {
      await using block = session;
      block.add(new User({ name: 'lost' }));
      await block.flush();
    }
    session.add(new User({ name: 'kept' }));
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['kept']]);
  });

  for (const end of ['commit', 'rollback', 'close'] as const) {
    it(`refuses every use of the session after ${end} inside the block`, async () => {
      const { engine, Session, took } = await open(database);
      await using session = Session();
      const user = new User({ name: 'ada' });
      session.add(user);
      await session.commit();
      const late = new User({ name: 'late' });
      await session.begin(async () => {
        await session.get(User, 1);
        await session[end]();
        took();
        const codes = [
          await rejection(session.execute('select 1')),
          await rejection(session.get(User, 1)),
          await rejection(session.find(User).first()),
          await rejection(session.commit()),
          await rejection(session.beginNested()),
          await rejection(session.connection()),
        ].map((error) => error.code);
        expect(codes).toEqual(Array(6).fill('SESSION_BLOCK_ENDED'));
        expect(() => session.add(late)).toThrow(SessionTransactionError);
        expect(() => session.delete(user)).toThrow(SessionTransactionError);
        expect(() => session.begin()).toThrow(
          "Can't operate on closed transaction inside context manager. Leave the begin block before using this session again: its transaction has ended, and its end would commit nothing. [SESSION_BLOCK_ENDED]",
        );
        expect([session.has(late), inspect(late).state]).toEqual([false, 'transient']);
        await session.rollback();
      });
      expect(took()).toEqual([]);
      session.add(late);
      await session.commit();
      expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada'], ['late']]);
    });
  }

  it('rejects a block that changed an object after its transaction had ended', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'ada' });
    const refused = session.begin(async () => {
      session.add(user);
      await session.commit();
      user.name = 'too late';
    });
    expect(await rejection(refused)).toMatchObject({ code: 'SESSION_BLOCK_ENDED' });
    expect(session.dirty).toEqual([user]);
    await session.rollback();
    expect(user.name).toBe('ada');
  });

  it('tells the first error to those who go on after a failed flush that was rolled back inside the block', async () => {
    const { Session } = await open(database);
    await using session = Session();
    let seen: Error | undefined;
    await session.begin(async () => {
      session.addAll([new User({ name: 'a', email: 'x' }), new User({ name: 'b', email: 'x' })]);
      const failure = await rejection(session.flush());
      expect(failure).toBeInstanceOf(UniqueViolation);
      await session.rollback();
      seen = await rejection(session.execute('select 1'));
      expect(seen.message).toBe(
        `Can't operate on closed transaction inside context manager. The transaction was rolled back due to an exception: ${failure.message}. Leave the begin block before using this session again: its transaction has ended, and its end would commit nothing. [SESSION_BLOCK_ENDED]`,
      );
      expect(seen.cause).toBe(failure);
    });
    expect(seen).toBeInstanceOf(SessionTransactionError);
    expect((await session.execute('select 1')).rows.length).toBe(1);
  });

  it('refuses to commit a block that swallowed a failed flush', async () => {
    const { engine, Session, took } = await open(database);
    took();
    await using session = Session();
    const refused = session.begin(async () => {
      session.add(new User({ name: 'first', email: 'y' }));
      await session.flush();
      session.add(new User({ name: 'second', email: 'y' }));
      await session.flush().catch(() => {});
    });
    expect(await rejection(refused)).toBeInstanceOf(PendingRollbackError);
    expect([session.inTransaction(), session.isActive]).toEqual([false, true]);
    expect(took()).toEqual(['begin', 'insert users', 'insert users', 'rollback']);
    expect(await rowsOf(engine, 'users', 'id')).toEqual([]);
  });

  it('keeps the first error of a failed flush for as long as nobody rolls back', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    session.addAll([new User({ name: 'a', email: 'x' }), new User({ name: 'b', email: 'x' })]);
    const failure = await rejection(session.flush());
    expect([session.isActive, session.inTransaction(), session.getTransaction()?.isActive]).toEqual([
      false,
      true,
      false,
    ]);
    expect(engine.pool.status().checkedOut).toBe(0);
    for (const use of [
      () => session.execute('select 1'),
      () => session.commit(),
      () => session.get(User, 1),
      () => session.beginNested(),
      () => session.connection(),
      () => session.commit(),
    ]) {
      const error = await rejection(use());
      expect(error).toBeInstanceOf(PendingRollbackError);
      expect(error.cause).toBe(failure);
      expect(error.message).toContain(`Original exception was: ${failure.message}`);
    }
    await session.rollback();
    expect([session.isActive, session.inTransaction()]).toEqual([true, false]);
    session.add(new User({ name: 'c', email: 'x' }));
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['c']]);
  });

  it('discards changes made after a failed flush, with a warning', async () => {
    const { engine, Session } = await open(database);
    const warnings = recordWarnings();
    await using session = Session();
    const user = new User({ name: 'ada', email: 'x' });
    session.add(user);
    await session.commit();
    session.add(new User({ name: 'b', email: 'x' }));
    await rejection(session.flush());
    const late = new User({ name: 'late' });
    session.add(late);
    user.name = 'late';
    await session.rollback();
    expect([inspect(late).state, user.name]).toEqual(['transient', 'ada']);
    expect((await warnings.take()).map(({ code }) => code)).toEqual(['SESSION_PENDING_ROLLBACK']);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('passes on that a connection could not be given back, and rolls nothing back that has committed', async () => {
    const { engine, Session } = await open(database);
    await using session = Session();
    const deleted = new User({ name: 'deleted' });
    session.add(deleted);
    await session.commit();
    const user = new User({ name: 'ada' });
    session.add(user);
    session.delete(deleted);
    const connection = await session.connection();
    const release = connection.release.bind(connection);
    connection.release = async () => {
      await release();
      throw new RangeError('cannot be given back');
    };
    expect((await rejection(session.commit())).message).toBe('cannot be given back');
    expect([inspect(user).state, inspect(deleted).state, session.inTransaction(), session.dirty, session.new]).toEqual([
      'persistent',
      'detached',
      false,
      [],
      [],
    ]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });
});

describe.for(DATABASES)('autobegin: false on $name', (database) => {
  it('refuses work outside begin() before anything is touched', async () => {
    const { Session, took } = await open(database);
    await Session.begin((each) => each.add(new Address({ street: 's', user: new User({ name: 'ada' }) })));
    took();
    await using session = Session({ autobegin: false });
    const added = new User({ name: 'bob' });
    const address = await session.begin(async () => session.getOne(Address, 1));
    took();
    const message =
      'Autobegin is disabled on this Session. Call session.begin() to start a new transaction. [SESSION_AUTOBEGIN_DISABLED]';
    expect(() => session.add(added)).toThrow(message);
    expect(() => session.delete(address)).toThrow(message);
    for (const use of [
      session.get(User, 1),
      session.find(User).count(),
      session.execute('select 1'),
      Promise.resolve(address.user),
      session.beginNested(),
      session.connection(),
      session.refresh(address),
      session.commit(),
    ])
      expect((await rejection(use as Promise<unknown>)).message).toBe(message);
    expect([inspect(added).state, session.inTransaction(), took()]).toEqual(['transient', false, []]);
  });

  for (const end of ['commit', 'rollback', 'close'] as const) {
    it(`needs another begin() after ${end}`, async () => {
      const { Session } = await open(database);
      await using session = Session({ autobegin: false });
      session.begin();
      await session.execute('select 1');
      await session[end]();
      expect(await rejection(session.execute('select 1'))).toMatchObject({ code: 'SESSION_AUTOBEGIN_DISABLED' });
      session.begin();
      expect((await session.execute('select 1')).rows.length).toBe(1);
    });
  }
});
