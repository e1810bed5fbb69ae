import { describe, expect, test } from 'vitest';

import { createStatements } from '../../src/engine/create-all.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ColumnType } from '../../src/sql/column-type.ts';
import type { Statement } from '../../src/sql/statement.ts';
import type { Column } from '../../src/sql/table.ts';
import { DATABASES } from '../support/databases.ts';
import { column, id, table } from '../support/tables.ts';

const cents: ColumnType = {
  name: 'custom',
  element: { name: 'integer' },
  codec: { encode: (value) => (value as { cents: number }).cents, decode: (value) => ({ cents: value }) },
};

/** A type, and values that must come back as they went in. */
const CASES: readonly (readonly [ColumnType, readonly unknown[]])[] = [
  [{ name: 'integer' }, [0, -1, 2_147_483_647]],
  [{ name: 'bigint' }, [0n, 9_007_199_254_740_993n, -9_223_372_036_854_775_808n]],
  [{ name: 'text' }, ['', 'a "quoted" \\ text, {with} everything', 'NULL', '数', "it's"]],
  [{ name: 'varchar', length: 3 }, ['abc', '数学😀']],
  [{ name: 'boolean' }, [true, false]],
  [{ name: 'real' }, [1.5, -0.25]],
  [{ name: 'double' }, [0.1, -1e300, 3]],
  [{ name: 'numeric', precision: 30, scale: 2 }, ['12345678901234567890.10', '-0.01']],
  [
    { name: 'timestamp' },
    [new Date('2026-01-02T03:04:05.678Z'), new Date('1969-12-31T23:59:59.999Z'), new Date('0099-05-06T00:00:00Z')],
  ],
  [{ name: 'date' }, ['2026-02-28', '0099-12-31']],
  [{ name: 'uuid' }, ['7c9e6679-7425-40de-944b-e07fc1f90ae7']],
  [{ name: 'json' }, [{ a: [1, null, 'x"y\\z'] }, [1, 2], 'text', '12', 5, 0.5, true]],
  [{ name: 'bytes' }, [new Uint8Array([]), new Uint8Array([0, 255, 92, 34])]],
  [{ name: 'enum', values: ['on', "o'ff"] }, ['on', "o'ff"]],
  [cents, [{ cents: 250 }]],
];

const ARRAY_CASES: readonly (readonly [ColumnType, readonly unknown[]])[] = [
  [{ name: 'array', element: { name: 'text' } }, [[], ['a', '', 'NULL', 'with "quotes", {braces} \\'], ['x', null]]],
  [{ name: 'array', element: { name: 'bigint' } }, [[1n, 9_007_199_254_740_993n]]],
  [{ name: 'array', element: { name: 'timestamp' } }, [[new Date('2026-01-02T03:04:05.678Z')]]],
  [{ name: 'array', element: { name: 'boolean' } }, [[true, false]]],
  [{ name: 'array', element: { name: 'bytes' } }, [[new Uint8Array([1, 92])]]],
];

function statement(sql: string, kind: Statement['kind'], parse: Statement['parse'] = 'raw'): Statement {
  return { sql, kind, parse, prepare: true };
}

async function createTable(engine: Engine, value: Column): Promise<void> {
  for (const sql of createStatements(engine.dialect, [table('things', [id, value])], true)) await engine.execute(sql);
}

