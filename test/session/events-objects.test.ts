import { describe, expect, it } from 'vitest';

import { inspect } from '../../src/index.ts';
import type { ObjectEventName } from '../../src/index.ts';
import { OBJECT_EVENTS } from '../../src/session/session-events.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';
import type { Opened } from '../support/open-session.ts';

type Session = ReturnType<Opened['Session']>;

const MOVES = OBJECT_EVENTS.filter((name) => name.includes('To') || name === 'loadedAsPersistent');

/** `event: state in/out` for each move of the session's objects. */
function watch(session: Session, model?: typeof User): string[] {
  const heard: string[] = [];
  const note =
    (name: ObjectEventName) =>
    ({ object }: { object: object }): void =>
      void heard.push(`${name}: ${inspect(object).state} ${session.has(object) ? 'in' : 'out'}`);
  for (const name of MOVES) {
    if (model === undefined) session.on(name, note(name));
    else session.on(model, name, note(name));
  }
  return heard;
}

describe.each(DATABASES)('moves of objects on $name', (database) => {
  it('are told at once by methods without I/O, in the new state', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const heard = watch(session);
    const job = new Job({ title: 'Q3' });
    const ada = new User({ name: 'Ada', jobs: [job] });
    session.add(ada);
    expect(heard.splice(0)).toEqual(['transientToPending: pending in', 'transientToPending: pending in']);
    session.expunge(job);
    expect(heard.splice(0)).toEqual(['pendingToTransient: transient out']);
    session.delete(ada);
    expect(heard).toEqual(['pendingToTransient: transient out']);
  });

  it('are told of what a cascade of an assignment brings in', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    const heard = watch(session);
    ada.jobs = [new Job({ title: 'Q3' })];
    expect(heard).toEqual(['transientToPending: pending in']);
  });

  it('are told through insert, delete, commit, expunge and add', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [ada, grace] = [new User({ name: 'Ada' }), new User({ name: 'Grace' })];
    session.addAll([ada, grace]);
    const heard = watch(session, User);
    await session.flush();
    expect(heard.splice(0)).toEqual(['pendingToPersistent: persistent in', 'pendingToPersistent: persistent in']);
    session.delete(ada);
    await session.flush();
    expect(heard.splice(0)).toEqual(['persistentToDeleted: deleted out']);
    await session.commit();
    expect(heard.splice(0)).toEqual(['deletedToDetached: detached out']);
    session.expunge(grace);
    session.add(grace);
    expect(heard).toEqual(['persistentToDetached: detached out', 'detachedToPersistent: persistent in']);
  });

  it('are told through rollback', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const ada = new User({ name: 'Ada' });
    session.add(ada);
    await session.commit();
    session.delete(ada);
    session.add(new User({ name: 'flushed' }));
    await session.flush();
    session.add(new User({ name: 'pending' }));
    const heard = watch(session);
    await session.rollback();
    expect(heard.toSorted()).toEqual([
      'deletedToPersistent: persistent in',
      'pendingToTransient: transient out',
      'persistentToTransient: transient out',
    ]);
  });

  it('are told once for each object that is loaded', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'Q3' })] })));
    await using session = Session();
    const heard: string[] = [];
    session.on('loadedAsPersistent', ({ object }) => void heard.push(object.constructor.name));
    const [job] = await session.find(Job).with('owner');
    await session.find(User);
    await job!.owner.jobs;
    expect(heard).toEqual(['Job', 'User']);
  });

  it('keep their listeners from running SQL on the session', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.on('transientToPending', () => session.flush());
    session.add(new User({ name: 'Ada' }));
    await expect(session.find(User)).rejects.toMatchObject({
      code: 'SESSION_REENTRANT_CALL',
      message: expect.stringMatching(/^A 'transientToPending' listener called flush\(\)/),
    });
    expect(await session.find(User).count()).toBe(1);
  });

  it('throw the error of a listener from the method, after all were called and the move is made', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const heard: string[] = [];
    session.on('transientToPending', () => {
      throw new RangeError('no');
    });
    session.on('transientToPending', () => void heard.push('second'));
    const ada = new User({ name: 'Ada' });
    expect(() => session.add(ada)).toThrow(new RangeError('no'));
    expect([heard, inspect(ada).state]).toEqual([['second'], 'pending']);
  });

  it('make the next operation wait for the promise of a listener, and fail with its error once', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const order: string[] = [];
    const remove = session.on('transientToPending', async () => {
      await Promise.resolve();
      order.push('listener');
    });
    session.add(new User({ name: 'Ada' }));
    await session.flush().then(() => order.push('flush'));
    expect(order).toEqual(['listener', 'flush']);
    remove();
    session.on('transientToPending', () => Promise.reject(new RangeError('late')));
    session.add(new User({ name: 'Grace' }));
    await expect(session.commit()).rejects.toThrow(new RangeError('late'));
    await session.commit();
    expect(await session.find(User).count()).toBe(2);
  });
});
