import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, openObjects, User } from './object-models.ts';

describe.each(DATABASES)('without loading, on $name', (database) => {
  test('a cached graph comes in as it is: no SQL, no history, both sides set', async () => {
    const { Session, take } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1, { with: ['jobs'] });
    await earlier.close();
    take();
    await using session = Session();
    const merged = await session.merge(given, { load: false, with: ['jobs'] });
    expect(inspect(merged)).toMatchObject({ state: 'persistent', session, modified: false, unloaded: ['notes'] });
    expect(merged.jobs.map((job) => [job.title, job.owner === merged, inspect(job).modified])).toEqual([
      ['first', true, false],
      ['second', true, false],
    ]);
    expect(await session.get(User, 1)).toBe(merged);
    await session.commit();
    expect(take()).toEqual([]);
  });

  test('an edit after it is flushed as usual', async () => {
    const { Session, take } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1);
    await earlier.close();
    await using session = Session();
    take();
    const merged = await session.merge(given, { load: false });
    merged.name = 'edited';
    await session.commit();
    expect(take()).toEqual(['update "users" set "name" = ? where "id" = ?']);
    expect(given.name).toBe('Ada');
  });

  test('attributes that the given object had not loaded are expired', async () => {
    const { Session } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1);
    earlier.expire(given, ['email']);
    await earlier.close();
    await using session = Session();
    const merged = await session.merge(given, { load: false });
    expect(inspect(merged).unloaded).toEqual(['email', 'jobs', 'notes']);
    expect(() => merged.email).toThrow(expect.objectContaining({ code: 'STATE_EXPIRED_ATTRIBUTE' }));
  });

  test('an object that is here takes the given values without history', async () => {
    const { Session, engine } = await openObjects(database);
    const earlier = Session();
    await engine.execute("update users set email = 'newer' where id = 1");
    const given = await earlier.getOne(User, 1);
    await earlier.close();
    await engine.execute("update users set email = 'older' where id = 1");
    await using session = Session();
    const here = await session.getOne(User, 1);
    expect(await session.merge(given, { load: false })).toBe(here);
    expect([here.email, session.isModified(here)]).toEqual(['newer', false]);
  });

  test('a member that is missing from a given collection is no orphan', async () => {
    const { Session } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1, { with: ['jobs'] });
    await earlier.close();
    await using session = Session();
    const here = await session.getOne(User, 1, { with: ['jobs'] });
    session.add(new Job({ title: 'later', owner: here }));
    await session.flush();
    await session.merge(given, { load: false });
    await session.commit();
    expect(await session.find(Job).where('ownerId', '=', 1).count()).toBe(3);
  });

  test('objects without a row, or with changes, are refused, and nothing is taken', async () => {
    const { Session } = await openObjects(database);
    const earlier = Session();
    const given = await earlier.getOne(User, 1, { with: ['jobs'] });
    await earlier.close();
    (given.jobs[1] as Job).title = 'dirty';
    await using session = Session();
    await expect(session.merge(given, { load: false })).rejects.toThrow(
      /merge\(\) with load: false does not support objects marked as 'dirty', and <Job at .*SESSION_MERGE_WITHOUT_LOAD/,
    );
    await expect(session.merge(new User({ id: 5, name: 'x' }), { load: false })).rejects.toThrow(
      /does not support transient objects/,
    );
    expect([...session]).toEqual([]);
  });
});
