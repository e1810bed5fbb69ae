import { describe, expect, it, onTestFinished } from 'vitest';

import type { Connection } from '../../src/engine/connection.ts';
import { UniqueViolation } from '../../src/errors/database-errors.ts';
import { SessionOptionError } from '../../src/errors/session-errors.ts';
import type { JoinTransactionMode } from '../../src/session/enlistment.ts';
import { JOIN_TRANSACTION_MODES } from '../../src/session/enlistment.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';
import { MODELS, User } from '../support/models.ts';
import type { Opened } from '../support/open-session.ts';
import { open, rowsOf } from '../support/open-session.ts';

interface Joined extends Opened {
  readonly connection: Connection;
}

/** A caller's connection, in nothing, in a transaction, or in a savepoint within it. */
async function join(database: TestDatabase, place: 'nothing' | 'transaction' | 'savepoint'): Promise<Joined> {
  const opened = await open(database);
  const connection = await opened.engine.connect({ label: 'caller' });
  onTestFinished(() => connection.release());
  if (place !== 'nothing') {
    connection.begin();
    await connection.execute("insert into users (name) values ('caller')");
  }
  if (place === 'savepoint') await connection.savepoint('callers');
  opened.took();
  const Session = sessionFactory(connection, { models: MODELS });
  return { ...opened, connection, Session };
}

type Ending = 'commit' | 'rollback' | 'close';

/** What a session sends that adds a user and ends so. */
async function transcript(joined: Joined, joinTransactionMode: JoinTransactionMode, ending: Ending): Promise<string[]> {
  const session = joined.Session({ joinTransactionMode });
  session.add(new User({ name: 'ada' }));
  await session.flush();
  await session[ending]();
  return joined.took();
}

const insert = 'insert users';
const NOTHING: readonly string[] = [];

