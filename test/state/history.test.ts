import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, Job, User } from '../support/models.ts';
import { open } from '../support/open-session.ts';

const address = (street: string): Address => new Address({ street });
const historyOf = (object: object, attribute: string): readonly unknown[][] => {
  const { added, unchanged, deleted } = inspect(object).history(attribute);
  return [[...added], [...unchanged], [...deleted]];
};

describe.for(DATABASES)('the history of a collection on $name', (database) => {
  test('names what came, what stayed and what went', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [a, b, c] = ['a', 'b', 'c'].map(address);
    const user = new User({ name: 'u', addresses: [a!, b!] });
    session.add(user);
    expect(historyOf(user, 'addresses')).toEqual([[a, b], [], []]);
    await session.flush();
    expect(historyOf(user, 'addresses')).toEqual([[], [a, b], []]);
    (user.addresses as Address[]).push(c!);
    (user.addresses as Address[]).shift();
    expect(historyOf(user, 'addresses')).toEqual([[c], [b], [a]]);
    await session.flush();
    expect([historyOf(user, 'addresses'), a!.userId]).toEqual([[[], [b, c], []], null]);
  });

  test('is none for what left and came back, and for another order', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const [a, b] = ['a', 'b'].map(address);
    const user = new User({ name: 'u', addresses: [a!, b!] });
    session.add(user);
    await session.flush();
    const addresses = user.addresses as Address[];
    addresses.splice(0, 1);
    expect(a!.user).toBe(null);
    addresses.push(a!);
    addresses.reverse();
    addresses.reverse();
    expect([historyOf(user, 'addresses'), session.isModified(user)]).toEqual([[[], [b, a], []], false]);
    took();
    await session.flush();
    expect([took(), historyOf(user, 'addresses')]).toEqual([[], [[], [b, a], []]]);
  });

  test('holds once what was put in several times, from either side', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const a = address('a');
    const user = new User({ name: 'u' });
    a.user = user;
    a.user = user;
    (user.addresses as Address[]).push(a, a);
    session.add(user);
    expect([user.addresses, historyOf(user, 'addresses')]).toEqual([[a], [[a], [], []]]);
    await session.flush();
    (user.addresses as Address[]).push(a);
    expect([user.addresses, historyOf(user, 'addresses')]).toEqual([[a], [[], [a], []]]);
  });

  test('goes on from the new array when one is assigned, and the old array is on its own', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [a, b, c] = ['a', 'b', 'c'].map(address);
    const user = new User({ name: 'u', addresses: [a!, b!] });
    session.add(user);
    await session.flush();
    const old = user.addresses as Address[];
    user.addresses = [b!, c!];
    expect(historyOf(user, 'addresses')).toEqual([[c], [b], [a]]);
    old.push(address('z'));
    old.splice(0, 1);
    expect([old.map(({ street }) => street), user.addresses, session.new]).toEqual([['b', 'z'], [b, c], [c]]);
    user.addresses = [...old.slice(0, 0), a!, b!];
    expect(historyOf(user, 'addresses')).toEqual([[], [a, b], []]);
    expect(session.new).toEqual([c]);
    const mine = user.addresses;
    user.addresses = mine;
    expect([user.addresses === mine, historyOf(user, 'addresses')]).toEqual([true, [[], [a, b], []]]);
  });

  test('moves a member from one to the other, and no copy of it stays', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const a = address('a');
    const [one, other] = [new User({ name: 'one', addresses: [a] }), new User({ name: 'other' })];
    session.addAll([one, other]);
    await session.flush();
    (other.addresses as Address[]).push(a);
    expect([one.addresses, a.user, historyOf(one, 'addresses'), historyOf(other, 'addresses')]).toEqual([
      [],
      other,
      [[], [], [a]],
      [[a], [], []],
    ]);
    expect(historyOf(a, 'user')).toEqual([[other], [], [one]]);
    took();
    await session.flush();
    expect([took(), a.userId]).toEqual([['update addresses user_id'], other.id]);
  });

  test('is of the other side too when a child is written, and back again is no change', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    const a = address('a');
    const user = new User({ name: 'u', addresses: [a] });
    session.add(user);
    await session.flush();
    a.user = null;
    expect([historyOf(a, 'user'), historyOf(user, 'addresses')]).toEqual([
      [[], [], [user]],
      [[], [], [a]],
    ]);
    a.user = user;
    expect([historyOf(a, 'user'), historyOf(user, 'addresses')]).toEqual([
      [[], [user], []],
      [[], [a], []],
    ]);
    took();
    await session.flush();
    expect(took()).toEqual([]);
  });

  test('leaves a lazily loaded child where it is: it is no orphan', async () => {
    const { Session, took } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'u', jobs: [new Job({ title: 'j' })] })));
    await using session = Session();
    const job = await session.find(Job).one();
    const owner = await job.owner;
    expect((await owner.jobs)[0]).toBe(job);
    took();
    await session.commit();
    expect([took().filter((text) => text !== 'commit'), await session.find(Job).count()]).toEqual([[], 1]);
  });

  test('keeps what was linked while the collection was not loaded, once, when it is', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => session.add(new User({ name: 'u', addresses: [address('a')] })));
    await using session = Session({ autoflush: false });
    const user = await session.find(User).one();
    const [known] = await session.find(Address);
    const b = address('b');
    b.user = user;
    known!.user = user;
    session.add(b);
    const addresses = await user.addresses;
    expect([addresses.map(({ street }) => street), historyOf(user, 'addresses')]).toEqual([
      ['a', 'b'],
      [[b], [known], []],
    ]);
  });
});
