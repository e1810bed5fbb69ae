import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { FlushCycleError, NullKeyError } from '../../src/errors/flush-errors.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Country extends Model('countries', {
  code: t.varchar(40).primaryKey(),
  name: t.text(),
  get cities() {
    return many(() => City, 'countryCode');
  },
}) {}

class City extends Model('cities', {
  countryCode: t.varchar(40).primaryKey(),
  name: t.text().primaryKey(),
  get country() {
    return one(() => Country, 'countryCode', { onUpdate: 'cascade' });
  },
  get streets() {
    return many(() => Street);
  },
}) {}

class Street extends Model('streets', {
  id: t.integer().primaryKey(),
  country: t.varchar(40),
  city: t.text(),
  get place() {
    return one(() => City, ['country', 'city'], { onUpdate: 'cascade' });
  },
}) {}

/** No constraint in the database: the flush itself must move the children. */
class Owner extends Model('owners', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get pets() {
    return many(() => Pet, 'ownerId', { passiveUpdates: false });
  },
}) {}

class Pet extends Model('pets', {
  id: t.integer().primaryKey(),
  ownerId: t.integer().nullable(),
  get owner() {
    return one(() => Owner, 'ownerId');
  },
}) {}

class Draft extends Model('drafts', {
  code: t.text().primaryKey(),
  status: t.integer().primaryKey(),
  name: t.text(),
}) {}

class Flagged extends Model('flagged', { flag: t.boolean().primaryKey(), name: t.text() }) {}

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Country, City, Street, Draft, Flagged]);
  await engine.execute('create table owners (id integer primary key, name text not null)');
  await engine.execute('create table pets (id integer primary key, owner_id integer)');
  return engine;
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('a changed key is found by the old one, and the identity map goes by the new one', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const owner = new Owner({ id: 1, name: 'Ada' });
      session.add(owner);
      await session.commit();
      owner.id = 2;
      const recorded = recordStatements(engine);
      await session.flush();
      expect(writes(recorded)).toEqual([`update "owners" set "id" = ${p(1)} where "id" = ${p(2)}`]);
      expect(await session.get(Owner, 2)).toBe(owner);
      expect(await session.get(Owner, 1)).toBeNull();
      expect(inspect(owner).identityKey).toEqual(['Owner', 2]);
      await session.rollback();
      expect([owner.id, inspect(owner).identityKey]).toEqual([1, ['Owner', 1]]);
      expect(await session.get(Owner, 1)).toBe(owner);
    });

    test('a new object may take the key that another gives up in the same flush', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const first = new Owner({ id: 1, name: 'first' });
      session.add(first);
      await session.commit();
      first.id = 2;
      const second = new Owner({ id: 1, name: 'second' });
      session.add(second);
      await session.commit();
      expect(await session.get(Owner, 1)).toBe(second);
      expect(await session.get(Owner, 2)).toBe(first);
    });

    test('keys move along a chain in the order that makes room, whichever way it runs', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const published = new Draft({ code: 'a', status: 1, name: 'published' });
      const editable = new Draft({ code: 'a', status: 2, name: 'editable' });
      session.addAll([published, editable]);
      await session.commit();
      const recorded = recordStatements(engine);
      published.status = 3;
      editable.status = 1;
      await session.commit();
      expect(await session.get(Draft, { code: 'a', status: 1 })).toBe(editable);
      published.status = 1;
      editable.status = 2;
      await session.commit();
      expect(await session.get(Draft, { code: 'a', status: 1 })).toBe(published);
      expect(writes(recorded)).toEqual(
        new Array(4).fill(`update "drafts" set "status" = ${p(1)} where ("code" = ${p(2)} and "status" = ${p(3)})`),
      );
    });

    test('two objects exchange keys by way of one that nobody has, and their children with them', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const left = new Country({ code: 'l', name: 'left' });
      const right = new Country({ code: 'r', name: 'right' });
      const town = new City({ name: 'town', country: left });
      const street = new Street({ id: 1, place: town });
      session.addAll([left, right, street]);
      await session.commit();
      const recorded = recordStatements(engine);
      left.code = 'r';
      right.code = 'l';
      await session.flush();
      expect(writes(recorded)).toEqual(
        new Array(3).fill(`update "countries" set "code" = ${p(1)} where "code" = ${p(2)}`),
      );
      expect([left.code, right.code, town.countryCode, street.country]).toEqual(['r', 'l', 'r', 'r']);
      expect(await session.get(Country, 'r')).toBe(left);
      expect(await session.get(City, { countryCode: 'r', name: 'town' })).toBe(town);
      expect(session.dirty).toEqual([]);
      expect(
        await session.sql
          .selectFrom('streets' as never)
          .selectAll()
          .execute(),
      ).toEqual([{ id: 1, country: 'r', city: 'town' }]);
      await session.rollback();
      expect([left.code, right.code, town.countryCode, street.country]).toEqual(['l', 'r', 'l', 'l']);
      expect(await session.get(City, { countryCode: 'l', name: 'town' })).toBe(town);
    });

    test('a circle of three is parked once; a key without room for another value is refused', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const owners = [1, 2, 3].map((id) => new Owner({ id, name: `owner ${id}` }));
      const flags = [true, false].map((flag) => new Flagged({ flag, name: String(flag) }));
      session.addAll([...owners, ...flags]);
      await session.commit();
      const recorded = recordStatements(engine);
      owners.forEach((owner) => (owner.id = (owner.id % 3) + 1));
      await session.commit();
      expect(writes(recorded)).toHaveLength(4);
      expect((await engine.execute('select name from owners order by id')).rows).toEqual([
        ['owner 3'],
        ['owner 1'],
        ['owner 2'],
      ]);
      flags.forEach((each) => (each.flag = !each.flag));
      await expect(session.flush()).rejects.toBeInstanceOf(FlushCycleError);
      await session.rollback();
    });

    test('passiveUpdates: false has the flush update the children, loaded or not', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      session.add(new Owner({ id: 1, name: 'Ada', pets: [new Pet({ id: 1 }), new Pet({ id: 2 })] }));
      await session.commit();
      session.expungeAll();
      const owner = await session.getOne(Owner, 1);
      const recorded = recordStatements(engine);
      owner.id = 7;
      await session.commit();
      expect(writes(recorded)).toHaveLength(2);
      expect((await engine.execute('select owner_id from pets')).rows).toEqual([[7], [7]]);
      expect((await owner.pets).map((pet) => pet.ownerId)).toEqual([7, 7]);
    });

    test('a key set on an expired object still finds the row by the old key', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const owner = new Owner({ id: 1, name: 'Ada' });
      session.add(owner);
      await session.commit();
      session.expire(owner);
      owner.id = 2;
      await session.commit();
      expect((await engine.execute('select id, name from owners')).rows).toEqual([[2, 'Ada']]);
    });

    test('null parts of a key are refused by table and column before anything is sent', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const draft = new Draft({ code: 'a', status: 1, name: 'x' });
      session.add(draft);
      await session.commit();
      const recorded = recordStatements(engine);
      (draft as { status: unknown }).status = null;
      await expect(session.flush()).rejects.toThrow(
        "Can't update table drafts using NULL for primary key value on column status.",
      );
      await session.rollback();
      session.add(new Draft({ code: 'b' } as never));
      await expect(session.flush()).rejects.toBeInstanceOf(NullKeyError);
      await session.rollback();
      expect(writes(recorded)).toEqual([]);
    });
  });
}
