import { describe, expect, test } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { configure } from '../../src/mapping/configure.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import { NullVersionError, StaleDataError } from '../../src/errors/flush-errors.ts';
import { inspect } from '../../src/state/inspect.ts';
import type { TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { writes } from './flush-support.ts';

class Page extends Model('pages', {
  id: t.integer().primaryKey(),
  title: t.text(),
  version: t.integer().version(),
  get notes() {
    return many(() => Note, 'pageId');
  },
}) {}

class Note extends Model('notes', {
  id: t.integer().primaryKey(),
  pageId: t.integer().nullable(),
  get page() {
    return one(() => Page, 'pageId');
  },
}) {}

class Stamped extends Model('stamped', {
  id: t.integer().primaryKey(),
  name: t.text(),
  changedAt: t.timestamp().version((previous) => new Date((previous?.getTime() ?? 0) + 1_000)),
}) {}

let uuids = 0;
class Marked extends Model('marked', {
  id: t.integer().primaryKey(),
  name: t.text(),
  mark: t.uuid().version(() => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`),
}) {}

class Handmade extends Model('handmade', {
  id: t.integer().primaryKey(),
  name: t.text(),
  version: t.integer().nullable().version('manual'),
}) {}

class Wide extends Model('wide', { id: t.integer().primaryKey(), name: t.text(), version: t.bigint().version() }) {}

async function openEngine(database: TestDatabase): Promise<Engine> {
  const engine = await database.createEngine();
  await engine.createAll([Page, Note, Stamped, Marked, Handmade, Wide]);
  return engine;
}

async function pages(engine: Engine, count: number): Promise<void> {
  await using session = sessionFactory(engine)();
  for (let id = 1; id <= count; id++) session.add(new Page({ id, title: `page ${id}` }));
  await session.commit();
}

for (const database of DATABASES) {
  describe(database.name, () => {
    const p = (n: number): string => (database.name === 'postgres' ? `$${n}` : '?');

    test('a counter starts at 1, goes on with every update, and is part of WHERE', async () => {
      const engine = await openEngine(database);
      const recorded = recordStatements(engine);
      await using session = sessionFactory(engine)();
      const page = new Page({ id: 1, title: 'one' });
      expect(page.version).toBeUndefined();
      session.add(page);
      await session.commit();
      expect(page.version).toBe(1);

      page.title = 'two';
      await session.flush();
      expect(page.version).toBe(2);
      page.title = 'three';
      await session.commit();
      expect(page.version).toBe(3);
      session.delete(page);
      await session.commit();

      const update = `update "pages" set "title" = ${p(1)}, "version" = ${p(2)} where ("id" = ${p(3)} and "version" = ${p(4)})`;
      expect(writes(recorded)).toEqual([
        `insert into "pages" ("id", "title", "version") values (${p(1)}, ${p(2)}, ${p(3)})`,
        update,
        update,
        `delete from "pages" where ("id" = ${p(1)} and "version" = ${p(2)})`,
      ]);
    });

    test('an update that somebody else was faster with raises, and rollback leaves the object usable', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using slow = sessionFactory(engine)();
      const page = await slow.getOne(Page, 1);
      await slow.commit();
      await using fast = sessionFactory(engine)();
      (await fast.getOne(Page, 1)).title = 'fast';
      await fast.commit();

      page.title = 'slow';
      const error = await slow.flush().then(
        () => undefined,
        (thrown: unknown) => thrown as StaleDataError,
      );
      expect(error).toBeInstanceOf(StaleDataError);
      expect(error).toMatchObject({ expected: 1, matched: 0, retryable: true, code: 'SESSION_STALE_ROW' });
      expect(error?.message).toContain(
        "UPDATE statement on table 'pages' expected to update 1 row(s); 0 were matched.",
      );

      await slow.rollback();
      expect([page.title, page.version]).toEqual(['page 1', 1]);
      await slow.refresh(page);
      expect([page.title, page.version]).toEqual(['fast', 2]);
      page.title = 'slow';
      await slow.commit();
      expect(page.version).toBe(3);
    });

    test('many versioned rows are updated, and deleted, by one statement whose sum is checked', async () => {
      const engine = await openEngine(database);
      await pages(engine, 5);
      await using session = sessionFactory(engine)();
      const all = await session.find(Page).orderBy('id');
      const recorded = recordStatements(engine);
      for (const page of all) page.title += '!';
      await session.flush();
      expect(all.map(({ version }) => version)).toEqual([2, 2, 2, 2, 2]);
      expect(writes(recorded)).toHaveLength(1);
      for (const page of all) session.delete(page);
      await session.commit();
      expect(recorded.take().filter((sql) => sql.startsWith('delete'))).toEqual([
        database.name === 'postgres'
          ? 'delete from "pages" using unnest($1::integer[], $2::integer[]) as r(c1, c2) where "pages"."id" = r.c1 and "pages"."version" = r.c2'
          : 'delete from "pages" where ("id", "version") in (values (?, ?), (?, ?), (?, ?), (?, ?), (?, ?))',
      ]);
    });

    test('a set that misses one row raises for updates and deletes', async () => {
      const engine = await openEngine(database);
      await pages(engine, 3);
      await using session = sessionFactory(engine)();
      const all = await session.find(Page).orderBy('id');
      await session.commit();
      await engine.execute('update pages set version = 9 where id = 2');

      for (const page of all) page.title += '!';
      await expect(session.flush()).rejects.toMatchObject({ expected: 3, matched: 2 });
      await session.rollback();
      for (const page of all) session.delete(page);
      await expect(session.flush()).rejects.toThrow(
        "DELETE statement on table 'pages' expected to delete 3 row(s); 2 were matched.",
      );
      await session.rollback();
      expect(await session.find(Page).count()).toBe(3);
    });

    test('a version set by hand is written, and WHERE keeps the committed one', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using session = sessionFactory(engine)();
      const page = await session.getOne(Page, 1);
      page.version = 40;
      page.title = 'by hand';
      await session.commit();
      expect(page.version).toBe(40);
      expect((await engine.execute('select version from pages')).rows).toEqual([[40]]);
      page.title = 'again';
      await session.commit();
      expect(page.version).toBe(41);
    });

    test('a change of relationships alone leaves the version of the parent as it is', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using session = sessionFactory(engine)();
      const page = await session.getOne(Page, 1);
      (await page.notes).push(new Note({ id: 1 }));
      const recorded = recordStatements(engine);
      await session.commit();
      expect(page.version).toBe(1);
      expect(writes(recorded)).toEqual([`insert into "notes" ("id", "page_id") values (${p(1)}, ${p(2)})`]);
    });

    test('timestamps, uuids and bigints are made by their functions', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      const stamped = new Stamped({ id: 1, name: 'a' });
      const marked = new Marked({ id: 1, name: 'a' });
      const wide = new Wide({ id: 1, name: 'a' });
      session.addAll([stamped, marked, wide]);
      await session.commit();
      const first = marked.mark;
      expect(stamped.changedAt).toEqual(new Date(1_000));
      expect(wide.version).toBe(1n);
      stamped.name = marked.name = wide.name = 'b';
      await session.commit();
      expect(stamped.changedAt).toEqual(new Date(2_000));
      expect(marked.mark).not.toBe(first);
      expect(wide.version).toBe(2n);
      stamped.name = marked.name = wide.name = 'c';
      await session.commit();
      expect(stamped.changedAt).toEqual(new Date(3_000));
    });

    test('a version kept by the program is required, and only written when set', async () => {
      const engine = await openEngine(database);
      await using session = sessionFactory(engine)();
      session.add(new Handmade({ id: 1, name: 'a' }));
      await expect(session.flush()).rejects.toThrow('Instance does not contain a non-NULL version value');
      await session.rollback();

      const handmade = new Handmade({ id: 1, name: 'a', version: 5 });
      session.add(handmade);
      await session.commit();
      handmade.name = 'b';
      await session.commit();
      expect(handmade.version).toBe(5);
      handmade.version = null;
      await expect(session.flush()).rejects.toBeInstanceOf(NullVersionError);
      await session.rollback();
      expect(handmade.version).toBe(5);
    });

    test('a row without a version cannot be updated or deleted', async () => {
      const engine = await openEngine(database);
      await engine.execute("insert into handmade (id, name) values (1, 'old')");
      await using session = sessionFactory(engine)();
      const old = await session.getOne(Handmade, 1);
      old.name = 'new';
      await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_NULL_VERSION' });
      await session.rollback();
      session.delete(old);
      await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_NULL_VERSION' });
    });

    test('rollback puts the version back, to a savepoint too', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using session = sessionFactory(engine)();
      const page = await session.getOne(Page, 1);
      page.title = 'a';
      await session.flush();
      const nested = await session.beginNested();
      page.title = 'b';
      await session.flush();
      expect(page.version).toBe(3);
      await nested.rollback();
      expect([page.title, page.version]).toEqual(['a', 2]);
      await session.rollback();
      expect([page.title, page.version]).toEqual(['page 1', 1]);
    });

    test('an expired object reads its version before it is updated or deleted', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using session = sessionFactory(engine)();
      const page = await session.getOne(Page, 1);
      session.expire(page);
      page.title = 'set while expired';
      await session.flush();
      expect([page.title, page.version, inspect(page).unloaded]).toEqual(['set while expired', 2, ['notes']]);
      session.expire(page);
      session.delete(page);
      await session.commit();
      expect(await session.find(Page).count()).toBe(0);
    });

    test('an edited object that a later query meets in a newer version still raises', async () => {
      const engine = await openEngine(database);
      await pages(engine, 1);
      await using session = sessionFactory(engine)();
      const page = await session.getOne(Page, 1);
      await session.commit();
      page.title = 'edited';
      await engine.execute("update pages set version = 2, title = 'elsewhere' where id = 1");
      await session.noAutoflush(() => session.find(Page));
      await expect(session.flush()).rejects.toBeInstanceOf(StaleDataError);
    });
  });
}

if (DATABASES.some(({ name }) => name === 'postgres')) {
  class Server extends Model('servers', {
    id: t.serial().primaryKey(),
    name: t.text(),
    rowVersion: t.xmin().version(),
  }) {}

  test('xmin is the version that PostgreSQL keeps itself', async () => {
    const database = DATABASES.find(({ name }) => name === 'postgres') as TestDatabase;
    const engine = await database.createEngine();
    await engine.createAll([Server]);
    const recorded = recordStatements(engine);
    await using session = sessionFactory(engine)();
    const servers = ['a', 'b', 'c'].map((name) => new Server({ name }));
    session.addAll(servers);
    await session.commit();
    const first = servers.map(({ rowVersion }) => rowVersion);
    expect(first.every((version) => Number.isSafeInteger(version))).toBe(true);
    for (const server of servers) server.name += '!';
    await session.commit();
    expect(new Set(servers.map(({ rowVersion }) => rowVersion))).toEqual(new Set([servers[0]!.rowVersion]));
    expect(servers[0]!.rowVersion).not.toBe(first[0]);
    servers[0]!.name = 'once more';
    await session.commit();
    expect(writes(recorded)).toEqual([
      'insert into "servers" ("name") select r.c1 from unnest($1::text[]) with ordinality as r(c1, n) order by n returning "id", "xmin"',
      'update "servers" set "name" = r.c3 from unnest($1::integer[], $2::xid[], $3::text[]) as r(c1, c2, c3) where "servers"."id" = r.c1 and "servers"."xmin" = r.c2 returning "servers"."id", "servers"."xmin"',
      'update "servers" set "name" = $1 where ("id" = $2 and "xmin" = $3) returning "xmin"',
    ]);
    await engine.execute("update servers set name = 'elsewhere' where id = 2");
    for (const server of servers) session.delete(server);
    await expect(session.flush()).rejects.toMatchObject({ expected: 3, matched: 2 });
  });
}

test('faults of version columns are named', () => {
  class Two extends Model('two', {
    id: t.integer().primaryKey(),
    a: t.integer().version(),
    b: t.integer().version(),
  }) {}
  class Text extends Model('texts', { id: t.integer().primaryKey(), a: t.text().version() }) {}
  class Key extends Model('keys', { id: t.integer().primaryKey().version() }) {}
  class Clock extends Model('clocks', { id: t.integer().primaryKey(), at: t.timestamp().serverUpdate().version() }) {}
  expect(() => configure([Two])).toThrow('Two has 2 version columns: a, b.');
  expect(() => configure([Text])).toThrow('Text.a is a version of type text, which cannot be counted.');
  expect(() => configure([Key])).toThrow('Key.id is part of the primary key and a version');
  expect(() => configure([Clock])).toThrow("Clock.at is a version by the database's clock");
});
