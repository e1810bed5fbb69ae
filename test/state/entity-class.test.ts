import { inspect as print } from 'node:util';

import { describe, expect, test } from 'vitest';

import { inspect, many, Model, one, t } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, Node, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

class Label extends Model('labels', { id: t.serial().primaryKey(), text: t.text().default('plain') }) {}

/** An ordinary class: private fields, accessors, a constructor that makes other objects. */
class Account extends Model('accounts', {
  id: t.serial().primaryKey(),
  holder: t.text(),
  opened: t.timestamp().default(() => new Date(0)),
  limits: t.json<{ daily: number }>().default({ daily: 5 }),
}) {
  #reads = 0;
  readonly label: Label;

  constructor(init: { holder: string }) {
    super(init);
    this.label = new Label();
  }

  get upper(): string {
    this.#reads++;
    return this.holder.toUpperCase();
  }

  get reads(): number {
    return this.#reads;
  }
}

class Secret extends Model('secrets', {
  id: t.serial().primaryKey(),
  ownerId: t.integer().nullable(),
  text: t.text(),
  get owner() {
    return one(() => Secret, 'ownerId');
  },
  get shared() {
    return many(() => Secret, 'ownerId');
  },
}) {
  toJSON(): object {
    return { secret: this.text.length };
  }
}

describe('an object of a model', () => {
  test('takes defaults, each its own, and leaves the rest undefined', () => {
    const [a, b] = [new Account({ holder: 'Ada' }), new Account({ holder: 'Bob' })];
    a.limits.daily = 9;
    expect([{ ...a, label: 0 }, b.limits, Object.keys(a)]).toEqual([
      { id: undefined, holder: 'Ada', opened: new Date(0), limits: { daily: 9 }, label: 0 },
      { daily: 5 },
      ['id', 'holder', 'opened', 'limits', 'label'],
    ]);
  });

  test('refuses a name that its class does not map', () => {
    expect(() => new User({ name: 'Ada', nmae: 'x' } as never)).toThrow(
      "User has no attribute 'nmae'. Use one of: id, name, email, jobs, addresses. [STATE_UNKNOWN_ATTRIBUTE]",
    );
  });

  test('is JSON without circles, also where a class says what its JSON is', () => {
    const root = new Node({ name: 'root' });
    const leaf = new Node({ name: 'leaf', parent: root });
    expect(JSON.parse(JSON.stringify(root))).toEqual({ name: 'root' });
    expect(root.children).toEqual([leaf]);
    expect(JSON.parse(JSON.stringify(root))).toEqual({ name: 'root', children: [{ name: 'leaf' }] });
    expect(JSON.parse(JSON.stringify(leaf))).toEqual({ name: 'leaf', parent: { name: 'root' } });
    const shared = new Secret({ text: 'four' });
    expect(JSON.stringify([new Secret({ text: 'abc', owner: shared }), shared])).toBe('[{"secret":3},{"secret":4}]');
    const job = new Job({ title: 'a', owner: new User({ name: 'Ada' }) });
    expect(JSON.parse(JSON.stringify({ job }))).toEqual({
      job: { title: 'a', status: 'queued', owner: { name: 'Ada' } },
    });
  });

  test('shows nothing of its state to whoever looks', () => {
    const job = new Job({ title: 'a', owner: new User({ name: 'Ada' }) });
    expect(print(job)).toBe(
      "Job {\n  id: undefined,\n  title: 'a',\n  status: 'queued',\n  payload: undefined,\n  dueAt: undefined,\n  ownerId: undefined\n}",
    );
    expect([Object.getOwnPropertySymbols(job), structuredClone(job)]).toEqual([[], { ...job }]);
    expect({ ...job } instanceof Job).toBe(false);
  });

  test('is refused its relationships before it has a session', () => {
    const job = new Job({ title: 'a', ownerId: 3 });
    expect(() => job.owner).toThrow(expect.objectContaining({ code: 'STATE_DETACHED' }));
    expect([new Job({ title: 'b' } as never).owner, new User({ name: 'Ada' }).jobs]).toEqual([null, []]);
  });
});

describe.for(DATABASES)('an object read from $name', (database) => {
  test('has gone through its own constructors, which leave columns and defaults alone', async () => {
    const { engine } = await open(database, { tables: [Account, Label] });
    const { sessionFactory } = await import('../../src/index.ts');
    const Session = sessionFactory(engine, { models: { Account, Label } });
    await Session.begin((session) => session.add(new Account({ holder: 'Ada' })));
    await using session = Session();
    const account = await session.find(Account).one();
    expect([account.upper, account.reads, account instanceof Account]).toEqual(['ADA', 1, true]);
    // Made by the constructor, not from a row: it has its default.
    expect([account.label.text, inspect(account.label).state, session.dirty]).toEqual(['plain', 'transient', []]);
  });

  test('is as small beside its values as its class asks', async () => {
    const { Session } = await open(database);
    const count = 5_000;
    await Session.begin((session) => {
      for (let at = 0; at < count; at++) session.add(new User({ name: 'x' }));
    });
    await using session = Session();
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const users = await session.find(User);
    globalThis.gc?.();
    const bytes = (process.memoryUsage().heapUsed - before) / users.length;
    expect(bytes).toBeLessThan(600);
  });
});
