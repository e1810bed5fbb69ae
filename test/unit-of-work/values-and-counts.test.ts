import { describe, expect, test } from 'vitest';

import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Account extends Model('accounts', {
  id: t.serial().primaryKey(),
  name: t.text(),
  balance: t.integer().default(0),
  opened: t.date().nullable(),
  get entries() {
    return many(() => Entry, 'accountId', { cascade: 'all, delete-orphan' });
  },
}) {}

class Entry extends Model('entries', {
  id: t.serial().primaryKey(),
  accountId: t.integer(),
  amount: t.integer(),
  secret: t
    .custom<string, string>({
      type: t.text(),
      encode: (value) => {
        if (value.startsWith('bad')) throw new Error(`no ${value}`);
        return value;
      },
      decode: (stored) => stored,
    })
    .nullable(),
  get account() {
    return one(() => Account, 'accountId');
  },
}) {}

class Pair extends Model('pairs', {
  left: t.integer().primaryKey(),
  right: t.uuid().primaryKey(),
  rank: t.integer().serverDefault('5'),
}) {}

class Token extends Model('tokens', {
  key: t.text().primaryKey().serverDefault("'k' || (random() * 1000000000)"),
  name: t.text(),
}) {}

for (const database of DATABASES) {
  describe(database.name, () => {
    test('a value of the wrong type is refused by model, attribute and kind, never by its value', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Account, Entry]);
      await using session = sessionFactory(engine)();
      const account = new Account({ name: 'a' });
      session.add(account);
      await session.commit();

      (account as { balance: unknown }).balance = 'a lot';
      await expect(session.flush()).rejects.toThrow(
        /^Account\.balance of <Account at 0x\w+> cannot be written: expected an integer, got a string\. .*\[SESSION_BAD_VALUE\]$/,
      );
      await session.rollback();
      expect(account.balance).toBe(0);

      const entry = new Entry({ amount: 1, secret: 'bad secret', account });
      session.add(entry);
      const error = await session.flush().then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      expect(error?.message).toMatch(/^Entry\.secret of <Entry at 0x\w+> cannot be written: the column's custom type/);
      expect(error?.message).not.toContain('bad secret');
      expect(error?.cause).toEqual(new Error('no bad secret'));
      await session.rollback();
      expect([inspect(entry).state, (await engine.execute('select * from entries')).rows]).toEqual(['transient', []]);
    });

    test('a uuid key is kept as the database writes it, and rows with server values keep the order of add', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Pair]);
      await using session = sessionFactory(engine)();
      const uuid = (n: number): string => `ABCDEF00-0000-4000-8000-${String(n).padStart(12, '0')}`;
      const pairs = [3, 1, 2, 5, 4].map((n) => new Pair({ left: n, right: uuid(n), ...(n === 5 ? { rank: 9 } : {}) }));
      const recorded = recordStatements(engine);
      session.addAll(pairs);
      await session.commit();
      expect(writes(recorded)).toHaveLength(3);
      expect(pairs.map(({ left, right, rank }) => [left, right, rank])).toEqual(
        [3, 1, 2, 5, 4].map((n) => [n, uuid(n).toLowerCase(), n === 5 ? 9 : 5]),
      );
      expect(await session.get(Pair, { left: 3, right: uuid(3).toLowerCase() })).toBe(pairs[0]);
    });

    test('keys that the database makes up, other than by counting, come row by row', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Token]);
      await using session = sessionFactory(engine)();
      const tokens = ['a', 'b', 'c'].map((name) => new Token({ name }));
      const recorded = recordStatements(engine);
      session.addAll([...tokens, new Token({ key: 'x', name: 'x' }), new Token({ key: 'y', name: 'y' })]);
      await session.commit();
      expect(writes(recorded)).toHaveLength(4);
      for (const token of tokens) {
        const found = await engine.execute(`select name from tokens where key = '${token.key}'`);
        expect(found.rows).toEqual([[token.name]]);
      }
    });

    test('an INSERT that loses rows is refused', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Pair]);
      await engine.execute(
        database.name === 'postgres'
          ? 'create rule skip as on insert to pairs where new."left" = 2 do instead nothing'
          : 'create trigger skip before insert on pairs when new."left" = 2 begin select raise(ignore); end',
      );
      await using session = sessionFactory(engine)();
      const right = '00000000-0000-4000-8000-000000000001';
      session.addAll([new Pair({ left: 1, right, rank: 1 }), new Pair({ left: 2, right, rank: 1 })]);
      await expect(session.flush()).rejects.toThrow(
        "INSERT statement on table 'pairs' was given 2 row(s); 1 came of it. Look for a trigger or rule on the table that leaves rows out or sends them elsewhere. [SESSION_MISSING_ROWS]",
      );
    });

    test('a key part without a value is refused by name', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Pair]);
      await using session = sessionFactory(engine)();
      session.add(new Pair({ left: 1 } as never));
      await expect(session.flush()).rejects.toThrow(
        /^Instance <Pair at 0x\w+> has a NULL identity key \(right\)\..*\[SESSION_NULL_KEY\]$/,
      );
    });

    test('30 changes, 5 deletes and 20 new rows among 100 loaded objects of two tables take 5 statements', async () => {
      const engine = await database.createEngine();
      await engine.createAll([Account, Entry]);
      const Session = sessionFactory(engine);
      await using session = Session();
      for (let n = 0; n < 20; n++) {
        const entries = [1, 2, 3, 4].map((amount) => new Entry({ amount }));
        session.add(new Account({ name: `account ${n}`, entries }));
      }
      await session.commit();
      session.expungeAll();

      const accounts = await session.find(Account).with('entries').orderBy('id');
      const recorded = recordStatements(engine);
      for (const account of accounts.slice(0, 10)) account.balance += 10;
      for (const account of accounts.slice(0, 20)) account.entries[0]!.amount += 10;
      for (const account of accounts.slice(0, 3)) account.entries.splice(3, 1);
      session.delete(accounts[19]!.entries[1]!);
      session.delete(accounts[18]!.entries[1]!);
      for (let n = 0; n < 10; n++) session.add(new Account({ name: `new ${n}`, entries: [new Entry({ amount: n })] }));
      await session.commit();

      expect(writes(recorded).map((text) => text.split(' ', 3).join(' ').replaceAll('"', ''))).toEqual([
        'update accounts set',
        'insert into accounts',
        'update entries set',
        'insert into entries',
        'delete from entries',
      ]);
      const balance = await engine.execute('select sum(amount), count(*) from entries');
      expect(balance.rows.flat().map(Number)).toEqual([20 * 10 + 20 * 10 - 3 * 4 - 2 * 2 + 45, 85]);
    });
  });
}
