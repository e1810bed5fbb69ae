import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { inspect } from '../../src/state/inspect.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Folder extends Model('folders', {
  id: t.integer().primaryKey(),
  name: t.text(),
  color: t.text().nullable(),
  icon: t.text().nullable(),
  kind: t.text().default('plain'),
  essay: t.text().default('').deferred(),
  get files() {
    return many(() => File, 'folderId', { cascade: 'all, delete-orphan' });
  },
  get marks() {
    return many(() => Mark, 'folderId');
  },
}) {}

class File extends Model('files', {
  id: t.integer().primaryKey(),
  folderId: t.integer(),
  name: t.text(),
  get folder() {
    return one(() => Folder, 'folderId');
  },
}) {}

class Mark extends Model('marks', {
  folderId: t.integer().nullable(),
  id: t.integer().primaryKey(),
  get folder() {
    return one(() => Folder, 'folderId');
  },
}) {}

class Detail extends Model('details', {
  folderId: t.integer().primaryKey(),
  text: t.text(),
  version: t.integer().version(),
  get folder() {
    return one(() => Folder, 'folderId');
  },
}) {}

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Folder, File, Mark, Detail]);
  await using session = sessionFactory(engine)();
  session.add(new Folder({ id: 1, name: 'old', color: 'red', icon: 'star', kind: 'special' }));
  await session.commit();
  return engine;
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('a delete and an add of one key become an update that leaves unset columns and writes null', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      const recorded = recordStatements(engine);
      session.delete(old);
      const fresh = new Folder({ id: 1, name: 'new', color: null });
      session.add(fresh);
      await session.flush();

      expect(writes(recorded)).toEqual([
        `update "folders" set "name" = ${p(1)}, "color" = ${p(2)} where "id" = ${p(3)}`,
      ]);
      expect({ ...fresh }).toEqual({ id: 1, name: 'new', color: null, icon: 'star', kind: 'special' });
      expect([inspect(fresh).state, inspect(old).state]).toEqual(['persistent', 'deleted']);
      expect(await session.get(Folder, 1)).toBe(fresh);
      expect([session.has(fresh), session.has(old)]).toEqual([true, false]);
      await session.commit();
      expect(inspect(old).state).toBe('detached');
      expect((await engine.execute('select name, color, icon from folders')).rows).toEqual([['new', null, 'star']]);
    });

    test('the same row again is no statement at all', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      const recorded = recordStatements(engine);
      session.delete(old);
      const fresh = new Folder({ id: 1, name: 'old' });
      session.add(fresh);
      await session.commit();
      expect(writes(recorded)).toEqual([]);
      expect([inspect(fresh).state, inspect(old).state, fresh.color]).toEqual(['persistent', 'detached', 'red']);
    });

    test('rollback makes the new object transient and the old one persistent', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      session.delete(old);
      const fresh = new Folder({ id: 1, name: 'new' });
      session.add(fresh);
      await session.flush();
      await session.rollback();
      expect([inspect(fresh).state, inspect(old).state]).toEqual(['transient', 'persistent']);
      expect([fresh.name, fresh.color, old.name]).toEqual(['new', undefined, 'old']);
      expect(await session.get(Folder, 1)).toBe(old);
      session.delete(old);
      session.add(fresh);
      await session.commit();
      expect((await engine.execute('select name from folders')).rows).toEqual([['new']]);
    });

    test('a flush that fails after a takeover leaves both objects as they were', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      session.add(new Mark({ id: 1, folder: old }));
      await session.commit();
      session.delete(old);
      const fresh = new Folder({ id: 1, name: 'new' });
      const broken = new File({ id: 1, name: 'x', folderId: 99 });
      session.addAll([fresh, broken]);
      await expect(session.flush()).rejects.toMatchObject({ code: 'DATABASE_FOREIGN_KEY_VIOLATION' });
      await session.rollback();
      expect([fresh, broken, old].map((each) => inspect(each).state)).toEqual(['transient', 'transient', 'persistent']);
      expect([fresh.kind, old.name, await session.get(Folder, 1)]).toEqual(['plain', 'old', old]);
      session.delete(old);
      session.add(fresh);
      await session.commit();
      expect([fresh.kind, await session.get(Folder, 1)]).toEqual(['special', fresh]);
    });

    test('a member exchanged for another of the same key is updated, and links find the new object', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const folder = await session.getOne(Folder, 1);
      session.addAll([
        new File({ id: 1, name: 'one', folder }),
        new File({ id: 2, name: 'two', folder }),
        new Mark({ id: 1, folder }),
      ]);
      await session.commit();
      const mark = await session.getOne(Mark, 1);
      expect(await mark.folder).toBe(folder);
      const files = await folder.files;
      const recorded = recordStatements(engine);
      const fresh = new File({ id: 1, name: 'uno' });
      files.splice(
        files.findIndex(({ id }) => id === 1),
        1,
        fresh,
      );
      await session.flush();
      expect(writes(recorded)).toEqual([`update "files" set "name" = ${p(1)} where "id" = ${p(2)}`]);
      expect([fresh.folder, files.includes(fresh), files.length]).toEqual([folder, true, 2]);
      session.delete(folder);
      const other = new Folder({ id: 1, name: 'other', files: [...files] });
      session.add(other);
      await session.commit();
      expect(await mark.folder).toBe(other);
      expect((await engine.execute('select id, folder_id from files order by id')).rows).toEqual([
        [1, 1],
        [2, 1],
      ]);
    });

    test('a deferred column that nobody loaded stays in the row, unloaded', async () => {
      const engine = await openEngine(database);
      await engine.execute("update folders set essay = 'long'");
      await using session = sessionFactory(engine)();
      session.delete(await session.getOne(Folder, 1));
      const fresh = new Folder({ id: 1, name: 'new' });
      session.add(fresh);
      await session.commit();
      expect([inspect(fresh).unloaded.includes('essay'), Object.hasOwn(fresh, 'essay')]).toEqual([true, false]);
      await session.refresh(fresh, ['essay']);
      expect(fresh.essay).toBe('long');
    });

    test('an expired row is read before it is taken over', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      session.expire(old);
      session.delete(old);
      const fresh = new Folder({ id: 1, name: 'new' });
      session.add(fresh);
      await session.commit();
      expect([fresh.color, fresh.icon]).toEqual(['red', 'star']);
    });

    test('children that go along are replaced one by one, others stay with the row', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Folder, 1);
      session.addAll([
        new File({ id: 1, name: 'kept', folder: old }),
        new File({ id: 2, name: 'gone', folder: old }),
        new Mark({ id: 1, folder: old }),
      ]);
      await session.commit();
      const recorded = recordStatements(engine);
      session.delete(old);
      session.add(
        new Folder({
          id: 1,
          name: 'new',
          files: [new File({ id: 1, name: 'taken over' }), new File({ id: 3, name: 'new' })],
        }),
      );
      await session.commit();
      expect(writes(recorded)).toEqual([
        `update "folders" set "name" = ${p(1)} where "id" = ${p(2)}`,
        `update "files" set "name" = ${p(1)} where "id" = ${p(2)}`,
        `insert into "files" ("id", "folder_id", "name") values (${p(1)}, ${p(2)}, ${p(3)})`,
        `delete from "files" where "id" = ${p(1)}`,
      ]);
      expect((await engine.execute('select folder_id from marks')).rows).toEqual([[1]]);
      expect((await engine.execute('select id, name from files order by id')).rows).toEqual([
        [1, 'taken over'],
        [3, 'new'],
      ]);
    });

    test('a key that comes from a linked object is recognised, and WHERE has the version of the old object', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const folder = await session.getOne(Folder, 1);
      const old = new Detail({ folder, text: 'old' });
      session.add(old);
      await session.flush();
      old.text = 'older';
      await session.commit();
      const recorded = recordStatements(engine);
      session.delete(old);
      const fresh = new Detail({ folder, text: 'new' });
      session.add(fresh);
      await session.commit();
      expect(writes(recorded)).toEqual([
        `update "details" set "text" = ${p(1)}, "version" = ${p(2)} where ("folder_id" = ${p(3)} and "version" = ${p(4)})`,
      ]);
      expect(fresh.version).toBe(3);
    });
  });
}
