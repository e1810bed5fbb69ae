import { deepStrictEqual } from 'node:assert';
import { inspect as print } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { inspect } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { Address, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

/** Does something to an array, in place. */
type Mutation = (array: Address[]) => void;

const byStreet = (one: Address, other: Address): number => one.street.localeCompare(other.street);

/** Everything that changes an array in place, with arguments on every side of what is usual. */
function mutationOf(pool: readonly Address[]): fc.Arbitrary<Mutation> {
  const item = fc.constantFrom(...pool);
  const items = fc.array(item, { maxLength: 3 });
  const at = fc.integer({ min: -4, max: 7 });
  const index = fc.nat({ max: 7 });
  const made = <T>(arguments_: fc.Arbitrary<T>, mutate: (array: Address[], given: T) => unknown) =>
    arguments_.map(
      (given): Mutation =>
        (array) =>
          void mutate(array, given),
    );
  return fc.oneof(
    made(items, (array, more) => array.push(...more)),
    made(items, (array, more) => array.unshift(...more)),
    made(fc.constant(null), (array) => array.pop()),
    made(fc.constant(null), (array) => array.shift()),
    made(fc.tuple(at, index, items), (array, [start, count, more]) => array.splice(start, count, ...more)),
    made(fc.tuple(index, item), (array, [key, one]) => (array[key] = one)),
    made(fc.nat({ max: 5 }), (array, length) => (array.length = length)),
    made(index, (array, key) => Reflect.deleteProperty(array, key)),
    made(fc.constant(null), (array) => array.sort(byStreet)),
    made(fc.constant(null), (array) => array.reverse()),
    made(fc.tuple(at, at, at), (array, [to, from, end]) => array.copyWithin(to, from, end)),
    made(fc.tuple(item, at, at), (array, [one, from, end]) => array.fill(one, from, end)),
    made(fc.tuple(index, item), (array, [key, one]) => Object.assign(array, { [key]: one })),
    made(fc.tuple(index, item), (array, [key, value]) =>
      Object.defineProperty(array, key, { value, writable: true, enumerable: true, configurable: true }),
    ),
    made(fc.constant(null), (array) => ([array[0], array[1]] = [array[1] ?? pool[0]!, array[0] ?? pool[1]!])),
  );
}

/** A collection holds each object once, and has no holes. */
function settled(array: readonly Address[]): Address[] {
  return [...new Set(array.filter(() => true))];
}

/** What there is to see of an array. */
function seen(array: readonly Address[], other: Address): unknown[] {
  const [first, ...rest] = array;
  return [
    array.length,
    [...array],
    [first, rest],
    Object.keys(array),
    array.map(({ street }) => street),
    [array.at(-1), array.includes(other), array.indexOf(other), array.lastIndexOf(other), 1 in array],
    [array.concat([other]), [[other], array].flat(), array.slice(1), array.toSorted(byStreet), array.toReversed()],
    [...array.entries()],
    JSON.stringify(array),
    print(array),
    Array.isArray(array),
  ];
}

const RUNS = { seed: 20_261_122, numRuns: 150 };

describe('a collection', () => {
  test('is to the eye the array that the same calls make of a plain one, and links what is in it', () => {
    const pool = ['d', 'a', 'c', 'b', 'e'].map((street) => new Address({ street }));
    fc.assert(
      fc.property(fc.array(fc.array(mutationOf(pool), { maxLength: 4 }), { maxLength: 6 }), (rounds) => {
        const user = new User({ name: 'u' });
        const model: Address[] = [];
        for (const mutations of rounds) {
          const collection = user.addresses as Address[];
          for (const mutate of mutations) {
            mutate(collection);
            mutate(model);
            deepStrictEqual([...collection], [...model]);
            expect(Object.keys(collection)).toEqual(Object.keys(model));
          }
          model.splice(0, model.length, ...settled(model));
          expect(user.addresses === collection).toBe(true);
          deepStrictEqual(collection, model);
          expect(seen(collection, pool[0]!)).toEqual(seen(model, pool[0]!));
          expect(pool.filter((address) => address.user === user)).toEqual(
            pool.filter((address) => model.includes(address)),
          );
        }
        user.addresses = [];
        expect(pool.every(({ user: linked }) => linked === null)).toBe(true);
      }),
      RUNS,
    );
  });

  test('refuses what is no member in every way of writing, and stays as it was', () => {
    const user = new User({ name: 'u', addresses: [new Address({ street: 's' })] });
    const addresses = user.addresses as unknown[];
    const before = [...addresses];
    const ways: ((wrong: unknown) => unknown)[] = [
      (wrong) => addresses.push(wrong),
      (wrong) => addresses.unshift(wrong),
      (wrong) => addresses.splice(0, 1, wrong),
      (wrong) => (addresses[0] = wrong),
      (wrong) => (addresses[5] = wrong),
      (wrong) => addresses.fill(wrong),
      (wrong) => Object.assign(addresses, [wrong]),
      (wrong) => Object.defineProperty(addresses, 0, { value: wrong }),
      (wrong) => (user.addresses = [wrong as Address]),
    ];
    for (const wrong of [null, undefined, 'text', {}, user])
      for (const write of ways)
        expect(() => write(wrong)).toThrow(expect.objectContaining({ code: 'STATE_WRONG_TARGET' }));
    expect(() => addresses.push(new Address({ street: 't' }), null)).toThrow(
      expect.objectContaining({ code: 'STATE_WRONG_TARGET' }),
    );
    const now = user.addresses as Address[];
    expect([now[0] === before[0], now.map(({ street }) => street)]).toEqual([true, ['s', 't']]);
    expect(() => Object.freeze(now)).toThrow(TypeError);
    expect([Object.isFrozen(now), Object.isExtensible(now), now.push(new Address({ street: 'u' }))]).toEqual([
      false,
      true,
      3,
    ]);
  });
});

describe.for(DATABASES)('a collection on $name', (database) => {
  test('is written as its members are in the end, with one statement at most for what moved', async () => {
    const { engine, Session, took } = await open(database);
    await using session = Session();
    const pool = ['d', 'a', 'c', 'b', 'e'].map((street) => new Address({ street }));
    const users = [new User({ name: 'u1' }), new User({ name: 'u2' })] as const;
    session.addAll([...users, ...pool]);
    await session.commit();
    for (const user of users) await user.addresses;
    took();
    const rounds = fc.array(fc.tuple(fc.nat({ max: 1 }), fc.array(mutationOf(pool), { minLength: 1, maxLength: 4 })), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(rounds, async (given) => {
        const before = new Map(pool.map((address) => [address, address.userId]));
        for (const [which, mutations] of given) {
          const collection = users[which]!.addresses as Address[];
          for (const mutate of mutations) mutate(collection);
        }
        const owners = pool.map(({ user }) => (user as User | null)?.id ?? null);
        const isMoved = pool.some((address, at) => before.get(address) !== owners[at]);
        for (const user of users) {
          const { added, deleted, unchanged } = inspect(user).history('addresses');
          expect(new Set([...added, ...unchanged])).toEqual(new Set(user.addresses as Address[]));
          expect(deleted.every((address) => before.get(address as Address) === user.id)).toBe(true);
        }
        await session.flush();
        expect(took().filter((text) => text.startsWith('update'))).toEqual(isMoved ? ['update addresses user_id'] : []);
        expect((await rowsOf(engine, 'addresses', 'id, user_id')).length).toBe(5);
        expect((await session.execute('select user_id from addresses order by id')).rows.flat()).toEqual(owners);
        expect([session.dirty, users.map((user) => inspect(user).history('addresses').added)]).toEqual([[], [[], []]]);
        took();
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});
