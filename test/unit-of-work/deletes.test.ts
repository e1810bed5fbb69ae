import { describe, expect, onTestFinished, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { configure } from '../../src/mapping/configure.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Shelf extends Model(
  'shelves',
  {
    id: t.integer().primaryKey(),
    get books() {
      return many(() => Tome, 'shelfId', { cascade: 'all', passiveDeletes: true });
    },
    get labels() {
      return many(() => Label, 'shelfId', { passiveDeletes: 'all' });
    },
  },
  { confirmDeletedRows: false },
) {}

class Tome extends Model('tomes', {
  id: t.integer().primaryKey(),
  shelfId: t.integer(),
  get shelf() {
    return one(() => Shelf, 'shelfId', { onDelete: 'cascade' });
  },
}) {}

class Label extends Model('labels', {
  id: t.integer().primaryKey(),
  shelfId: t.integer().nullable(),
  get shelf() {
    return one(() => Shelf, 'shelfId', { onDelete: 'set null' });
  },
}) {}

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Shelf, Tome, Label]);
  await using session = sessionFactory(engine)();
  const shelf = new Shelf({ id: 1 });
  session.addAll([1, 2, 3].map((id) => new Tome({ id, shelf })));
  session.addAll([1, 2].map((id) => new Label({ id, shelf })));
  await session.commit();
  return engine;
}

function warnings(): string[] {
  const texts: string[] = [];
  const listen = (warning: Error & { code?: string }): void => {
    if (warning.name === 'HermeticWarning') texts.push(`${warning.code}: ${warning.message}`);
  };
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  return texts;
}

/** Warnings are told in a later turn of the event loop. */
const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('passive children that are not loaded are left to the database', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const shelf = await session.getOne(Shelf, 1);
      const recorded = recordStatements(engine);
      session.delete(shelf);
      await session.commit();
      expect(recorded.take().filter((text) => !/^(?:begin|commit)/.test(text))).toEqual([
        `delete from "shelves" where "id" = ${p(1)}`,
      ]);
      expect((await engine.execute('select count(*) from tomes')).rows.map(([count]) => Number(count))).toEqual([0]);
      expect((await engine.execute('select shelf_id from labels')).rows).toEqual([[null], [null]]);
    });

    test('loaded ones are deleted one by one, unless all are left to the database', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const shelf = await session.getOne(Shelf, 1);
      await shelf.books;
      const labels = await shelf.labels;
      const recorded = recordStatements(engine);
      session.delete(shelf);
      await session.commit();
      expect(writes(recorded)).toEqual([
        database.name === 'postgres'
          ? 'delete from "tomes" where "id" = any($1::integer[])'
          : 'delete from "tomes" where "id" in (?, ?, ?)',
        `delete from "shelves" where "id" = ${p(1)}`,
      ]);
      await session.refresh(labels[0]!);
      expect(labels[0]!.shelfId).toBeNull();
    });

    test('a DELETE that finds its rows gone warns, unless the model says that this is as it should be', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const shelf = await session.getOne(Shelf, 1);
      const tomes = await session.find(Tome);
      await session.commit();
      await engine.execute('delete from shelves');
      const texts = warnings();
      for (const tome of tomes) session.delete(tome);
      await session.flush();
      session.delete(shelf);
      await session.commit();
      await told();
      expect(texts).toEqual([
        "SESSION_STALE_ROW: DELETE statement on table 'tomes' expected to delete 3 row(s); 0 were matched. If the database deletes such rows by itself, set confirmDeletedRows: false in the options of the model. [SESSION_STALE_ROW]",
      ]);
    });
  });
}

test('leaving all children to the database and deleting them oneself exclude each other', () => {
  class Top extends Model('tops', {
    id: t.integer().primaryKey(),
    get subs() {
      return many(() => Sub, 'topId', { cascade: 'all', passiveDeletes: 'all' });
    },
  }) {}
  class Sub extends Model('subs', {
    id: t.integer().primaryKey(),
    topId: t.integer(),
    get top() {
      return one(() => Top, 'topId');
    },
  }) {}
  expect(() => configure([Top, Sub])).toThrow("Top.subs leaves all children to the database (passiveDeletes: 'all')");
});
