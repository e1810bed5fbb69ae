import { describe, expect, test } from 'vitest';

import { createStatements } from '../../src/engine/create-all.ts';
import type { Statement } from '../../src/sql/statement.ts';
import { DATABASES } from '../support/databases.ts';
import { column, id, table } from '../support/tables.ts';

const code = column('code "x"', { name: 'text' });
const size = column('size', { name: 'json' }, { nullable: true });
const things = table('things', [id, code, size], {
  indexes: [{ name: 'things_code', columns: [code.name], unique: true }],
});

function write(sql: string): Statement {
  return { sql, kind: 'write', parse: 'raw', prepare: true };
}

describe.each(DATABASES)('an upsert on $name', (database) => {
  test.each([1, 3, 1_000])('of %i rows sets columns in those that are there', async (count) => {
    const engine = await database.createEngine();
    for (const sql of createStatements(engine.dialect, [things], true)) await engine.execute(sql);
    const upsert = (
      value: unknown,
      update: (typeof size)[],
      rowCount: number,
    ): Promise<{ affected: number; rows: unknown[][] }> => {
      const bulk = engine.dialect.bulk.upsert({
        table: things,
        columns: [code, size],
        returning: [id],
        conflict: [code],
        update,
        rowCount,
      });
      const encoded = engine.dialect.codec(size.type).encode(value);
      const rows = Array.from({ length: rowCount }, (_, at) => [`code ${at}`, encoded]);
      return engine.execute(write(bulk.sql), bulk.parameters(rows));
    };

    await upsert([1], [size], count);
    const ignored = await upsert([2], [], count + 1);
    const updated = await upsert([3], [size], count);

    expect([ignored.affected, updated.affected]).toEqual([1, count]);
    expect([ignored.rows.length, updated.rows.length]).toEqual([1, count]);
    const { rows } = await engine.execute('select size from things order by id desc limit 2');
    expect(rows.map(([text]) => JSON.stringify(text))).toEqual(['[2]', '[3]']);
  });
});
