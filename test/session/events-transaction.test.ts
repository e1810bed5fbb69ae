import { describe, expect, it } from 'vitest';

import { inspect } from '../../src/index.ts';
import type { SessionEventName } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

describe.each(DATABASES)('transaction events on $name', (database) => {
  it('let transactionCreate run SQL inside the transaction that was created', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    let created = 0;
    session.on('transactionCreate', async ({ transaction }) => {
      if (transaction.origin !== 'begin') return;
      created++;
      await session.execute('delete from users');
      expect(session.inTransaction()).toBe(true);
    });
    await session.begin(() => expect(took().at(-1)).toBe('delete from users'));
    expect([created, took()]).toEqual([1, ['commit']]);
    const handle = session.begin();
    await session.execute('delete from users');
    expect(created).toBe(2);
    expect(took().filter((text) => text === 'delete from users')).toHaveLength(2);
    await handle.rollback();
  });

  it('let afterBegin set the connection up before the first statement', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.on('afterBegin', async ({ connection, transaction }) => {
      expect([connection.inTransaction, transaction.origin]).toEqual([true, 'autobegin']);
      await connection.execute('delete from users');
      await session.execute('delete from jobs');
    });
    session.add(new User({ name: 'Ada' }));
    expect(await session.find(User).count()).toBe(1);
    expect(took().filter((text) => !text.startsWith('begin'))).toEqual([
      'delete from users',
      'delete from jobs',
      'insert users',
      'select users',
    ]);
  });

  it.each(['transactionCreate', 'afterBegin'] as const)(
    'run nothing when %s fails, until the program rolls back',
    async (event) => {
      const { Session, took, engine } = await open(database);
      await using session = Session();
      const remove = session.on(event, () => Promise.reject(new RangeError('no tenant')));
      await expect(session.find(User)).rejects.toThrow(new RangeError('no tenant'));
      await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
      expect([took(), engine.pool.status().checkedOut]).toEqual([[], 0]);
      remove();
      await session.rollback();
      expect(await session.find(User)).toEqual([]);
    },
  );

  it('fail a begin block whose transactionCreate fails', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.on('transactionCreate', () => Promise.reject(new RangeError('no')));
    let ran = false;
    await expect(session.begin(() => void (ran = true))).rejects.toThrow(new RangeError('no'));
    expect([ran, session.inTransaction(), session.isActive]).toEqual([false, false, true]);
  });

  it('let beforeCommit write, read and flush', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const counts: number[] = [];
    session.on('beforeCommit', async () => {
      session.add(new User({ name: 'first' }));
      await session.flush();
      session.add(new User({ name: 'second' }));
      counts.push(await session.find(User).count());
      session.add(new User({ name: 'third' }));
    });
    await session.commit();
    expect(counts).toEqual([2]);
    expect(await session.find(User).count()).toBe(3);
  });

  it('fail the commit with the error of beforeCommit and roll back', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    const remove = session.on('beforeCommit', () => {
      throw new RangeError('closed on Sundays');
    });
    await expect(session.commit()).rejects.toThrow(new RangeError('closed on Sundays'));
    expect([inspect(ada).state, session.inTransaction()]).toEqual(['transient', false]);
    remove();
    expect(await session.find(User)).toEqual([]);
  });

  it('call afterCommit once COMMIT went out and the connection is back, with values readable', async () => {
    const { Session, took, engine } = await open(database);
    await using session = Session({ expireOnCommit: true });
    const ada = new User({ name: 'Ada' });
    const seen: unknown[] = [];
    session.on('afterCommit', () => {
      seen.push(took().at(-1), engine.pool.status().checkedOut, ada.name, session.inTransaction());
    });
    session.add(ada);
    await session.commit();
    expect(seen).toEqual(['commit', 0, 'Ada', false]);
    expect(() => ada.name).toThrow(expect.objectContaining({ code: 'STATE_EXPIRED_ATTRIBUTE' }));
  });

  it('do not call afterCommit at the release of a savepoint, whose work may still be undone', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const heard: string[] = [];
    for (const event of ['afterCommit', 'afterRollback'] as const) session.on(event, () => void heard.push(event));
    await session.beginNested(() => session.add(new User({ name: 'Ada' })));
    await (await session.beginNested()).rollback();
    expect(heard.splice(0)).toEqual([]);
    await session.commit();
    expect(heard.splice(0)).toEqual(['afterCommit']);
    session.add(new User({ name: 'Grace' }));
    await session.flush();
    await session.rollback();
    expect(heard).toEqual(['afterRollback']);
  });

  it.each(['afterCommit', 'transactionEnd'] as const)(
    'keep what was committed when %s fails: all listeners are called and the first error is thrown',
    async (event) => {
      const { Session, engine } = await open(database);
      await using session = Session();
      const ada = new User({ name: 'Ada' });
      session.add(ada);
      await session.flush();
      const heard: string[] = [];
      const removers = [
        session.on(event, () => Promise.reject(new RangeError('no mail server'))),
        session.on(event, () => void heard.push('second')),
      ];
      await expect(session.commit()).rejects.toThrow(new RangeError('no mail server'));
      for (const remove of removers) remove();
      expect([heard, inspect(ada).state, session.inTransaction()]).toEqual([['second'], 'persistent', false]);
      expect([engine.pool.status().checkedOut, await session.find(User).count()]).toEqual([0, 1]);
    },
  );

  it.each(['afterRollback', 'afterSoftRollback'] as const)(
    'finish the rollback when %s fails, and say so',
    async (event) => {
      const { Session, engine } = await open(database);
      await using session = Session();
      const ada = new User({ name: 'Ada' });
      session.add(ada);
      await session.flush();
      const remove = session.on(event, () => Promise.reject(new RangeError('no')));
      await expect(session.rollback()).rejects.toThrow(new RangeError('no'));
      remove();
      expect([inspect(ada).state, session.inTransaction()]).toEqual(['transient', false]);
      expect([engine.pool.status().checkedOut, await session.find(User).count()]).toEqual([0, 0]);
    },
  );

  it('let afterRollback read memory as it was, and afterSoftRollback query again', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    await using session = Session();
    const ada = await session.find(User).one();
    const seen: unknown[] = [];
    session.on('afterRollback', () => void seen.push(ada.name));
    session.on('afterSoftRollback', async ({ transaction }) => {
      seen.push(transaction.origin, await session.find(User).count());
    });
    ada.name = 'Countess';
    await session.flush();
    await session.rollback();
    expect(seen).toEqual(['Ada', 'autobegin', 1]);
  });

  it.each([
    ['afterCommit', 'committed', 'commit'],
    ['afterRollback', 'inactive', 'rollback'],
    ['transactionEnd', 'closed', 'close'],
  ] as const)('refuse SQL on the session in %s', async (event, state, end) => {
    const { Session } = await open(database);
    const session = Session();
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    const refusals: unknown[] = [];
    session.on(event, async () => {
      refusals.push(await session.find(User).then(String, (error: unknown) => error));
    });
    await session[end]();
    expect(refusals).toEqual([
      expect.objectContaining({
        code: 'SESSION_REENTRANT_CALL',
        message: expect.stringMatching(
          `^This session is in '${state}' state.*; no further SQL can be emitted within this transaction: find\\(\\) was called by a '${event}' listener\\.`,
        ),
      }),
    ]);
    await session.close();
  });

  it('tell of other events while one listener of a session works on another session', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await using other = Session();
    const counts: number[] = [];
    session.on('afterCommit', async () => {
      counts.push(await other.find(User).count());
      await other.rollback();
    });
    other.on('afterBegin', () => other.execute('select 1'));
    session.add(new User({ name: 'Ada' }));
    await session.commit();
    expect(counts).toEqual([1]);
  });

  it('understand the names of SQLAlchemy', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const heard: SessionEventName[] = [];
    session.on(
      'afterTransactionCreate',
      ({ transaction }) => void heard.push(`afterTransactionCreate`, transaction && 'afterBegin'),
    );
    session.on('afterTransactionEnd', () => void heard.push('afterTransactionEnd'));
    await session.begin(() => {});
    expect(heard).toEqual(['afterTransactionCreate', 'afterBegin', 'afterTransactionEnd']);
  });
});
