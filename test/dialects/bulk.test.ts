import { describe, expect, test } from 'vitest';

import type { Dialect } from '../../src/dialects/dialect.ts';
import { createStatements } from '../../src/engine/create-all.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Statement } from '../../src/sql/statement.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { column, id, table } from '../support/tables.ts';

const name = column('name', { name: 'text' });
const size = column('size "x"', { name: 'numeric', precision: 6, scale: 2 }, { nullable: true });
const tags = column('tags', { name: 'json' }, { nullable: true });
const things = table('things', [id, name, size, tags]);

const left = column('left', { name: 'integer' });
const right = column('right', { name: 'uuid' });
const links = table('links', [left, right, name], { primaryKey: ['left', 'right'] });

const UUIDS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

function write(sql: string): Statement {
  return { sql, kind: 'write', parse: 'raw', prepare: true };
}

async function create(engine: Engine): Promise<void> {
  for (const sql of createStatements(engine.dialect, [things, links], true)) await engine.execute(sql);
}

function rowsOf(dialect: Dialect, count: number): unknown[][] {
  const json = dialect.codec(tags.type);
  return Array.from({ length: count }, (_, i) => [`name ${count - i}`, i % 2 === 0 ? null : '1.50', json.encode([i])]);
}

async function insertThings(engine: Engine, count: number): Promise<number[]> {
  const rows = rowsOf(engine.dialect, count);
  const bulk = engine.dialect.bulk.insert({
    table: things,
    columns: [name, size, tags],
    returning: [id],
    rowCount: count,
  });
  const result = await engine.execute(write(bulk.sql), bulk.parameters(rows));
  expect(result.affected).toBe(count);
  return result.rows.map(([key]) => Number(key)).toSorted((a, b) => a - b);
}

for (const database of DATABASES) {
  describe(database.name, () => {
    for (const count of [1, 2, 1_000]) {
      test(`inserts ${count} rows in one statement, numbered in their order`, async () => {
        const engine = await database.createEngine();
        await create(engine);
        const recorded = recordStatements(engine);

        const keys = await insertThings(engine, count);

        expect(recorded.length).toBe(1);
        expect(keys).toEqual(Array.from({ length: count }, (_, i) => i + 1));
        const { rows } = await engine.execute('select name, "size ""x""", tags from things order by id');
        const json = engine.dialect.codec(tags.type);
        expect(rows).toEqual(
          rowsOf(engine.dialect, count).map(([text, number, value]) => [text, number, json.decode(value)]),
        );
      });

      test(`updates ${count} rows in one statement`, async () => {
        const engine = await database.createEngine();
        await create(engine);
        const keys = await insertThings(engine, count);
        const bulk = engine.dialect.bulk.update({
          table: things,
          keys: [id],
          columns: [name, size, tags],
          rowCount: count,
        });
        const updates = keys.map((key) => [key, `new ${key}`, key % 2 === 0 ? '2.00' : null, null]);

        const { affected } = await engine.execute(write(bulk.sql), bulk.parameters(updates));

        expect(affected).toBe(count);
        const { rows } = await engine.execute('select id, name, "size ""x""", tags from things order by id');
        expect(rows).toEqual(updates);
      });

      test(`deletes ${count} rows in one statement and leaves the others`, async () => {
        const engine = await database.createEngine();
        await create(engine);
        const keys = await insertThings(engine, count + 1);
        const bulk = engine.dialect.bulk.delete({ table: things, keys: [id], rowCount: count });

        const { affected } = await engine.execute(write(bulk.sql), bulk.parameters(keys.slice(1).map((key) => [key])));

        expect(affected).toBe(count);
        expect((await engine.execute('select id from things')).rows).toEqual([[keys[0]]]);
      });
    }

    test('updates and deletes by composite keys', async () => {
      const engine = await database.createEngine();
      await create(engine);
      const { bulk } = engine.dialect;
      const insert = bulk.insert({ table: links, columns: [left, right, name], returning: [], rowCount: 3 });
      await engine.execute(
        write(insert.sql),
        insert.parameters([
          [1, UUIDS[0], 'a'],
          [1, UUIDS[1], 'b'],
          [2, UUIDS[0], 'c'],
        ]),
      );

      const update = bulk.update({ table: links, keys: [left, right], columns: [name], rowCount: 2 });
      const updated = await engine.execute(
        write(update.sql),
        update.parameters([
          [1, UUIDS[0], 'A'],
          [2, UUIDS[0], 'C'],
        ]),
      );
      const remove = bulk.delete({ table: links, keys: [left, right], rowCount: 2 });
      const removed = await engine.execute(
        write(remove.sql),
        remove.parameters([
          [1, UUIDS[1]],
          [2, UUIDS[0]],
        ]),
      );

      expect([updated.affected, removed.affected]).toEqual([2, 2]);
      expect((await engine.execute('select * from links')).rows).toEqual([[1, UUIDS[0], 'A']]);
    });

    test('carries as many rows as maxRows says', async () => {
      const engine = await database.createEngine();
      await create(engine);
      const most = engine.dialect.bulk.maxRows(3);

      expect(await insertThings(engine, most)).toHaveLength(most);
    });
  });
}

test('PostgreSQL has one text for any number of rows', async () => {
  const { postgres } = await import('../../src/dialects/postgres/dialect.ts');
  const texts = [1, 1_000].map(
    (rowCount) => postgres.bulk.insert({ table: things, columns: [name, size, tags], returning: [id], rowCount }).sql,
  );

  expect(new Set(texts)).toEqual(
    new Set([
      'insert into "things" ("name", "size ""x""", "tags") select r.c1, r.c2, r.c3::jsonb ' +
        'from unnest($1::text[], $2::numeric[], $3::text[]) with ordinality as r(c1, c2, c3, n) order by n returning "id"',
    ]),
  );
});

test('SQLite writes rows as VALUES lists', async () => {
  const { sqlite } = await import('../../src/dialects/sqlite/dialect.ts');

  expect(sqlite.bulk.update({ table: links, keys: [left, right], columns: [name], rowCount: 2 }).sql).toBe(
    'update "links" set "name" = r.column3 from (values (?, ?, ?), (?, ?, ?)) as r where "links"."left" = r.column1 and "links"."right" = r.column2',
  );
  expect(sqlite.bulk.delete({ table: links, keys: [left, right], rowCount: 2 }).sql).toBe(
    'delete from "links" where ("left", "right") in (values (?, ?), (?, ?))',
  );
  expect(sqlite.bulk.delete({ table: things, keys: [id], rowCount: 3 }).sql).toBe(
    'delete from "things" where "id" in (?, ?, ?)',
  );
});
