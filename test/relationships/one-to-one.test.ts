import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/state/inspect.ts';
import { DATABASES } from '../support/databases.ts';
import { Badge, openGraph, Profile, User } from './graph-models.ts';

const profile = (text: string, user?: User): Profile => new Profile(user === undefined ? { text } : { text, user });

describe('both sides of a one-to-one', () => {
  test('agree when either is assigned', () => {
    const [a, b] = [profile('a'), profile('b')];
    const user = new User({ name: 'Ada', profile: a });
    expect([user.profile, a.user]).toEqual([a, user]);
    user.profile = b;
    expect([user.profile, a.user, b.user]).toEqual([b, null, user]);
    a.user = user;
    expect([user.profile, a.user, b.user]).toEqual([a, user, null]);
    a.user = null;
    expect([user.profile, a.user]).toEqual([null, null]);
  });

  test('agree when the object moves to another', () => {
    const a = profile('a');
    const [ada, bob] = [new User({ name: 'Ada', profile: a }), new User({ name: 'Bob' })];
    bob.profile = a;
    expect([ada.profile, bob.profile, a.user]).toEqual([null, a, bob]);
  });
});

describe.for(DATABASES)('a one-to-one on $name', (database) => {
  const open = () => openGraph(database, [User, Profile, Badge]);
  const PROFILES = 'select text, user_id from profiles order by 1';

  test('cuts off the object that another replaces', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const [a, b] = [profile('a'), profile('b')];
    const user = new User({ name: 'Ada', profile: a });
    session.add(user);
    await session.flush();
    took();
    user.profile = b;
    expect(session.has(b)).toBe(true);
    await session.commit();
    expect(took()).toEqual(['update profiles user_id', 'insert profiles', 'commit']);
    expect(await rows(PROFILES)).toEqual([
      ['a', null],
      ['b', user.id],
    ]);
  });

  test('finds out at the flush whom an object replaces that nobody loaded', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    const [ada, bob] = [
      new User({ name: 'Ada', profile: profile('a') }),
      new User({ name: 'Bob', profile: profile('b') }),
    ];
    writer.addAll([ada, bob]);
    await writer.commit();
    await using session = Session();
    const [first, second] = await session.find(User).orderBy('name');
    took();
    first!.profile = profile('c');
    second!.profile = null;
    expect(first!.profile.text).toBe('c');
    await session.commit();
    expect(took().filter((line) => line !== 'begin')).toEqual([
      'select profiles by user_id',
      'update profiles user_id',
      'insert profiles',
      'commit',
    ]);
    expect(await rows(PROFILES)).toEqual([
      ['a', null],
      ['b', null],
      ['c', ada.id],
    ]);
  });

  test('loads, is null where there is none, and shows the object its other side', async () => {
    const { Session, took } = await open();
    await using writer = Session();
    writer.addAll([new User({ name: 'Ada', profile: profile('a') }), new User({ name: 'Bob' })]);
    await writer.commit();
    await using session = Session();
    const users = await session.find(User).orderBy('name');
    took();
    expect([(await users[0]!.profile)?.text, await users[1]!.profile]).toEqual(['a', null]);
    expect(took()).toEqual(['select profiles by user_id']);
    expect((users[0]!.profile as Profile).user).toBe(users[0]);
    expect(took()).toEqual([]);
  });

  test('takes the first of several rows, and warns', async () => {
    const { Session } = await open();
    await using writer = Session();
    const ada = new User({ name: 'Ada' });
    writer.add(ada);
    await writer.flush();
    await writer.insertMany(Profile, [
      { text: 'a', userId: ada.id },
      { text: 'b', userId: ada.id },
    ]);
    await writer.commit();
    await using session = Session();
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const user = await session.find(User).with('profile').one();
    expect(user.profile?.text).toBe('a');
    expect((await warned).message).toMatch(
      /^User.profile leads to one object, and 2 rows point at <User at .*>; the first/,
    );
  });

  test('deletes an orphan before the row that takes its place', async () => {
    const { Session, took, rows } = await open();
    await using session = Session();
    const user = new User({ name: 'Ada', badge: new Badge({ colour: 'red' }) });
    session.add(user);
    await session.commit();
    took();
    user.badge = new Badge({ colour: 'blue' });
    await session.commit();
    expect(took()).toEqual(['begin', 'delete badges', 'insert badges', 'commit']);
    expect(await rows('select colour, user_id from badges')).toEqual([['blue', user.id]]);
    const badge = user.badge;
    user.badge = null;
    await session.commit();
    expect([await rows('select * from badges'), inspect(badge).state]).toEqual([[], 'detached']);
  });

  test('goes with its owner', async () => {
    const { Session, took, rows } = await open();
    await using writer = Session();
    writer.add(new User({ name: 'Ada', badge: new Badge({ colour: 'red' }), profile: profile('a') }));
    await writer.commit();
    await using session = Session();
    session.delete(await session.find(User).one());
    took();
    await session.commit();
    expect(took().filter((line) => line !== 'begin')).toEqual([
      'select profiles by user_id',
      'select badges by user_id',
      'update profiles user_id',
      'delete badges',
      'delete users',
      'commit',
    ]);
    expect(await rows(PROFILES)).toEqual([['a', null]]);
  });

  test('comes back with a rollback', async () => {
    const { Session } = await open();
    await using session = Session();
    const [a, b] = [profile('a'), profile('b')];
    const user = new User({ name: 'Ada', profile: a });
    session.addAll([user, b]);
    await session.commit();
    user.profile = b;
    await session.flush();
    await session.rollback();
    expect([await user.profile, await a.user, await b.user]).toEqual([a, user, null]);
  });

  test('shows what was linked before it was loaded', async () => {
    const { Session } = await open();
    await using writer = Session();
    writer.addAll([new User({ name: 'Ada', profile: profile('a') }), new User({ name: 'Bob' })]);
    await writer.commit();
    await using session = Session();
    const [ada, bob] = await session.find(User).orderBy('name');
    const found = await session.find(Profile).one();
    await session.noAutoflush(async () => {
      found.user = bob!;
      expect([await ada!.profile, await bob!.profile]).toEqual([null, found]);
    });
  });
});
