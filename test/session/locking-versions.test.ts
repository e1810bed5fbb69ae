import { describe, expect, test } from 'vitest';

import { Model, sessionFactory, StaleDataError, t } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';

class Account extends Model('accounts', {
  id: t.serial().primaryKey(),
  name: t.text(),
  version: t.integer().version(),
}) {}

async function openAccounts(database: TestDatabase) {
  const engine = await database.createEngine();
  await engine.createAll([Account]);
  const Session = sessionFactory(engine, { models: { Account } });
  await Session.begin((session) => session.add(new Account({ name: 'Ada' })));
  const renameElsewhere = (): Promise<void> =>
    Session.begin(async (other) => void ((await other.getOne(Account, 1)).name = 'Countess'));
  return { Session, renameElsewhere };
}

for (const database of DATABASES) {
  describe(`a locking read on ${database.name}`, () => {
    test('refuses an object that this transaction read in an older version', async () => {
      const { Session, renameElsewhere } = await openAccounts(database);
      await using session = Session();
      const account = await session.getOne(Account, 1);
      await renameElsewhere();
      const locked = session.find(Account).forUpdate().one();
      await expect(locked).rejects.toBeInstanceOf(StaleDataError);
      await expect(locked).rejects.toThrow(
        'has a version id which does not match the database-loaded version id. Refresh it with a lock',
      );
      expect(account).toEqual({ id: 1, name: 'Ada', version: 1 });
    });

    test('refuses an edited object of an earlier transaction', async () => {
      const { Session, renameElsewhere } = await openAccounts(database);
      await using session = Session();
      const account = await session.getOne(Account, 1);
      await session.commit();
      await renameElsewhere();
      account.name = 'Lady';
      const locked = session.noAutoflush(() => session.find(Account).forUpdate().one());
      await expect(locked).rejects.toBeInstanceOf(StaleDataError);
      expect(account).toEqual({ id: 1, name: 'Lady', version: 1 });
    });

    test('brings a clean object of an earlier transaction up to date', async () => {
      const { Session, renameElsewhere } = await openAccounts(database);
      await using session = Session();
      const account = await session.getOne(Account, 1);
      await session.commit();
      await renameElsewhere();
      expect(await session.find(Account).forUpdate().one()).toBe(account);
      expect(account).toEqual({ id: 1, name: 'Countess', version: 2 });
    });

    test('succeeds as a refresh, which throws away what was read', async () => {
      const { Session, renameElsewhere } = await openAccounts(database);
      await using session = Session();
      const account = await session.getOne(Account, 1);
      await renameElsewhere();
      await session.refresh(account, [], { forUpdate: true });
      expect(account).toEqual({ id: 1, name: 'Countess', version: 2 });
      expect(await session.find(Account).forUpdate().populateExisting().one()).toBe(account);
    });
  });
}
