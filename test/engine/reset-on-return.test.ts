import { describe, expect, test } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

const INSERT = "insert into things values ('x')";
const COUNT = 'select count(*) from things';

for (const database of DATABASES) {
  describe(`${database.name}: a transaction that comes back open`, () => {
    test('is rolled back', async () => {
      const engine = await database.createEngine();
      await engine.execute('create table things (name text)');
      const recorded = recordStatements(engine);
      {
        await using connection = await engine.connect();
        await connection.execute('begin');
        await connection.execute(INSERT);
      }
      expect(recorded.take()).toEqual(['begin', INSERT, 'rollback']);
      expect(Number((await engine.execute(COUNT)).rows[0]?.[0])).toBe(0);
    });

    test("is committed with poolResetOnReturn 'commit'", async () => {
      const engine = await database.createEngine({ poolResetOnReturn: 'commit' });
      await engine.execute('create table things (name text)');
      const recorded = recordStatements(engine);
      {
        await using connection = await engine.connect();
        await connection.execute('begin');
        await connection.execute(INSERT);
      }
      await (await engine.connect()).release();
      expect(recorded.take()).toEqual(['begin', INSERT, 'commit']);
      expect(Number((await engine.execute(COUNT)).rows[0]?.[0])).toBe(1);
    });

    test("is rolled back even with 'commit' when begin() began it and nothing ended it", async () => {
      const engine = await database.createEngine({ poolResetOnReturn: 'commit' });
      await engine.execute('create table things (name text)');
      const recorded = recordStatements(engine);
      const work = async (): Promise<void> => {
        await using connection = await engine.connect();
        connection.begin();
        await connection.execute(INSERT);
        throw new Error('half done');
      };
      await expect(work()).rejects.toThrow('half done');
      {
        await using connection = await engine.connect();
        await connection.execute('begin');
        await connection.execute(INSERT);
      }
      const [begin] = recorded.texts;
      expect(recorded.take()).toEqual([begin, INSERT, 'rollback', 'begin', INSERT, 'commit']);
      expect(Number((await engine.execute(COUNT)).rows[0]?.[0])).toBe(1);
    });

    test("is left alone with 'none'", async () => {
      const engine = await database.createEngine({ poolResetOnReturn: 'none', poolSize: 1, maxOverflow: 0 });
      await engine.execute('create table things (name text)');
      const recorded = recordStatements(engine);
      const first = await engine.connect();
      await first.execute('begin');
      await first.release();
      await using second = await engine.connect();
      expect([recorded.take(), second.inTransaction]).toEqual([['begin'], true]);
      await second.execute('rollback');
    });
  });
}

test('poolResetOnReturn takes rollback, commit or none', () => {
  expect(() => createEngine({ url: 'sqlite:x.db', poolResetOnReturn: 'keep' as 'none' })).toThrow(
    "'poolResetOnReturn' must be 'rollback', 'commit' or 'none'.",
  );
});
