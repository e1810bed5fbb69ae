import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Job, openObjects, User } from './object-models.ts';

const NO_CHANGE = { added: [], unchanged: [], deleted: [] };

describe.each(DATABASES)('on $name', (database) => {
  test('an object goes through all five states', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = new Job({ id: 7, title: 'new' });
    const seen = [inspect(job).state];
    session.add(job);
    seen.push(inspect(job).state);
    await session.flush();
    seen.push(inspect(job).state);
    expect(inspect(job)).toMatchObject({ session, identityKey: ['Job', 7], wasDeleted: false });
    session.delete(job);
    await session.flush();
    seen.push(inspect(job).state);
    await session.commit();
    seen.push(inspect(job).state);
    expect(seen).toEqual(['transient', 'pending', 'persistent', 'deleted', 'detached']);
    expect(inspect(job)).toMatchObject({ session: undefined, wasDeleted: true });
  });

  test('a rolled back deletion clears wasDeleted', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const job = await session.getOne(Job, 3);
    session.delete(job);
    await session.flush();
    await session.rollback();
    expect(inspect(job)).toMatchObject({ state: 'persistent', wasDeleted: false });
  });

  test('history of a column: the new value, the unchanged one, or nothing', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1);
    take();
    expect(inspect(ada).history('name')).toEqual({ ...NO_CHANGE, unchanged: ['Ada'] });
    ada.name = 'Ada L.';
    ada.email = null;
    expect(inspect(ada).history('name')).toEqual({ added: ['Ada L.'], unchanged: [], deleted: ['Ada'] });
    expect(inspect(ada).history('email')).toEqual({ added: [null], unchanged: [], deleted: ['ada@example.org'] });
    ada.name = 'Ada';
    expect(inspect(ada).history('name')).toEqual({ ...NO_CHANGE, unchanged: ['Ada'] });
    session.expire(ada, ['name']);
    expect(inspect(ada).history('name')).toEqual(NO_CHANGE);
    ada.name = 'Countess';
    expect(inspect(ada).history('name')).toEqual({ ...NO_CHANGE, added: ['Countess'] });
    expect(take()).toEqual([]);
  });

  test('history of a many-to-one and of the collection on its other side', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const [ada, grace] = await session.find(User).with('jobs').orderBy('id');
    const [first, second] = await ada!.jobs;
    const third = (await grace!.jobs)[0]!;
    take();
    second!.owner = grace!;
    const fresh = new Job({ title: 'fresh' });
    (ada!.jobs as Job[]).push(fresh);
    expect(inspect(second!).history('owner')).toEqual({ added: [grace], unchanged: [], deleted: [ada] });
    expect(inspect(ada!).history('jobs')).toEqual({ added: [fresh], unchanged: [first], deleted: [second] });
    expect(inspect(grace!).history('jobs')).toEqual({ added: [second], unchanged: [third], deleted: [] });
    expect(inspect(fresh).history('owner')).toEqual({ added: [ada], unchanged: [], deleted: [] });
    (ada!.jobs as Job[]).push(second!);
    expect(inspect(ada!).history('jobs')).toEqual({ added: [fresh], unchanged: [first, second], deleted: [] });
    expect(take()).toEqual([]);
  });

  test('attributes tell what is loaded, its value and its history, without loading anything', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['notes'] });
    session.expire(ada, ['email']);
    take();
    const { attributes, unloaded } = inspect(ada);
    expect(unloaded).toEqual(['email', 'jobs']);
    expect(Object.keys(attributes)).toEqual(['id', 'name', 'email', 'settings', 'jobs', 'notes']);
    expect(attributes['name']).toEqual({
      kind: 'column',
      isLoaded: true,
      loadedValue: 'Ada',
      history: { ...NO_CHANGE, unchanged: ['Ada'] },
    });
    expect(attributes['email']).toEqual({
      kind: 'column',
      isLoaded: false,
      loadedValue: undefined,
      history: NO_CHANGE,
    });
    expect(attributes['jobs']).toEqual({
      kind: 'relationship',
      isLoaded: false,
      loadedValue: undefined,
      history: NO_CHANGE,
    });
    expect(attributes['notes']).toMatchObject({ isLoaded: true, loadedValue: [{ text: 'hello' }] });
    expect(take()).toEqual([]);
  });

  test('an unknown attribute is refused by name', async () => {
    await openObjects(database);
    expect(() => inspect(new User({ name: 'x' })).history('nmae')).toThrow(
      /User has no attribute 'nmae'.*STATE_UNKNOWN_ATTRIBUTE/,
    );
  });

  test('isModified is the net change, with or without collections', async () => {
    const { Session, take } = await openObjects(database);
    await using session = Session();
    const ada = await session.getOne(User, 1, { with: ['jobs'] });
    take();
    expect(session.isModified(ada)).toBe(false);
    ada.name = 'other';
    expect([session.isModified(ada), inspect(ada).modified]).toEqual([true, true]);
    ada.name = 'Ada';
    expect([session.isModified(ada), inspect(ada).modified]).toEqual([false, false]);
    ada.jobs.pop();
    expect([session.isModified(ada), session.isModified(ada, { collections: false })]).toEqual([true, false]);
    expect(take()).toEqual([]);
  });

  test('a link set to the parent that the row has is no modification, a link to another is', async () => {
    const { Session } = await openObjects(database);
    await using session = Session();
    const [ada, grace] = await session.find(User).orderBy('id');
    const job = await session.getOne(Job, 1);
    job.owner = ada!;
    expect(session.isModified(job, { collections: false })).toBe(false);
    job.owner = grace!;
    expect(session.isModified(job, { collections: false })).toBe(true);
    job.owner = new User({ name: 'unsaved' });
    expect(session.isModified(job, { collections: false })).toBe(true);
  });

  test('a new object is modified once anything is set', () => {
    expect(inspect(new User({ name: 'x' })).modified).toBe(true);
    expect(inspect(new Job({ title: 'x' })).modified).toBe(true);
  });
});

