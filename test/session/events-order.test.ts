import { describe, expect, it } from 'vitest';

import type { SessionEventName, SessionFactory } from '../../src/index.ts';
import { OBJECT_EVENTS, SESSION_EVENTS } from '../../src/session/session-events.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import type { MODELS } from '../support/models.ts';
import { open } from '../support/open-session.ts';

/** Everything that happens on the sessions of a factory, by name. */
function listenToAll(
  Session: Pick<SessionFactory<typeof MODELS>, 'on'>,
  names: readonly SessionEventName[] = [...SESSION_EVENTS, ...OBJECT_EVENTS],
): { take(): string[] } {
  const heard: string[] = [];
  for (const name of names) Session.on(name, () => void heard.push(name));
  return { take: () => heard.splice(0) };
}

describe.each(DATABASES)('events on $name', (database) => {
  it('come in order at a commit of new work', async () => {
    const { Session } = await open(database);
    const heard = listenToAll(Session);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    expect(heard.take()).toEqual(['transientToPending']);
    await session.commit();
    expect(heard.take()).toEqual([
      'transactionCreate',
      'beforeCommit',
      'beforeFlush',
      'transactionCreate',
      'beforeInsert',
      'afterBegin',
      'afterInsert',
      'afterFlush',
      'pendingToPersistent',
      'afterFlushPostexec',
      'transactionEnd',
      'afterCommit',
      'transactionEnd',
    ]);
  });

  it('come in order at a commit in an open transaction', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.flush();
    const heard = listenToAll(Session, SESSION_EVENTS);
    user.name = 'Grace';
    await session.commit();
    expect(heard.take()).toEqual([
      'beforeCommit',
      'beforeFlush',
      'transactionCreate',
      'afterFlush',
      'afterFlushPostexec',
      'transactionEnd',
      'afterCommit',
      'transactionEnd',
    ]);
  });

  it('come in order at a commit of nothing, which sends nothing', async () => {
    const { Session, took } = await open(database);
    const heard = listenToAll(Session);
    await using session = Session();
    await session.commit();
    expect(heard.take()).toEqual(['transactionCreate', 'beforeCommit', 'afterCommit', 'transactionEnd']);
    expect(took()).toEqual([]);
  });

  it('come in order when a flush fails and is rolled back', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ id: 1, name: 'Ada' })));
    const heard = listenToAll(Session);
    await using session = Session();
    session.add(new User({ id: 1, name: 'Grace' }));
    await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_UNIQUE_VIOLATION' });
    expect(heard.take()).toEqual([
      'transientToPending',
      'transactionCreate',
      'beforeFlush',
      'transactionCreate',
      'beforeInsert',
      'afterBegin',
      'pendingToTransient',
      'afterRollback',
      'transactionEnd',
      'afterSoftRollback',
    ]);
    await session.rollback();
    expect(heard.take()).toEqual(['transactionEnd', 'afterSoftRollback']);
  });

  it('come in order at the ends of a savepoint', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await session.begin(async () => {
      const heard = listenToAll(Session);
      await session.beginNested(async () => session.add(new User({ name: 'Ada' })));
      expect(heard.take()).toEqual([
        'transactionCreate',
        'transientToPending',
        'beforeFlush',
        'transactionCreate',
        'beforeInsert',
        'afterBegin',
        'afterInsert',
        'afterFlush',
        'pendingToPersistent',
        'afterFlushPostexec',
        'transactionEnd',
        'transactionEnd',
      ]);
      const savepoint = await session.beginNested();
      const user = new User({ name: 'Grace' });
      session.add(user);
      await session.flush();
      heard.take();
      await savepoint.rollback();
      expect(heard.take()).toEqual(['persistentToTransient', 'transactionEnd', 'afterSoftRollback']);
    });
  });

  it('tell which transaction they are about', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const origins: string[] = [];
    session.on('transactionCreate', ({ transaction: { origin, nested, parent } }) => {
      origins.push(`${origin} ${nested} in ${parent?.origin ?? 'none'}`);
    });
    session.on('transactionEnd', ({ transaction }) => void origins.push(`end of ${transaction.origin}`));
    await session.begin(async () => {
      await session.beginNested(() => session.add(new User({ name: 'Ada' })));
    });
    await session.find(User);
    await session.close();
    expect(origins).toEqual([
      'begin false in none',
      'beginNested true in begin',
      'subtransaction false in beginNested',
      'end of subtransaction',
      'end of beginNested',
      'end of begin',
      'autobegin false in none',
      'end of autobegin',
    ]);
  });

  it('come in order when a session closes on uncommitted work', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.addAll([new User({ name: 'Ada' }), new User({ name: 'Grace' })]));
    const session = Session();
    const [ada] = await session.find(User).orderBy('id');
    session.delete(ada!);
    session.add(new User({ name: 'flushed' }));
    await session.flush();
    session.add(new User({ name: 'pending' }));
    const heard = listenToAll(Session);
    await session.close();
    expect(heard.take()).toEqual([
      'persistentToTransient',
      'deletedToDetached',
      'persistentToDetached',
      'pendingToTransient',
      'transactionEnd',
    ]);
  });

  it('come in order of a flush that makes its own transaction', async () => {
    const { Session } = await open(database);
    const heard = listenToAll(Session, SESSION_EVENTS);
    await using session = Session({ autocommit: true });
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    await session.find(User);
    expect(heard.take()).toEqual([
      'transactionCreate',
      'beforeFlush',
      'afterBegin',
      'afterFlush',
      'afterFlushPostexec',
      'beforeCommit',
      'afterCommit',
      'transactionEnd',
    ]);
  });
});
