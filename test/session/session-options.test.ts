import { describe, expect, test } from 'vitest';

import { sessionFactory } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

describe.for(DATABASES)('the options of a session on $name', (database) => {
  test('are checked by name, when the factory is made and when a session is', async () => {
    const { engine, Session } = await open(database);
    const refusal = { code: 'SESSION_BAD_OPTION' };
    expect(() => sessionFactory(engine, { autoFlush: true } as never)).toThrow(
      /^Sessions have no option 'autoFlush'\. Use one of: .*autoflush.* \[SESSION_BAD_OPTION\]$/,
    );
    expect(() => Session({ autoflush: 'yes' as never })).toThrow(
      "The session option 'autoflush' must be true or false.",
    );
    for (const bad of [
      { autobegin: 1 },
      { autocommit: null },
      { expireOnCommit: 'no' },
      { closeResetsOnly: 0 },
      { isolationLevel: 'loose' },
      { info: 1 },
      { signal: {} },
      { label: 7 },
    ]) {
      expect(() => Session(bad as never)).toThrow(expect.objectContaining(refusal));
    }
    expect(() => Session({ label: undefined, signal: undefined, isolationLevel: undefined })).not.toThrow();
  });

  test('given to a session win over those of its factory', async () => {
    const { Session } = await open(database, { autoflush: false, label: 'factory' });
    await using loose = Session();
    await using strict = Session({ autoflush: true, label: 'own' });
    loose.add(new User({ name: 'a' }));
    strict.add(new User({ name: 'b' }));
    expect([loose.label, strict.label, await loose.find(User).count(), await strict.find(User).count()]).toEqual([
      'factory',
      'own',
      0,
      1,
    ]);
  });

  test('merge info, and leave that of the factory alone', async () => {
    const { Session } = await open(database, { info: { tenant: 1, region: 'eu' } });
    const [one, two] = [Session({ info: { tenant: 2 } }), Session()];
    one.info['actor'] = 'Ada';
    expect([one.info, two.info]).toEqual([
      { tenant: 2, region: 'eu', actor: 'Ada' },
      { tenant: 1, region: 'eu' },
    ]);
    await one.close();
    await two.close();
  });

  test('let a signal end the work', async () => {
    const { Session, engine } = await open(database);
    const controller = new AbortController();
    await using session = Session({ signal: controller.signal });
    await session.find(User);
    controller.abort();
    await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
    await session.rollback();
    expect(engine.pool.status().checkedOut).toBe(0);
  });

  test('give the connection to whoever asks for it', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const connection = await session.connection();
    expect([session.inTransaction(), await session.connection()]).toEqual([true, connection]);
    await connection.execute("insert into users (name) values ('raw')");
    expect((await session.find(User).one()).name).toBe('raw');
    await session.rollback();
    expect(took()).toEqual(['begin', "insert into users (name) values ('raw')", 'select users', 'rollback']);
  });

  test('do not change what cannot be expunged', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const refusal = { code: 'SESSION_NOT_PRESENT' };
    expect(() => session.expunge(new User({ name: 'a' }))).toThrow(expect.objectContaining(refusal));
  });
});
