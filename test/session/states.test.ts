import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import type { Lifecycle } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';

type Session = ReturnType<Opened['Session']>;
type Verb = 'add' | 'delete' | 'expunge' | 'flush' | 'commit' | 'rollback' | 'close';
type Outcome = Lifecycle | 'refused';

/** How to get an object into each state. */
const ARRIVE: Readonly<Record<Lifecycle, (session: Session) => Promise<User>>> = {
  transient: () => Promise.resolve(new User({ name: 'Ada' })),
  pending(session) {
    const user = new User({ name: 'Ada' });
    session.add(user);
    return Promise.resolve(user);
  },
  async persistent(session) {
    const user = await ARRIVE.pending(session);
    await session.commit();
    return user;
  },
  async deleted(session) {
    const user = await ARRIVE.persistent(session);
    session.delete(user);
    await session.flush();
    return user;
  },
  async detached(session) {
    const user = await ARRIVE.persistent(session);
    session.expunge(user);
    return user;
  },
};

const VERBS: readonly Verb[] = ['add', 'delete', 'expunge', 'flush', 'commit', 'rollback', 'close'];

/** From state, by verb, to state. */
const MOVES: Readonly<Record<Lifecycle, readonly Outcome[]>> = {
  //           add          delete        expunge      flush        commit       rollback      close
  transient: ['pending', 'refused', 'refused', 'transient', 'transient', 'transient', 'transient'],
  pending: ['pending', 'transient', 'transient', 'persistent', 'persistent', 'transient', 'transient'],
  persistent: ['persistent', 'persistent', 'detached', 'persistent', 'persistent', 'persistent', 'detached'],
  deleted: ['refused', 'deleted', 'detached', 'deleted', 'detached', 'persistent', 'detached'],
  detached: ['persistent', 'persistent', 'refused', 'detached', 'detached', 'detached', 'detached'],
};

async function outcome(session: Session, user: User, verb: Verb): Promise<Outcome> {
  try {
    if (verb === 'add' || verb === 'delete' || verb === 'expunge') session[verb](user);
    else await session[verb]();
    return inspect(user).state;
  } catch {
    return 'refused';
  }
}

describe.for(DATABASES)('the five states on $name', (database) => {
  for (const from of Object.keys(MOVES) as Lifecycle[]) {
    test(`lead from ${from} only where the table says`, async () => {
      const { Session } = await open(database);
      const outcomes: Outcome[] = [];
      for (const verb of VERBS) {
        await using session = Session();
        const user = await ARRIVE[from](session);
        expect(inspect(user).state).toBe(from);
        outcomes.push(await outcome(session, user, verb));
      }
      expect(outcomes).toEqual(MOVES[from]);
    });
  }

  test('show in new, dirty, deleted and has()', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const views = (): unknown[] => [session.new, session.dirty, session.deleted, [...session], session.has(user)];
    const user = new User({ name: 'Ada' });
    expect(views()).toEqual([[], [], [], [], false]);
    session.add(user);
    expect(views()).toEqual([[user], [], [], [user], true]);
    await session.flush();
    expect(views()).toEqual([[], [], [], [user], true]);
    user.name = 'Eve';
    expect(views()).toEqual([[], [user], [], [user], true]);
    session.delete(user);
    expect(views()).toEqual([[], [], [user], [user], true]);
    await session.flush();
    expect(views()).toEqual([[], [], [], [user], false]);
    await session.commit();
    expect(views()).toEqual([[], [], [], [], false]);
  });

  test('are not left by adding twice, by deleting twice, or by adding what was to be deleted', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada' });
    session.addAll([user, user]);
    await session.commit();
    session.delete(user);
    session.delete(user);
    session.add(user);
    took();
    await session.commit();
    expect([took(), session.deleted, inspect(user).state]).toEqual([[], [], 'persistent']);
  });

  test('tell the session, the key and what is not loaded', async () => {
    const { Session } = await open(database);
    await using session = Session();
    expect(inspect(new User({ name: 'Eve' }))).toMatchObject({
      session: undefined,
      identityKey: undefined,
      unloaded: [],
    });
    const user = new User({ name: 'Ada' });
    session.add(user);
    await session.commit();
    session.expire(user, ['name']);
    expect(inspect(user)).toMatchObject({
      session,
      identityKey: ['User', user.id],
      unloaded: ['name', 'jobs', 'addresses'],
    });
  });

  test('tell what changed', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const user = new User({ name: 'Ada', jobs: [] });
    session.add(user);
    await session.flush();
    expect(inspect(user).history('name')).toEqual({ added: [], unchanged: ['Ada'], deleted: [] });
    user.name = 'Eve';
    expect(inspect(user).history('name')).toEqual({ added: ['Eve'], unchanged: [], deleted: ['Ada'] });
    user.name = 'Ada';
    expect([inspect(user).modified, session.isModified(user)]).toEqual([false, false]);
  });
});