describe.for(DATABASES)('a session on a connection of the caller on $name', (database) => {
  it('begins and ends its own transaction when the connection is in none, and never gives the connection back', async () => {
    const joined = await join(database, 'nothing');
    const { engine, connection, Session, took } = joined;
    let checkouts = 0;
    engine.on('checkout', () => checkouts++);
    for (const joinTransactionMode of JOIN_TRANSACTION_MODES) {
      const session = Session({ joinTransactionMode });
      session.add(new User({ name: 'ada' }));
      await session.commit();
      session.add(new User({ name: 'lost' }));
      await session.flush();
      await session.rollback();
      session.add(new User({ name: 'lost' }));
      await session.flush();
      await session.close();
      expect(took()).toEqual(['begin', insert, 'commit', 'begin', insert, 'rollback', 'begin', insert, 'rollback']);
      expect([connection.lease.isReleased, connection.inTransaction]).toEqual([false, false]);
    }
    expect(checkouts).toBe(0);
    expect((await connection.execute('select count(*) from users')).rows.map(([n]) => Number(n))).toEqual([4]);
  });

  // mode → place → ending → what is sent.
  const expected: Record<
    JoinTransactionMode,
    Record<'transaction' | 'savepoint', Record<Ending, readonly string[]>>
  > = {
    rollback_only: {
      transaction: { commit: NOTHING, rollback: ['rollback'], close: NOTHING },
      savepoint: { commit: NOTHING, rollback: ['rollback to savepoint callers'], close: NOTHING },
    },
    control_fully: {
      transaction: { commit: ['commit'], rollback: ['rollback'], close: ['rollback'] },
      savepoint: {
        commit: ['release savepoint callers'],
        rollback: ['rollback to savepoint callers'],
        close: ['rollback to savepoint callers'],
      },
    },
    create_savepoint: {
      transaction: {
        commit: ['release savepoint hermetic_1'],
        rollback: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
        close: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
      },
      savepoint: {
        commit: ['release savepoint hermetic_1'],
        rollback: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
        close: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
      },
    },
    conditional_savepoint: {
      transaction: { commit: NOTHING, rollback: ['rollback'], close: NOTHING },
      savepoint: {
        commit: ['release savepoint hermetic_1'],
        rollback: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
        close: ['rollback to savepoint hermetic_1', 'release savepoint hermetic_1'],
      },
    },
  };

  for (const mode of JOIN_TRANSACTION_MODES)
    for (const place of ['transaction', 'savepoint'] as const)
      for (const ending of ['commit', 'rollback', 'close'] as const)
        it(`${mode}: ${ending} inside a caller's ${place}`, async () => {
          const joined = await join(database, place);
          const begins =
            mode === 'create_savepoint' || (mode === 'conditional_savepoint' && place === 'savepoint')
              ? ['savepoint hermetic_1']
              : [];
          const sent = await transcript(joined, mode, ending);
          expect(sent).toEqual([...begins, insert, ...expected[mode][place][ending]]);
          const ended = sent.includes('commit') || sent.includes('rollback');
          expect([joined.connection.inTransaction, joined.connection.lease.isReleased]).toEqual([!ended, false]);
        });

  it('leaves the decision to the outer transaction in the default mode', async () => {
    for (const decision of ['commit', 'rollback'] as const) {
      const { engine, connection, Session } = await join(database, 'transaction');
      await using session = Session();
      session.add(new User({ name: 'ada' }));
      await session.commit();
      expect([connection.inTransaction, session.inTransaction()]).toEqual([true, false]);
      await connection[decision]();
      expect(await rowsOf(engine, 'users', 'name')).toEqual(decision === 'commit' ? [['ada'], ['caller']] : []);
    }
  });

  it('joins again after each commit', async () => {
    const { engine, connection, Session } = await join(database, 'transaction');
    await using session = Session({ joinTransactionMode: 'create_savepoint' });
    session.add(new User({ name: 'kept' }));
    await session.commit();
    session.add(new User({ name: 'lost' }));
    await session.flush();
    await session.rollback();
    session.add(new User({ name: 'kept too' }));
    await session.commit();
    await connection.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['caller'], ['kept'], ['kept too']]);
  });

  it('is not in a transaction after a mere SELECT, so that a commit commits', async () => {
    const { engine, connection, Session, took } = await join(database, 'nothing');
    await connection.execute('select 1');
    await using session = Session();
    session.add(new User({ name: 'ada' }));
    await session.commit();
    expect(took()).toEqual(['select 1', 'begin', insert, 'commit']);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('joins a transaction that was begun by a text', async () => {
    const { engine, connection, Session, took } = await join(database, 'nothing');
    await connection.execute('begin');
    await using session = Session({ joinTransactionMode: 'control_fully' });
    session.add(new User({ name: 'ada' }));
    await session.commit();
    expect([connection.inTransaction, took()]).toEqual([false, ['begin', insert, 'commit']]);
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['ada']]);
  });

  it('undoes a failed flush in its own savepoint alone', async () => {
    const { engine, connection, Session } = await join(database, 'transaction');
    await using session = Session({ joinTransactionMode: 'create_savepoint' });
    session.addAll([new User({ name: 'a', email: 'x' }), new User({ name: 'b', email: 'x' })]);
    await expect(session.commit()).rejects.toBeInstanceOf(UniqueViolation);
    await session.rollback();
    session.add(new User({ name: 'c', email: 'x' }));
    await session.commit();
    await connection.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['c'], ['caller']]);
  });

  it('sets savepoints inside the joined transaction that nobody else has', async () => {
    const { connection, Session, took } = await join(database, 'transaction');
    await using one = Session({ joinTransactionMode: 'create_savepoint' });
    await using two = Session({ joinTransactionMode: 'create_savepoint' });
    await one.execute('select 1');
    await two.beginNested(() => two.add(new User({ name: 'two' })));
    await two.commit();
    await one.commit();
    expect(took()).toEqual([
      'savepoint hermetic_1',
      'select 1',
      'savepoint hermetic_3',
      'savepoint hermetic_2',
      insert,
      'release savepoint hermetic_2',
      'release savepoint hermetic_3',
      'release savepoint hermetic_1',
    ]);
    expect(connection.inTransaction).toBe(true);
  });

  it('keeps flushed objects as rows of the caller when it closes without deciding', async () => {
    const { engine, connection, Session } = await join(database, 'transaction');
    const user = new User({ name: 'ada' });
    {
      await using session = Session();
      session.add(user);
      await session.flush();
    }
    expect(inspect(user).state).toBe('detached');
    await connection.commit();
    await using session = Session();
    session.add(user);
    user.name = 'eve';
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([['caller'], ['eve']]);
  });

  it('takes a connection for one session in place of the factory’s engine', async () => {
    const { engine, Session } = await open(database);
    const connection = await engine.connect();
    connection.begin();
    await using session = Session({ bind: connection, joinTransactionMode: 'create_savepoint' });
    expect([session.getBind(), Session.engine, Session.bind]).toEqual([connection, engine, engine]);
    session.add(new User({ name: 'ada' }));
    await session.commit();
    await connection.rollback();
    await connection.release();
    expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
  });

  it('isolates tests: whatever a test commits is gone with the outer transaction', async () => {
    const { engine } = await open(database);
    for (const run of [1, 2]) {
      const connection = await engine.connect();
      connection.begin();
      const Session = sessionFactory(connection, { models: MODELS, joinTransactionMode: 'create_savepoint' });
      await Session.begin((session) => session.add(new User({ name: `run ${run}`, email: 'only one' })));
      await using session = Session();
      expect(await session.find(User).count()).toBe(1);
      await session.rollback();
      expect(await session.find(User).count()).toBe(1);
      await session.close();
      await connection.rollback();
      await connection.release();
    }
    expect(await rowsOf(engine, 'users', 'name')).toEqual([]);
  });
});

describe('what a session is bound to', () => {
  it('refuses a mode that does not exist, where the factory is made and where the session is', async () => {
    const message =
      "The session option 'joinTransactionMode' must be 'conditional_savepoint' or 'rollback_only' or 'control_fully' or 'create_savepoint'.";
    const engine = await DATABASES[0]!.createEngine();
    const options = { joinTransactionMode: 'savepoint' as JoinTransactionMode };
    expect(() => sessionFactory(engine, options)).toThrow(message);
    expect(() => sessionFactory(engine)(options)).toThrow(SessionOptionError);
    expect(() => sessionFactory({} as never)).toThrow("The session option 'bind' must be an engine or a connection.");
    expect(() => sessionFactory(engine)({ bind: 'sqlite:app.db' as never })).toThrow(SessionOptionError);
  });
});
