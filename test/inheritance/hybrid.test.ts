import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import { hybrid, Model, Submodel, t } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { openModels } from './open-staff.ts';

class Account extends Model(
  'accounts',
  {
    id: t.serial().primaryKey(),
    kind: t.text(),
    first: t.text().column('first_name'),
    last: t.text().nullable(),
    cents: t.integer().default(0),
    limit: t.integer().default(100),
    fullName: hybrid(
      (it: { first: string; last: string | null }) => (it.last === null ? null : `${it.first} ${it.last}`),
      (it) => sql`${it.first} || ' ' || ${it.last}`,
    ),
    room: hybrid(
      (it: { limit: number; cents: number }) => it.limit - it.cents,
      (it) => sql`${it.limit} - ${it.cents}`,
    ),
    isTight: hybrid(
      (it: { room: number }) => it.room < 10,
      (it) => sql`${it.room} < 10`,
    ),
  },
  { discriminator: 'kind', identity: 'account' },
) {}

class Savings extends Submodel(Account, 'savings', {
  rate: t.integer().nullable(),
  interest: hybrid(
    (it: { cents: number; rate: number | null }) => (it.cents * (it.rate ?? 0)) / 100,
    (it) => sql`${it.cents} * ${it.rate} / 100`,
  ),
}) {}

const MODELS = { Account, Savings };

describe.each(DATABASES)('hybrid attributes on $name', (database) => {
  async function withAccounts() {
    const opened = await openModels(database, MODELS);
    await opened.Session.begin(async (session) => {
      session.addAll([
        new Account({ first: 'Ada', last: 'Lovelace', cents: 95 }),
        new Account({ first: 'Bob', last: null, cents: 20 }),
        new Savings({ first: 'Cleo', last: 'Ng', cents: 200, limit: 500, rate: 3 }),
      ]);
    });
    opened.took();
    return opened;
  }

  test('are the same in memory as in the database', async () => {
    const { Session } = await withAccounts();
    await using session = Session();
    for (const account of await session.find(Account)) {
      const { fullName, room, isTight } = account;
      expect(await session.find(Account).where('id', '=', account.id).where('fullName', '=', fullName).count()).toBe(1);
      expect(await session.find(Account).where({ id: account.id, room }).count()).toBe(1);
      expect(await session.find(Account).where('isTight', '=', isTight).where({ id: account.id }).exists()).toBe(true);
    }
    const cleo = await session.find(Savings).where('interest', '>', 5).one();
    expect([cleo.interest, cleo.room]).toEqual([6, 300]);
  });

  test('stand in conditions, orders and free expressions like columns', async () => {
    const { Session, texts } = await withAccounts();
    await using session = Session();
    const names = async (query: PromiseLike<Account[]>): Promise<string[]> => (await query).map(({ first }) => first);
    expect(await names(session.find(Account).where('fullName', 'like', 'A%'))).toEqual(['Ada']);
    expect(await names(session.find(Account).where('fullName', '=', null))).toEqual(['Bob']);
    expect(await names(session.find(Account).where('room', 'in', [5, 80]).orderBy('room', 'desc'))).toEqual([
      'Bob',
      'Ada',
    ]);
    expect(
      await names(session.find(Account).where((eb) => eb.or([eb('room', '>', 200), eb('isTight', '=', true)]))),
    ).toHaveLength(2);
    expect(
      await session
        .find(Account)
        .where('room', '<', 50)
        .update({ cents: (eb) => eb('cents', '-', 1) }),
    ).toBe(1);
    const [first = ''] = texts();
    expect(first).toMatch(/ where \("first_name" \|\| ' ' \|\| "last"\) like .{1,2}$/);
  });

  test('are neither stored, set nor part of JSON', async () => {
    const { Session } = await withAccounts();
    await using session = Session();
    const ada = await session.getOne(Account, 1);
    expect(Object.keys(ada)).not.toContain('room');
    expect(JSON.parse(JSON.stringify(ada))).not.toHaveProperty('fullName');
    ada.cents = 0;
    expect([ada.room, ada.isTight]).toEqual([100, false]);
    expect(() => (ada.room = 3)).toThrow(TypeError);
    expect(() => new Account({ first: 'x', room: 3 })).toThrow("Account has no attribute 'room'.");
  });
});