describe('what is no object of a mapped class', () => {
  const calls = ['add', 'delete', 'expire', 'expunge', 'isModified', 'refresh', 'merge'] as const;
  const values: [string, unknown, string][] = [
    ['a class', User, "Class 'function' is not mapped; was a class (User) supplied where an instance was required?"],
    ['a plain object', { id: 1 }, "Class 'Object' is not mapped."],
    ['an object of another class', new Date(0), "Class 'Date' is not mapped."],
    ['a text', 'user', "Class 'string' is not mapped."],
    ['null', null, "Class 'null' is not mapped."],
  ];

  test.each(values)('%s is refused by every method that takes one', async (_name, value, text) => {
    const { Session } = await openObjects(DATABASES[0]!);
    await using session = Session();
    for (const call of calls) {
      const attempt = async (): Promise<unknown> =>
        await (session as unknown as Record<string, (value: unknown) => unknown>)[call]!(value);
      await expect(attempt(), call).rejects.toThrow(
        expect.objectContaining({ code: 'MAPPING_UNMAPPED_INSTANCE', message: expect.stringContaining(text) }),
      );
    }
    expect([...session]).toEqual([]);
  });

  test('an object of another session is refused, and that session stays as it was', async () => {
    const { Session } = await openObjects(DATABASES[0]!);
    await using mine = Session();
    await using other = Session();
    const job = await other.getOne(Job, 1);
    for (const call of ['add', 'delete'] as const)
      expect(() => mine[call](job)).toThrow(/is already attached to another session.*SESSION_ALREADY_ATTACHED/);
    expect(() => mine.expunge(job)).toThrow(/is not present in this Session/);
    expect(() => mine.expire(job)).toThrow(/is not persistent within this Session/);
    expect([inspect(job).session, other.has(job), mine.has(job), [...mine]]).toEqual([other, true, false, []]);
  });

  test('a second object for the same row is refused', async () => {
    const { Session } = await openObjects(DATABASES[0]!);
    const earlier = Session();
    const stranger = await earlier.getOne(Job, 1);
    await earlier.close();
    await using session = Session();
    await session.getOne(Job, 1);
    expect(() => session.add(stranger)).toThrow(
      /Can't attach instance <Job at 0x[0-9a-f]+>; another instance with its key, <Job at 0x[0-9a-f]+>, is already present in this session/,
    );
  });

  test('deleting what was never saved is refused', async () => {
    const { Session } = await openObjects(DATABASES[0]!);
    await using session = Session();
    expect(() => session.delete(new Job({ title: 'x' }))).toThrow(/Instance <Job at 0x[0-9a-f]+> is not persisted\./);
  });
});