/** Writes each value twice, once alone and once in bulk, and reads all back. */
async function roundTrip(
  engine: Engine,
  type: ColumnType,
  values: readonly unknown[],
): Promise<{ raw: unknown[]; typed: unknown[] }> {
  const value = column('value', type, { nullable: true });
  const things = table('things', [id, value]);
  await createTable(engine, value);
  const codec = engine.dialect.codec(type);
  const encoded = values.map((one) => (one === null ? null : codec.encode(one)));
  const single = engine.dialect.kysely.insertInto('things').values({ value: '' }).compile().sql;
  for (const one of encoded) await engine.execute(statement(single, 'write'), [one]);
  const bulk = engine.dialect.bulk.insert({ table: things, columns: [value], returning: [], rowCount: values.length });
  await engine.execute(statement(bulk.sql, 'write'), bulk.parameters(encoded.map((one) => [one])));
  const select = 'select value from things order by id';
  const raw = await engine.execute(statement(select, 'read'));
  const typed = await engine.execute(statement(select, 'read', 'typed'));
  return {
    raw: raw.rows.map(([one]) => (one === null ? null : codec.decode(one))),
    typed: typed.rows.map(([one]) => one),
  };
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const cases = database.name === 'postgres' ? [...CASES, ...ARRAY_CASES] : CASES;
    for (const [type, values] of cases) {
      test(`${type.name}${type.element === undefined ? '' : ` of ${type.element.name}`} comes back as it went in, alone and in bulk`, async () => {
        const engine = await database.createEngine();
        const given = [...values, null];

        const { raw, typed } = await roundTrip(engine, type, given);

        expect(raw).toEqual([...given, ...given]);
        if (type.name !== 'custom') expect(typed).toEqual([...given, ...given]);
      });
    }

    test('a value of the wrong kind is refused by a TypeError that does not show it', async () => {
      const { dialect } = await database.createEngine();
      const refusals: readonly (readonly [ColumnType, unknown, string])[] = [
        [{ name: 'integer' }, 1.5, 'expected an integer, got a number'],
        [{ name: 'integer' }, '5', 'expected an integer, got a string'],
        [{ name: 'bigint' }, 'secret', 'expected a bigint, got a string'],
        [{ name: 'text' }, 5, 'expected a string, got a number'],
        [{ name: 'varchar', length: 2 }, 'abc', 'expected a text of at most 2 characters, got a longer one'],
        [{ name: 'boolean' }, 1, 'expected a boolean, got a number'],
        [{ name: 'double' }, '1', 'expected a number, got a string'],
        [{ name: 'numeric' }, 'secret', 'expected a decimal number such as "12.50", got a string'],
        [{ name: 'timestamp' }, new Date(Number.NaN), 'expected a valid Date, got a Date'],
        [{ name: 'date' }, new Date(0), 'expected a day as "YYYY-MM-DD", got a Date'],
        [{ name: 'uuid' }, 'secret', 'expected a UUID, got a string'],
        [{ name: 'json' }, () => 1, 'expected a value that JSON can hold, got a function'],
        [{ name: 'bytes' }, [1], 'expected a Uint8Array, got an array'],
        [{ name: 'enum', values: ['on', 'off'] }, 'secret', "expected one of 'on', 'off', got a string"],
      ];
      for (const [type, value, message] of refusals)
        expect(() => dialect.codec(type).encode(value)).toThrow(new TypeError(message));
    });

    test('a free text takes the values that programs have and gives them back by type', async () => {
      const engine = await database.createEngine();
      await createTable(engine, column('value', { name: 'json' }, { nullable: true }));
      const placeholder = database.name === 'postgres' ? '$1' : '?';
      for (const value of [{ a: 1 }, undefined])
        await engine.execute(`insert into things (value) values (${placeholder})`, [value]);

      const { rows } = await engine.execute('select value from things order by id');

      expect(rows).toEqual([[{ a: 1 }], [null]]);
    });

    test('an integer that no number can hold comes back as a bigint', async () => {
      const engine = await database.createEngine();
      const sql =
        database.name === 'postgres' ? 'select 9007199254740993::bigint as n' : 'select 9007199254740993 as n';

      expect((await engine.execute(sql)).rows).toEqual([[9_007_199_254_740_993n]]);
    });
  });
}

test('a server default of the present moment is a timestamp that decodes', async () => {
  for (const database of DATABASES) {
    const engine = await database.createEngine();
    await createTable(engine, column('value', { name: 'timestamp' }, { serverDefault: 'now()' }));
    const insert = engine.dialect.bulk.insert({ table: table('things', []), columns: [], returning: [], rowCount: 2 });
    await engine.execute(statement(insert.sql, 'write'), insert.parameters([[], []]));

    const { rows } = await engine.execute(statement('select value from things', 'read', 'typed'));

    expect(rows.map(([value]) => value instanceof Date && !Number.isNaN(value.getTime()))).toEqual([true, true]);
  }
});
