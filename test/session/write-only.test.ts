import { describe, expect, test } from 'vitest';

import { inspect, many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Account extends Model('accounts', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get events() {
    return many(() => Event, 'accountId', { lazy: 'writeonly', cascade: 'all, delete-orphan' });
  },
  get alerts() {
    return many(() => Alert, 'accountId', { lazy: 'writeonly' });
  },
  get labels() {
    return many(() => Label, { through: 'account_labels', lazy: 'writeonly' });
  },
}) {}

/** Goes with its account. */
class Event extends Model('events', {
  id: t.serial().primaryKey(),
  kind: t.text(),
  accountId: t.integer(),
  get account() {
    return one(() => Account, 'accountId', { onDelete: 'cascade' });
  },
}) {}

/** Can be without an account, and does not know its account's side. */
class Alert extends Model('alerts', {
  id: t.serial().primaryKey(),
  kind: t.text(),
  accountId: t
    .integer()
    .nullable()
    .references(() => Account, { onDelete: 'set null' }),
}) {}

class Label extends Model('labels', {
  id: t.serial().primaryKey(),
  text: t.text(),
  get accounts() {
    return many(() => Account, { through: 'account_labels' });
  },
}) {}

const MODELS = { Account, Event, Alert, Label };

async function open(
  database: TestDatabase,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { Session: sessionFactory(engine, { models: MODELS }), statements: recordStatements(engine) };
}

const took = (statements: RecordedStatements): string[] =>
  statements
    .take()
    .filter((text) => !/^(begin|commit|rollback)/.test(text))
    .map(inFewWords);

const event = (kind: string): Event => new Event({ kind });
const alert = (kind: string): Alert => new Alert({ kind });
const kinds = (rows: readonly { readonly kind: string }[]): string => rows.map(({ kind }) => kind).join('');

