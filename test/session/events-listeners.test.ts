import { describe, expect, expectTypeOf, it } from 'vitest';

import { scopedSession, sessionFactory } from '../../src/index.ts';
import type { Session as AnySession } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, MODELS, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

const [sqlite] = DATABASES;

describe('listeners', () => {
  it('of a factory hear its own sessions, made before and after, and nobody else', async () => {
    const { Session, engine } = await open(sqlite!);
    const Other = sessionFactory(engine, { models: MODELS });
    const before = Session();
    const heard: unknown[] = [];
    Session.on('beforeCommit', ({ session }) => void heard.push(session));
    const after = Session();
    await before.commit();
    await after.commit();
    await Other().commit();
    await Other.begin(() => {});
    expect(heard).toEqual([before, after]);
  });

  it('of a scoped session hear the sessions of all its scopes, and can be added outside of any', async () => {
    const { Session } = await open(sqlite!);
    const db = scopedSession(Session);
    const other = scopedSession(Session);
    const heard: string[] = [];
    const remove = db.on('beforeCommit', ({ session }) => void heard.push(String(session.label)));
    Session.on('beforeCommit', () => void heard.push('factory'));
    await db.run(() => db.commit(), { label: 'one' });
    await db.run(() => db.commit(), { label: 'two' });
    await other.run(() => other.commit());
    remove();
    await db.run(() => db.commit(), { label: 'three' });
    expect(heard).toEqual(['factory', 'one', 'factory', 'two', 'factory', 'factory']);
  });

  it('are awaited one after the other: the factory first, then the session, in the order in which they came', async () => {
    const { Session } = await open(sqlite!);
    const heard: string[] = [];
    const listener = (name: string) => async () => {
      heard.push(`${name} starts`);
      await Promise.resolve();
      heard.push(`${name} ends`);
    };
    await using session = Session();
    session.on('beforeCommit', listener('own'));
    Session.on('beforeCommit', listener('first'));
    Session.on('beforeCommit', listener('second'));
    await session.commit();
    expect(heard).toEqual(['first starts', 'first ends', 'second starts', 'second ends', 'own starts', 'own ends']);
  });

  it('are removed by what on() gives, also while they are being called', async () => {
    const { Session } = await open(sqlite!);
    await using session = Session();
    let calls = 0;
    const remove = session.on('beforeCommit', () => {
      calls++;
      remove();
      remove();
    });
    session.on('beforeCommit', () => void calls++);
    await session.commit();
    await session.commit();
    expect(calls).toBe(3);
  });

  it('of a model hear of its objects only', async () => {
    const { Session } = await open(sqlite!);
    await using session = Session();
    const heard: unknown[] = [];
    session.on(Job, 'beforeInsert', ({ object }) => void heard.push(object.title));
    Session.on(User, 'beforeInsert', ({ object }) => void heard.push(object.name));
    session.add(new Job({ title: 'Q3', owner: new User({ name: 'Ada' }) }));
    await session.flush();
    expect(heard).toEqual(['Ada', 'Q3']);
  });

  it('may return a query, which is run inside the turn that waits for them', async () => {
    const { Session, took } = await open(sqlite!);
    await using session = Session();
    session.on('beforeCommit', () => session.find(User));
    await session.commit();
    expect(took()).toEqual(['select users']);
  });

  it('are refused for an event that there is not, naming the nearest', async () => {
    const { Session } = await open(sqlite!);
    const session = Session();
    const on = session.on.bind(session) as (...args: unknown[]) => unknown;
    expect(() => on('beforeflush', () => {})).toThrow(
      expect.objectContaining({
        code: 'SESSION_UNKNOWN_EVENT',
        message: expect.stringContaining("Sessions have no event 'beforeflush'. Did you mean 'beforeFlush'?"),
      }),
    );
    expect(() => on(User, 'beforeFlush', () => {})).toThrow(
      "The event 'beforeFlush' is about a session, not about one User.",
    );
    expect(() => on('beforeFlush', 'listener')).toThrow("on('beforeFlush') was given no function.");
    expect(() => on(Date, 'beforeInsert', () => {})).toThrow(
      expect.objectContaining({ code: 'MAPPING_UNMAPPED_CLASS' }),
    );
  });

  it('are typed by event and model', async () => {
    const { Session } = await open(sqlite!);
    const session = Session();
    session.on('beforeFlush', (event) => expectTypeOf(event.session).toEqualTypeOf(session));
    session.on(User, 'afterInsert', (event) => expectTypeOf(event.object).toEqualTypeOf<User>());
    session.on('afterInsert', (event) => expectTypeOf(event.object).toEqualTypeOf<object>());
    Session.on('afterFlush', (event) => expectTypeOf(event.session).toEqualTypeOf<AnySession<typeof MODELS>>());
    session.on('afterFlush', (event) => expectTypeOf(event.deleted).toEqualTypeOf<readonly object[]>());
    session.on('transactionEnd', (event) => expectTypeOf(event.transaction.nested).toEqualTypeOf<boolean>());
    // @ts-expect-error: no such event
    expect(() => session.on('afterflush', () => {})).toThrow();
    // @ts-expect-error: not about objects
    expect(() => session.on(User, 'afterCommit', () => {})).toThrow();
  });
});
