import { describe, expect, test } from 'vitest';

import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

class Author extends Model('authors', { id: t.serial().primaryKey(), name: t.text() }) {}

class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  authorId: t.integer().references(() => Author),
}) {}

for (const database of DATABASES) {
  describe(database.name, () => {
    test('createAll and dropAll take classes in any order', async () => {
      const engine = await database.createEngine();
      const recorded = recordStatements(engine);

      await engine.createAll([Book, Author]);
      await engine.createAll([Book, Author]);
      const first = recorded.take();
      expect(first.filter((sql) => sql.startsWith('create table')).map((sql) => sql.split(' (')[0])).toEqual([
        'create table if not exists "authors"',
        'create table if not exists "books"',
        'create table if not exists "authors"',
        'create table if not exists "books"',
      ]);
      expect(first.filter((sql) => sql === 'commit')).toHaveLength(2);

      await engine.dropAll([Author, Book]);
      expect(recorded.take().filter((sql) => sql.startsWith('drop'))).toEqual(
        database.name === 'postgres'
          ? ['drop table if exists "books" cascade', 'drop table if exists "authors" cascade']
          : ['drop table if exists "books"', 'drop table if exists "authors"'],
      );
      await expect(engine.createAll([Author], { ifNotExists: false })).resolves.toBeUndefined();
      await expect(engine.createAll([Author], { ifNotExists: false })).rejects.toThrow('[DATABASE_ERROR]');
    });
  });
}