describe.for(DATABASES)('a write-only collection on $name', (database) => {
  test('is written without being read, for new objects and for old ones', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const account = new Account({ name: 'x', events: [event('a')], alerts: [alert('p')] });
    account.events.add(event('b'), event('c'));
    account.labels.add(new Label({ text: 'l' }));
    session.add(account);
    expect(session.new.length).toBe(6);
    await session.commit();
    expect(took(statements)).toEqual([
      'insert accounts',
      'insert alerts',
      'insert events',
      'insert labels',
      'insert account_labels',
    ]);
    const old = await session.getOne(Account, 1);
    old.events.add(event('d'));
    old.alerts.add(alert('q'));
    expect([session.new.length, session.dirty]).toEqual([2, []]);
    took(statements);
    await session.commit();
    expect(took(statements)).toEqual(['insert alerts', 'insert events']);
    expect(kinds(await old.events.query().orderBy('id'))).toBe('abcd');
    expect(kinds(await old.alerts.query().orderBy('id'))).toBe('pq');
  });

  test('is asked by queries, which belong to the one object and see what is pending', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const [one, other] = ['x', 'y'].map((name) => new Account({ name }));
    one!.events.add(event('a'), event('b'));
    other!.events.add(event('c'));
    const label = new Label({ text: 'l' });
    one!.labels.add(label, new Label({ text: 'm' }));
    session.addAll([one!, other!]);
    await session.flush();
    took(statements);
    expect(kinds(await one!.events.query().where('kind', '!=', 'b'))).toBe('a');
    expect(await one!.events.query().count()).toBe(2);
    expect((await other!.events.query().with('account').one()).account.name).toBe('y');
    expect((await one!.labels.query().orderBy('text')).map(({ text }) => text)).toEqual(['l', 'm']);
    expect([await other!.labels.query().exists(), took(statements).length]).toEqual([false, 5]);
    other!.labels.add(label);
    one!.events.add(event('z'));
    expect((await other!.labels.query()).map(({ text }) => text)).toEqual(['l']);
    expect(await one!.events.query().where({ kind: 'z' }).update({ kind: 'y' })).toBe(1);
    expect(kinds(await one!.events.query().orderBy('id'))).toBe('aby');
  });

  test('lets members go: orphans are deleted, others cut off, pairs unlinked', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const account = new Account({ name: 'x', events: [event('a'), event('b')], alerts: [alert('p')] });
    const label = new Label({ text: 'l' });
    account.labels.add(label);
    const stranger = new Account({ name: 'y', events: [event('s')] });
    session.addAll([account, stranger]);
    await session.commit();
    const [a] = await account.events.query().orderBy('id');
    const [p] = await account.alerts.query();
    const [s] = await stranger.events.query();
    account.events.remove(a!, s!);
    account.alerts.remove(p!);
    account.labels.remove(label);
    took(statements);
    await session.commit();
    expect(took(statements)).toEqual(['update alerts account_id', 'delete account_labels', 'delete events']);
    expect(kinds(await account.events.query())).toBe('b');
    expect(kinds(await stranger.events.query())).toBe('s');
    expect([p!.accountId, await account.labels.query().exists(), await session.find(Label).count()]).toEqual([
      null,
      false,
      1,
    ]);
  });

  test('takes back what was put in, and is as it was after a rollback', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const account = new Account({ name: 'x', events: [event('a')] });
    const [b, label] = [event('b'), new Label({ text: 'l' })];
    account.events.add(b);
    account.events.remove(b);
    session.addAll([account, label]);
    await session.commit();
    account.labels.add(label);
    account.labels.remove(label);
    expect(session.isModified(account)).toBe(false);
    account.labels.add(label);
    const [a] = await account.events.query();
    account.events.remove(a!);
    await session.flush();
    await session.rollback();
    expect([kinds(await account.events.query()), await account.labels.query().exists()]).toEqual(['a', false]);
    took(statements);
    await session.commit();
    expect(took(statements)).toEqual([]);
  });

  test('goes with its object as the database says, without being loaded', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const account = new Account({ name: 'x', events: [event('a')], alerts: [alert('p')] });
    account.labels.add(new Label({ text: 'l' }));
    session.add(account);
    await session.commit();
    session.expungeAll();
    session.delete(await session.getOne(Account, 1));
    took(statements);
    await session.commit();
    expect(took(statements)).toEqual(['delete account_labels', 'delete accounts']);
    expect(
      await Promise.all([Event, Alert, Label].map((model) => session.find(model as typeof Event).count())),
    ).toEqual([0, 1, 1]);
  });

  test('keeps the other side in step', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [account, label, a] = [new Account({ name: 'x' }), new Label({ text: 'l' }), event('a')];
    account.events.add(a);
    account.labels.add(label);
    session.add(account);
    expect([a.account, label.accounts]).toEqual([account, [account]]);
    await session.commit();
    const [found] = await account.labels.query().with('accounts');
    account.labels.remove(found!);
    expect([found!.accounts, inspect(found!).history('accounts').deleted]).toEqual([[], [account]]);
    const b = event('b');
    b.account = account;
    session.add(b);
    await session.commit();
    expect(await account.events.query().count()).toBe(2);
  });

  test('refuses what would load it, and what is no member', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const account = new Account({ name: 'x' });
    session.add(account);
    expect(() => account.events.query()).toThrow(expect.objectContaining({ code: 'SESSION_NOT_PERSISTENT' }));
    await session.flush();
    expect(() => session.find(Account).with('events')).toThrow(
      "with: Account.events is never loaded: it is lazy: 'writeonly'. Read what you need of it: await object.events.query(). [QUERY_BAD_ARGUMENT]",
    );
    await expect(session.load(account, 'events')).rejects.toThrow(
      "The collection Account.events is never loaded: it is lazy: 'writeonly'. Read what you need of it: await object.events.query().limit(100). [STATE_NOT_LOADED]",
    );
    expect(() => (account.events = [] as never)).toThrow(
      'The collection Account.events is never loaded, so it cannot be replaced. Use object.events.add(…) and object.events.remove(…). [STATE_NOT_LOADED]',
    );
    expect(() => account.events.add(account as never)).toThrow(expect.objectContaining({ code: 'STATE_WRONG_TARGET' }));
    expect(JSON.stringify(account)).toBe('{"id":1,"name":"x"}');
    await session.commit();
    session.expunge(account);
    expect(() => account.events.query()).toThrow(expect.objectContaining({ code: 'STATE_DETACHED' }));
  });
});
