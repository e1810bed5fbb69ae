import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { configure } from '../../src/mapping/configure.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Person extends Model('persons', {
  id: t.serial().primaryKey(),
  name: t.text(),
  favouriteId: t.integer().nullable(),
  version: t.integer().version(),
  get favourite() {
    return one(() => Ball, 'favouriteId', { postUpdate: true });
  },
  get balls() {
    return many(() => Ball, 'ownerId');
  },
}) {}

class Ball extends Model('balls', {
  id: t.serial().primaryKey(),
  color: t.text(),
  ownerId: t.integer().nullable(),
  get owner() {
    return one(() => Person, 'ownerId');
  },
}) {}

/** Rows of one table that point at each other. */
class Friend extends Model('friends', {
  id: t.integer().primaryKey(),
  bestId: t.integer().nullable(),
  get best() {
    return one(() => Friend, 'bestId', { postUpdate: true });
  },
}) {}

class Stubborn extends Model('stubborn', {
  id: t.integer().primaryKey(),
  otherId: t.integer().nullable(),
  get other() {
    return one(() => Stubborn, 'otherId');
  },
}) {}

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Person, Ball, Friend, Stubborn]);
  return engine;
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('rows that need each other are inserted, then linked by an update that goes on counting versions', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const recorded = recordStatements(engine);
      const person = new Person({ name: 'Ada' });
      const ball = new Ball({ color: 'red', owner: person });
      person.favourite = ball;
      session.add(person);
      await session.flush();
      expect(writes(recorded)).toEqual([
        `insert into "persons" ("name", "favourite_id", "version") values (${p(1)}, ${p(2)}, ${p(3)}) returning "id"`,
        `insert into "balls" ("color", "owner_id") values (${p(1)}, ${p(2)}) returning "id"`,
        `update "persons" set "favourite_id" = ${p(1)}, "version" = ${p(2)} where ("id" = ${p(3)} and "version" = ${p(4)})`,
      ]);
      expect([person.favouriteId, person.version, person.favourite, session.dirty]).toEqual([ball.id, 2, ball, []]);
      await session.commit();

      person.name = 'Eve';
      const green = new Ball({ color: 'green', owner: person });
      person.favourite = green;
      await session.commit();
      expect(writes(recorded)).toEqual([
        `insert into "balls" ("color", "owner_id") values (${p(1)}, ${p(2)}) returning "id"`,
        `update "persons" set "name" = ${p(1)}, "favourite_id" = ${p(2)}, "version" = ${p(3)} where ("id" = ${p(4)} and "version" = ${p(5)})`,
      ]);
    });

    test('a parent that is there already needs no update', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const ball = new Ball({ color: 'red' });
      session.add(ball);
      await session.commit();
      const recorded = recordStatements(engine);
      const person = new Person({ name: 'Ada', favourite: ball });
      session.add(person);
      await session.commit();
      expect([writes(recorded).length, person.favouriteId]).toEqual([1, ball.id]);
    });

    test('rows that need each other are cut before they are deleted, and rollback links them again', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const person = new Person({ name: 'Ada' });
      const ball = new Ball({ color: 'red', owner: person });
      person.favourite = ball;
      session.add(person);
      await session.commit();
      const recorded = recordStatements(engine);
      session.delete(person);
      session.delete(ball);
      await session.flush();
      expect(writes(recorded)).toEqual([
        `update "persons" set "favourite_id" = ${p(1)}, "version" = ${p(2)} where ("id" = ${p(3)} and "version" = ${p(4)})`,
        `delete from "balls" where "id" = ${p(1)}`,
        `delete from "persons" where ("id" = ${p(1)} and "version" = ${p(2)})`,
      ]);
      await session.rollback();
      expect([person.favouriteId, person.version, ball.ownerId]).toEqual([ball.id, 2, person.id]);
      session.delete(person);
      session.delete(ball);
      await session.commit();
      expect(await session.find(Person).count()).toBe(0);
    });

    test('rows of one table may stand in a circle, by object or by key, expired or not', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const recorded = recordStatements(engine);
      const [a, b] = [new Friend({ id: 1 }), new Friend({ id: 2 })];
      a.best = b;
      b.best = a;
      session.addAll([a, b, new Friend({ id: 3, bestId: 4 }), new Friend({ id: 4, bestId: 3 })]);
      await session.commit();
      expect(writes(recorded).map((text) => text.split(' ')[0])).toEqual(['insert', 'update']);
      expect((await engine.execute('select id, best_id from friends order by id')).rows).toEqual([
        [1, 2],
        [2, 1],
        [3, 4],
        [4, 3],
      ]);
      session.expireAll();
      for (const friend of session) session.delete(friend);
      await session.commit();
      expect(writes(recorded).map((text) => text.split(' ')[0])).toEqual(['update', 'delete']);
    });

    test('without it the circle is refused, and the error names the relationship', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const [a, b] = [new Stubborn({ id: 1 }), new Stubborn({ id: 2 })];
      a.other = b;
      b.other = a;
      session.addAll([a, b]);
      const recorded = recordStatements(engine);
      await expect(session.flush()).rejects.toThrow(
        /Set postUpdate: true on a relationship of the circle \(Stubborn\.other\), or flush them with one of the links left empty.*\[SESSION_FLUSH_CYCLE\]$/,
      );
      expect(writes(recorded)).toEqual([]);
    });
  });
}

test('postUpdate on a foreign key that may not be null is refused', () => {
  class Strict extends Model('strict', {
    id: t.integer().primaryKey(),
    otherId: t.integer(),
    get other() {
      return one(() => Strict, 'otherId', { postUpdate: true });
    },
  }) {}
  expect(() => configure([Strict])).toThrow('Strict.other has postUpdate, but its foreign key otherId may not be null');
});
