import { describe, expect, test } from 'vitest';

import { Model, sessionFactory, t } from '../../src/index.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { Everything, Job, User } from '../support/models.ts';
import { open, rowsOf } from '../support/open-session.ts';

class Book extends Model('books', { id: t.integer().primaryKey(), name: t.text().column('title') }) {}
class Film extends Model('films', { id: t.integer().primaryKey(), name: t.text(), title: t.text() }) {}

describe.for(DATABASES)('session.sql on $name', (database) => {
  test('is Kysely in the transaction of the session, by property names', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada', jobs: [new Job({ title: 'a' }), new Job({ title: 'b' })] }));
    const rows = await session.sql
      .selectFrom('jobs')
      .innerJoin('users', 'users.id', 'jobs.ownerId')
      .select(['jobs.title', 'jobs.ownerId', 'users.name as ownerName'])
      .orderBy('jobs.title')
      .execute();
    expect(rows).toEqual([
      { title: 'a', ownerId: 1, ownerName: 'Ada' },
      { title: 'b', ownerId: 1, ownerName: 'Ada' },
    ]);
    expect(took().slice(0, 3)).toEqual(['begin', 'insert users', 'insert jobs']);
    await session.rollback();
    expect(await session.sql.selectFrom('users').selectAll().execute()).toEqual([]);
  });

  test('writes, and says how many rows it touched', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    await session.sql
      .insertInto('users')
      .values([
        { name: 'a', email: null },
        { name: 'b', email: null },
      ])
      .execute();
    const { numUpdatedRows } = await session.sql
      .updateTable('users')
      .set({ email: 'x' })
      .where('name', '=', 'a')
      .executeTakeFirstOrThrow();
    const { numDeletedRows } = await session.sql.deleteFrom('users').where('name', '=', 'b').executeTakeFirstOrThrow();
    expect([numUpdatedRows, numDeletedRows]).toEqual([1n, 1n]);
    await session.commit();
    expect(await rowsOf(engine, 'users', 'name, email')).toEqual([['a', 'x']]);
  });

  test('takes a name for the column of the table that is asked, where models mean different ones by it', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Book, Film]);
    await using session = sessionFactory(engine, { models: { Book, Film } })();
    session.addAll([new Book({ id: 1, name: 'book' }), new Film({ id: 1, name: 'film', title: 'long' })]);
    await session.flush();
    const statements = recordStatements(engine);
    expect(await session.sql.selectFrom('films').selectAll().execute()).toEqual([
      { id: 1, name: 'film', title: 'long' },
    ]);
    expect(await session.sql.selectFrom('films as f').select(['f.name', 'title']).execute()).toEqual([
      { name: 'film', title: 'long' },
    ]);
    expect(await session.sql.selectFrom('books').select('name').execute()).toEqual([{ name: 'book' }]);
    const joined = session.sql.selectFrom('films').innerJoin('books as b', 'b.id', 'films.id');
    expect(await joined.select(['films.name as film', 'b.name as book']).execute()).toEqual([
      { film: 'film', book: 'book' },
    ]);
    expect(statements.take()).toEqual([
      'select * from "films"',
      'select "f"."name", "title" from "films" as "f"',
      'select "title" from "books"',
      'select "films"."name" as "film", "b"."title" as "book" from "films" inner join "books" as "b" on "b"."id" = "films"."id"',
    ]);
  });

  test('gives numbers for counts', async () => {
    const { Session } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    const { n } = await session.sql
      .selectFrom('users')
      .select(({ fn }) => fn.countAll().as('n'))
      .executeTakeFirstOrThrow();
    expect(Number(n)).toBe(1);
  });

  test('gives the rows of stream() one by one, read by one statement', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.addAll([new User({ name: 'Ada' }), new User({ name: 'Grace' })]);
    await session.flush();
    took();
    const names: string[] = [];
    for await (const { name } of session.sql.selectFrom('users').select('name').orderBy('id').stream())
      names.push(name);
    expect(names).toEqual(['Ada', 'Grace']);
    expect(took()).toEqual(['select users']);
  });

  test('has no transaction of its own', async () => {
    const { Session } = await open(database);
    await using session = Session();
    await expect(session.sql.transaction().execute(() => Promise.resolve(1))).rejects.toMatchObject({
      code: 'SESSION_TRANSACTION_BEGUN',
    });
  });

  test('needs no connection to build', async () => {
    const { Session, engine } = await open(database);
    await using session = Session();
    const compiled = session.sql.selectFrom('jobs').select('ownerId').compile();
    expect([compiled.sql, engine.pool.status().checkedOut]).toEqual(['select "owner_id" from "jobs"', 0]);
    expect((await session.execute(compiled)).rows).toEqual([]);
  });

  test('reads every type as the driver has it', async () => {
    const { Session } = await open(database, { tables: [Everything] });
    await using session = Session();
    session.add(
      new Everything({
        integer: 1,
        bigint: 2n,
        text: 't',
        varchar: 'v',
        boolean: true,
        real: 0.5,
        double: 0.25,
        numeric: '1.50',
        timestamp: new Date(0),
        date: '2026-01-01',
        uuid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
        json: { list: [1], nested: { deep: 'x' } },
        bytes: new Uint8Array([1]),
        colour: 'red',
      }),
    );
    const row = await session.sql.selectFrom('everything').selectAll().executeTakeFirstOrThrow();
    expect([row.integer, row.text, row.double, Object.keys(row).length]).toEqual([1, 't', 0.25, 15]);
  });
});

describe.for(DATABASES)('session.execute on $name', (database) => {
  test('runs a text with parameters in the transaction, after a flush', async () => {
    const { Session, took } = await open(database);
    await using session = Session();
    session.add(new User({ name: 'Ada' }));
    const mark = database.name === 'sqlite' ? '?' : '$1';
    const result = await session.execute(`select name, id from users where name = ${mark}`, ['Ada']);
    expect([result.rows, result.columns]).toEqual([[['Ada', 1]], ['name', 'id']]);
    const { affected } = await session.execute(`update users set name = ${mark}`, ['Eve']);
    expect([affected, took().slice(0, 2)]).toEqual([1, ['begin', 'insert users']]);
    await session.rollback();
    expect((await session.execute('select name from users')).rows).toEqual([]);
  });
});
