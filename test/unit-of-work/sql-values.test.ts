import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { configure } from '../../src/mapping/configure.ts';
import { t } from '../../src/mapping/t.ts';
import { expression } from '../../src/model/expression.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Counter extends Model('counters', {
  id: t.integer().primaryKey(),
  hitCount: t.integer(),
  label: t.text().nullable(),
  note: t.json<{ tags: string[] }>().nullable(),
}) {}

class Line extends Model('lines', {
  id: t.serial().primaryKey(),
  price: t.integer(),
  amount: t.integer().serverDefault('1'),
  total: t.integer().generated('price * amount'),
}) {}

/** `revision` is counted by triggers. */
class Watched extends Model('watched', {
  id: t.integer().primaryKey(),
  name: t.text(),
  revision: t.integer().serverDefault('0').serverUpdate(),
}) {}

class Kept extends Model('kept', {
  id: t.integer().primaryKey(),
  name: t.text(),
  revision: t.integer().serverDefault('0').serverUpdate().version(),
}) {}

const TRIGGERS = {
  sqlite: (table: string) => [
    `create trigger count_${table} after update of name on ${table} begin update ${table} set revision = old.revision + 1 where id = old.id; end`,
  ],
  postgres: (table: string) => [
    'create or replace function count_up() returns trigger language plpgsql as $$ begin new.revision := old.revision + 1; return new; end $$',
    `create trigger count_${table} before update on ${table} for each row execute function count_up()`,
  ],
};

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Counter, Line, Watched, Kept]);
  return engine;
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('an expression is written into the update, and its value comes back with it', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const counter = new Counter({ id: 1, hitCount: 4, label: 'a' });
      session.add(counter);
      await session.commit();
      const recorded = recordStatements(engine);
      counter.hitCount = expression(Counter, (eb) => eb('hitCount', '+', 1));
      counter.label = 'b';
      expect(session.dirty).toEqual([counter]);
      await session.flush();
      expect([counter.hitCount, counter.label, inspect(counter).modified]).toEqual([5, 'b', false]);
      expect(writes(recorded)).toEqual([
        `update "counters" set "hit_count" = "hit_count" + ${p(1)}, "label" = ${p(2)} where "id" = ${p(3)} returning "hit_count"`,
      ]);
      await session.rollback();
      expect([counter.hitCount, counter.label]).toEqual([4, 'a']);
    });

    test('an expression is written into the insert, as builder or as sql template', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const recorded = recordStatements(engine);
      const first = new Counter({ id: 1, hitCount: 7 });
      const second = new Counter({
        id: expression(sql<number>`1 + 1`),
        hitCount: expression(Counter, (eb) => eb.selectFrom('it').select(eb.fn.max('hitCount').as('most')).$asScalar()),
        label: expression(sql<string>`upper('x')`),
      });
      const third = new Counter({ id: 3, hitCount: 9 });
      session.addAll([first, second, third]);
      await session.flush();
      expect([second.id, second.hitCount, second.label]).toEqual([2, 7, 'X']);
      expect(await session.get(Counter, 2)).toBe(second);
      expect(writes(recorded)).toHaveLength(3);
      await session.rollback();
      expect(inspect(second).state).toBe('transient');
      session.addAll([first, second]);
      await session.commit();
      expect([second.id, second.hitCount]).toEqual([2, 7]);
    });

    test('a JSON column and a key take expressions too', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const counter = new Counter({ id: 1, hitCount: 1, note: { tags: [] } });
      session.add(counter);
      await session.commit();
      counter.note = expression(
        database.name === 'postgres' ? sql`'{"tags":["a"]}'::jsonb` : sql`'{"tags":["a"]}'`,
      ) as { tags: string[] };
      counter.id = expression(Counter, (eb) => eb('id', '+', 10));
      await session.flush();
      expect(counter).toEqual(new Counter({ id: 11, hitCount: 1, label: null, note: { tags: ['a'] } }));
      expect(await session.get(Counter, 11)).toBe(counter);
      expect(await session.get(Counter, 1)).toBeNull();
    });

    test('computed columns are never written and come back with every insert and update', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const recorded = recordStatements(engine);
      const lines = [3, 4, 5].map((price) => new Line({ price }));
      const single = new Line({ price: 10, amount: 2 });
      session.addAll([...lines, single]);
      await session.flush();
      expect(lines.map(({ id, amount, total }) => [id, amount, total])).toEqual([
        [1, 1, 3],
        [2, 1, 4],
        [3, 1, 5],
      ]);
      expect(single.total).toBe(20);
      for (const line of lines) line.amount = 2;
      single.price = 11;
      await session.flush();
      expect([...lines, single].map(({ total }) => total)).toEqual([6, 8, 10, 22]);
      expect(session.dirty).toEqual([]);
      const returned = writes(recorded).map((text) => text.replace(/^(\w+).* returning /s, '$1: '));
      expect(returned).toEqual([
        'insert: "id", "amount", "total"',
        'insert: "id", "total"',
        'update: "lines"."id", "lines"."total"',
        'update: "total"',
      ]);
    });

    test('a computed column that was assigned is refused by name', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const line = new Line({ price: 3 });
      session.add(line);
      await session.commit();
      line.total = 99;
      await expect(session.flush()).rejects.toThrow(
        /^Line\.total of <Line at 0x\w+> was assigned, but the database computes it\./,
      );
      await session.rollback();
      expect(line.total).toBe(3);
      session.add(new Line({ price: 1, total: 1 }));
      await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_BAD_VALUE' });
    });

    test("what changes while the statement is on its way is the program's", async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const counter = new Counter({ id: 1, hitCount: 1 });
      session.add(counter);
      await session.commit();
      counter.hitCount = expression(Counter, (eb) => eb('hitCount', '+', 1));
      const flushing = session.flush();
      await Promise.resolve();
      engine.on('statement', ({ sql: text }) => {
        if (text.startsWith('update')) counter.hitCount = 50;
      });
      await flushing;
      expect(counter.hitCount).toBe(50);
      await session.commit();
      expect((await engine.execute('select hit_count from counters')).rows).toEqual([[50]]);
    });

    test('what a trigger sets is there after the update; a version that a trigger counts is checked', async () => {
      const engine = await openEngine(database);
      for (const table of ['watched', 'kept'])
        for (const text of TRIGGERS[database.name](table)) await engine.execute(text);
      await using session = sessionFactory(engine)();
      const watched = [1, 2].map((id) => new Watched({ id, name: 'a' }));
      const kept = new Kept({ id: 1, name: 'a' });
      session.addAll([...watched, kept]);
      await session.commit();
      for (const each of [...watched, kept]) each.name = 'b';
      await session.commit();
      expect([...watched, kept].map(({ revision }) => revision)).toEqual([1, 1, 1]);
      const recorded = recordStatements(engine);
      kept.name = 'c';
      await session.commit();
      expect(kept.revision).toBe(2);
      expect(recorded.take().filter((text) => !/^(?:begin|commit)/.test(text))).toEqual([
        `update "kept" set "name" = ${p(1)} where ("id" = ${p(2)} and "revision" = ${p(3)}) returning "revision"`,
        // SQLite answers before its triggers run.
        ...(database.name === 'postgres' ? [] : ['select "id", "revision" from "kept" where "id" = ?']),
      ]);
      await engine.execute("update kept set name = 'elsewhere'");
      kept.name = 'd';
      await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_STALE_ROW' });
    });
  });
}

test('a computed column with a default is refused', () => {
  class Both extends Model('both', { id: t.integer().primaryKey(), a: t.integer().default(1).generated('id + 1') }) {}
  expect(() => configure([Both])).toThrow('Both.a is computed by the database and has a default too.');
});
