import { describe, expect, it } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

const names = async (session: { find(model: typeof User): unknown }): Promise<string[]> => {
  const users = (await session.find(User)) as User[];
  return users.map(({ name }) => name).sort();
};

describe.each(DATABASES)('flush events on $name', (database) => {
  it('let beforeFlush add, change and delete: the same flush writes it', async () => {
    const { Session, took } = await open(database);
    await Session.begin((session) => session.addAll([new User({ name: 'Ada' }), new User({ name: 'Grace' })]));
    await using session = Session();
    const [ada, grace] = await session.find(User).orderBy('id');
    session.on('beforeFlush', async ({ session: same }) => {
      await Promise.resolve();
      expect(same).toBe(session);
      if (same.new.length > 0 && same.deleted.length === 0) {
        same.add(new User({ name: 'Hedy' }));
        ada!.name = 'Ada L.';
        same.delete(grace!);
      }
    });
    took();
    session.add(new User({ name: 'Joan' }));
    await session.commit();
    const writes = took().filter((text) => /^(insert|update|delete|commit)/.test(text));
    expect(writes).toEqual(['update users name', 'insert users', 'delete users', 'commit']);
    expect(await names(session)).toEqual(['Ada L.', 'Hedy', 'Joan']);
  });

  it('let beforeFlush take everything back: nothing is written and nothing follows', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const heard: string[] = [];
    session.on('beforeFlush', () => {
      heard.push('beforeFlush');
      for (const object of session.new) session.expunge(object);
    });
    session.on('afterFlush', () => void heard.push('afterFlush'));
    session.add(new User({ name: 'Ada' }));
    await session.flush();
    expect([heard, took()]).toEqual([['beforeFlush'], []]);
  });

  it('show beforeFlush what changed, with history', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    await using session = Session();
    const ada = await session.find(User).one();
    const seen: unknown[] = [];
    session.on('beforeFlush', () => {
      for (const object of session.dirty) seen.push(inspect(object).history('name'));
    });
    ada.name = 'Countess';
    await session.flush();
    expect(seen).toEqual([{ added: ['Countess'], unchanged: [], deleted: ['Ada'] }]);
  });

  it('let beforeFlush read, without flushing first', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'Ada' })));
    await using session = Session();
    const counts: number[] = [];
    session.on('beforeFlush', async () => {
      const [all, first, raw] = await Promise.all([
        session.find(User).count(),
        session.find(User).first(),
        session.execute('select count(*) from users'),
      ]);
      counts.push(all, Number(first?.name === 'Ada'), Number(raw.rows[0]?.[0]));
    });
    session.add(new User({ name: 'Grace' }));
    await session.flush();
    expect(counts).toEqual([1, 1, 1]);
    expect(await session.find(User).count()).toBe(2);
  });

  it('tell afterFlush and afterFlushPostexec what was written; only the latter finds it persistent in the session', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.addAll([new User({ name: 'Ada' }), new User({ name: 'Grace' })]));
    await using session = Session();
    const [ada, grace] = await session.find(User).orderBy('id');
    const joan = new User({ name: 'Joan' });
    const seen: unknown[] = [];
    session.on('afterFlush', (event) => void seen.push(event.new, event.dirty, event.deleted));
    session.on('afterFlushPostexec', (event) => void seen.push(event.new, event.dirty, event.deleted, session.new));
    ada!.name = 'Countess';
    session.delete(grace!);
    session.add(joan);
    await session.flush();
    expect(seen).toEqual([[joan], [ada], [grace], [joan], [ada], [grace], []]);
  });

  it('let row hooks set columns of their own object, also from a promise', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.on(User, 'beforeInsert', async ({ object }) => {
      await Promise.resolve();
      object.email = `${object.name}@example.org`;
    });
    session.on(User, 'beforeUpdate', ({ object }) => void (object.email = null));
    const ada = new User({ name: 'ada' });
    session.addAll([ada, new User({ name: 'joan' })]);
    await session.commit();
    ada.name = 'Ada';
    await session.commit();
    expect(took().filter((text) => /insert|update/.test(text))).toEqual(['insert users', 'update users name,email']);
    const stored = await session.find(User).orderBy('id').populateExisting();
    expect(stored.map(({ name, email }) => [name, email])).toEqual([
      ['Ada', null],
      ['joan', 'joan@example.org'],
    ]);
  });

  it('show row hooks the keys of parents before, generated values after', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const seen: unknown[] = [];
    session.on(Job, 'beforeInsert', ({ object }) => void seen.push(['before', object.id, object.ownerId]));
    session.on(Job, 'afterInsert', ({ object }) => void seen.push(['after', object.id, object.status]));
    session.add(new Job({ title: 'Q3', owner: new User({ name: 'Ada' }) }));
    await session.flush();
    expect(seen).toEqual([
      ['before', undefined, 1],
      ['after', 1, 'queued'],
    ]);
  });

  it('call row hooks for each written object, and afterUpdate only where an UPDATE was needed', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.addAll([new User({ name: 'Ada' }), new User({ name: 'Grace' })]));
    await using session = Session();
    const [ada, grace] = await session.find(User).orderBy('id');
    const heard: string[] = [];
    for (const event of ['beforeUpdate', 'afterUpdate', 'beforeDelete', 'afterDelete'] as const)
      session.on(User, event, ({ object }) => void heard.push(`${event} ${object.id}`));
    session.on(User, 'beforeUpdate', ({ object }) => void (object.id === 2 && (object.name = 'Grace')));
    ada!.name = 'Countess';
    grace!.name = 'Admiral';
    await session.flush();
    expect(heard.splice(0)).toEqual(['beforeUpdate 1', 'beforeUpdate 2', 'afterUpdate 1']);
    session.delete(grace!);
    await session.flush();
    expect(heard).toEqual(['beforeDelete 2', 'afterDelete 2']);
  });

  it.each(['beforeFlush', 'afterFlush', 'afterFlushPostexec', 'beforeInsert', 'afterInsert'] as const)(
    'fail the flush with the error of %s, and bring memory back',
    async (event) => {
      const { Session } = await open(database);
      await using session = Session();
      const ada = new User({ name: 'Ada' });
      const remove = session.on(event, () => Promise.reject(new RangeError('not today')));
      session.add(ada);
      await expect(session.commit()).rejects.toThrow(new RangeError('not today'));
      await expect(session.find(User)).rejects.toMatchObject({ code: 'SESSION_PENDING_ROLLBACK' });
      await session.rollback();
      expect([inspect(ada).state, ada.id, session.new]).toEqual(['transient', undefined, []]);
      remove();
      session.add(ada);
      await session.commit();
      expect(await names(session)).toEqual(['Ada']);
    },
  );

  it('flush again at commit for what afterFlush left', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    let left = 3;
    session.on('afterFlush', () => {
      if (left-- > 0) session.add(new User({ name: `more ${left}` }));
    });
    session.add(new User({ name: 'Ada' }));
    await session.commit();
    expect(took().filter((text) => text === 'insert users')).toHaveLength(4);
    expect(await names(session)).toEqual(['Ada', 'more 0', 'more 1', 'more 2']);
  });

  it('stop an endless afterFlush after 100 rounds and roll back', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const remove = session.on('afterFlush', () => session.add(new User({ name: 'more' })));
    session.add(new User({ name: 'Ada' }));
    await expect(session.commit()).rejects.toMatchObject({
      code: 'SESSION_ENDLESS_FLUSH',
      message: expect.stringContaining('Over 100 subsequent flushes have occurred within session.commit()'),
    });
    expect(took().filter((text) => text === 'insert users')).toHaveLength(100);
    remove();
    expect(await names(session)).toEqual([]);
  });
});
