import { describe, expect, test } from 'vitest';

import {
  globalFilter,
  many,
  Model,
  one,
  QueryArgumentError,
  SessionOptionError,
  sessionFactory,
  t,
} from '../../src/index.ts';
import type { SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';

class Author extends Model('authors', {
  id: t.serial().primaryKey(),
  name: t.text(),
  tenantId: t.integer(),
  deletedAt: t.timestamp().nullable(),
  get books() {
    return many(() => Book, 'authorId', { cascade: 'all' });
  },
}) {}

class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  tenantId: t.integer(),
  deletedAt: t.timestamp().nullable(),
  authorId: t.integer().nullable(),
  get author() {
    return one(() => Author, 'authorId');
  },
}) {}

class Twig extends Model('twigs', {
  id: t.serial().primaryKey(),
  name: t.text(),
  isHidden: t.boolean(),
  parentId: t.integer().nullable(),
  get parent() {
    return one(() => Twig, 'parentId');
  },
  get children() {
    return many(() => Twig, 'parentId');
  },
}) {}

const models = { Author, Book };
const tenant = globalFilter('tenant', [Author, Book], (rows, { info }) =>
  rows.where('tenantId', '=', Number(info['tenantId'])),
);
const alive = globalFilter('alive', [Author, Book], (rows) => rows.where('deletedAt', '=', null));

interface World {
  readonly Session: SessionFactory<typeof models>;
  readonly statements: RecordedStatements;
  selects(): string[];
}

/** Tenant 1: Ada with a1, a2 (deleted), Zoe (deleted) with z1. Tenant 2: Bob with b1; b2 is Ada's, of tenant 2. */
async function world(database: TestDatabase): Promise<World> {
  const engine = await database.createEngine();
  await engine.createAll([Author, Book]);
  const gone = new Date(0);
  await sessionFactory(engine, { models }).begin((session) => {
    const ada = new Author({ id: 1, name: 'Ada', tenantId: 1 });
    const zoe = new Author({ id: 2, name: 'Zoe', tenantId: 1, deletedAt: gone });
    const bob = new Author({ id: 3, name: 'Bob', tenantId: 2 });
    session.addAll([
      new Book({ id: 1, title: 'a1', tenantId: 1, author: ada }),
      new Book({ id: 2, title: 'a2', tenantId: 1, author: ada, deletedAt: gone }),
      new Book({ id: 3, title: 'z1', tenantId: 1, author: zoe }),
      new Book({ id: 4, title: 'b1', tenantId: 2, author: bob }),
      new Book({ id: 5, title: 'b2', tenantId: 2, author: ada }),
    ]);
  });
  const statements = recordStatements(engine);
  return {
    Session: sessionFactory(engine, { models, filters: [tenant, alive], info: { tenantId: 1 } }),
    statements,
    selects: () =>
      statements
        .take()
        .filter((sql) => !sql.startsWith('begin'))
        .map((sql) => sql.replace(/^select .*? from /, 'from ').replaceAll(/\$\d+/g, '?')),
  };
}

const titles = (books: readonly { title: string }[]): string => books.map(({ title }) => title).join();
const names = (authors: readonly { name: string }[]): string => authors.map(({ name }) => name).join();
const own = (table: string): string => `"${table}"."tenant_id" = ? and "${table}"."deleted_at" is null`;

describe.for(DATABASES)('global filters on $name', (database) => {
  test('hold in find, count, exists, first and stream', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    const books = session.find(Book).orderBy('id');
    expect(titles(await books)).toBe('a1,z1');
    expect([await books.count(), await books.where('title', '=', 'b1').exists()]).toEqual([2, false]);
    expect(await books.where({ title: 'a2' }).first()).toBe(null);
    const streamed: string[] = [];
    for await (const { title } of session.find(Book).stream({ batch: 1 })) streamed.push(title);
    expect(streamed).toEqual(['a1', 'z1']);
    const texts = selects();
    expect(texts[0]).toBe('from "books" where "tenant_id" = ? and "deleted_at" is null order by "id" asc');
    expect(texts[1]).toBe('from "books" where "tenant_id" = ? and "deleted_at" is null');
  });

  test('take their values from the session, and the statements are the same', async () => {
    const { Session, statements } = await world(database);
    const found: string[] = [];
    for (const tenantId of [1, 2, 3]) {
      await using session = Session({ info: { tenantId } });
      found.push(titles(await session.find(Book).orderBy('id')));
    }
    expect(found).toEqual(['a1,z1', 'b1,b2', '']);
    expect(new Set(statements.take().filter((sql) => sql.startsWith('select'))).size).toBe(1);
  });

  test('hold in get, from the database and from memory', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    const read = async (id: number): Promise<string | undefined> => (await session.get(Book, id))?.title;
    expect([await read(1), await read(2), await read(4)]).toEqual(['a1', undefined, undefined]);
    expect(selects()[0]).toBe('from "books" where "id" = ? and "tenant_id" = ? and "deleted_at" is null');
    const hidden = await session.get(Book, 2, { withoutFilters: ['alive'] });
    expect(hidden?.title).toBe('a2');
    selects();
    expect([await read(2), await read(1)]).toEqual([undefined, 'a1']);
    expect(selects()).toEqual([]);
    expect((await session.get(Book, 4, { withoutFilters: true }))?.title).toBe('b1');
    await session.refresh(hidden as Book);
    expect(hidden?.title).toBe('a2');
  });

  test('an object that a later transaction does not see is not taken for a deleted one', async () => {
    const { Session } = await world(database);
    await using session = Session();
    const book = await session.getOne(Book, 1);
    await session.commit();
    await session.sql.updateTable('books').set({ deletedAt: new Date() }).where('id', '=', 1).execute();
    expect(await session.get(Book, 1)).toBe(null);
    expect(session.has(book)).toBe(true);
    await session.refresh(book);
    expect(book.deletedAt).toBeInstanceOf(Date);
  });

  test('hold in relationships, lazy and loaded along; what is hidden is no change', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    const ada = await session.find(Author).one();
    expect(titles(await ada.books)).toBe('a1');
    const books = await session.find(Book).with('author').orderBy('id');
    expect(books.map(({ author }) => author?.name)).toEqual(['Ada', undefined]);
    const zoes = books[1] as Book;
    expect([zoes.author, zoes.authorId]).toEqual([null, 2]);
    expect(session.dirty).toEqual([]);
    zoes.title = 'z2';
    await session.commit();
    expect(selects()).toEqual([
      'from "authors" where "tenant_id" = ? and "deleted_at" is null limit ?',
      'from "books" where "author_id" = ? and "tenant_id" = ? and "deleted_at" is null order by "id" asc',
      'from "books" where "tenant_id" = ? and "deleted_at" is null order by "id" asc',
      'from "authors" where "id" = ? and "tenant_id" = ? and "deleted_at" is null order by "id" asc',
      'update "books" set "title" = ? where "id" = ?',
      'commit',
    ]);
    await using everything = Session();
    const all = everything.find(Author).withoutFilters().with('books').orderBy('id');
    expect((await all).map((author) => `${author.name}:${titles(author.books)}`)).toEqual([
      'Ada:a1,a2,b2',
      'Zoe:z2',
      'Bob:b1',
    ]);
  });

  test('a lazy load awaited later is filtered as well, and loaded anew where it is not', async () => {
    const { Session } = await world(database);
    await using session = Session();
    const zoes = await session.find(Book).where('title', '=', 'z1').one();
    expect(await zoes.author).toBe(null);
    const ada = await session.find(Author).one();
    expect(titles(await ada.books)).toBe('a1');
    await session.withoutFilters(() => session.load(ada, 'books'), 'alive');
    expect(titles(await ada.books)).toBe('a1,a2');
    const [again] = await session.find(Author).withoutFilters('alive').with('books').orderBy('id');
    expect(titles(again?.books ?? [])).toBe('a1,a2');
  });

  test('a parent that memory knows to be visible is not read again', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    await session.find(Author);
    const books = await session.find(Book).orderBy('id');
    selects();
    expect((await books[0]?.author)?.name).toBe('Ada');
    expect(selects()).toEqual([
      'from "authors" where "id" = ? and "tenant_id" = ? and "deleted_at" is null order by "id" asc',
    ]);
    const ada = await session.find(Book).where('title', '=', 'a1').with('author').one();
    expect(ada.author).toBe(await books[0]?.author);
    expect(selects().length).toBe(1);
  });

  test('hold in trees that are followed to the end', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Twig]);
    const shown = globalFilter('shown', [Twig], (twig) => twig.where('isHidden', '=', false));
    const Session = sessionFactory(engine, { models: { Twig }, filters: [shown] });
    await Session.begin((session) => {
      const twig = (name: string, children: Twig[] = [], isHidden = false): Twig =>
        new Twig({ name, children, isHidden });
      session.add(twig('root', [twig('a', [twig('a1'), twig('a2', [], true)]), twig('b', [twig('b1')], true)]));
    });
    await using session = Session();
    const root = session
      .find(Twig)
      .where('parentId', '=', null)
      .with({ children: (twig) => twig.recursive() });
    const tree = (twig: Twig): string => `${twig.name}(${(twig.children as Twig[]).map(tree).join()})`;
    expect(tree(await root.one())).toBe('root(a(a1()))');
    expect(tree(await root.withoutFilters().one())).toBe('root(a(a1(),a2()),b(b1()))');
  });

  test('hold in any, has, and along paths; what is hidden there counts as missing', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    expect(names(await session.find(Author).any('books', (book) => book.where('title', '!=', 'a1')))).toBe('');
    expect(titles(await session.find(Book).has('author'))).toBe('a1');
    expect(titles(await session.find(Book).where('author.name', '=', null))).toBe('z1');
    expect(titles(await session.find(Book).where((eb, it) => eb.not(it.has('author'))))).toBe('z1');
    expect(titles(await session.find(Book).where((eb, it) => eb(it.path('author.name'), 'is', null)))).toBe('z1');
    const texts = selects();
    expect(texts[1]).toBe(
      'from "books" where exists (select 1 as "one" from "authors" where "authors"."id" = "books"."author_id" ' +
        `and ${own('authors')}) and "tenant_id" = ? and "deleted_at" is null`,
    );
    expect(texts[2]).toBe(
      'from "books" left join "authors" on ("authors"."id" = "books"."author_id" ' +
        `and ${own('authors')}) where "authors"."name" is null and ${own('books')}`,
    );
    expect(titles(await session.find(Book).withoutFilters('alive').where('author.name', '=', 'Zoe'))).toBe('z1');
  });

  test.for(['selectin', 'joined', 'json'] as const)('hold in what %s reads along', async (strategy) => {
    const { Session, statements } = await world(database);
    await using session = Session();
    const authors = await session.find(Author).strategy(strategy).with('books.author');
    expect(authors.map(({ name, books }) => `${name}:${titles(books)}`)).toEqual(['Ada:a1']);
    expect(authors[0]?.books[0]?.author).toBe(authors[0]);
    const books = await session.find(Book).strategy(strategy).with('author').orderBy('id');
    expect(books.map(({ author }) => author?.name)).toEqual(['Ada', undefined]);
    statements.take();
    const whole = await session.find(Author).withoutFilters('alive').strategy(strategy).with('books').orderBy('id');
    expect(whole.map((author) => titles(author.books))).toEqual(['a1,a2', 'z1']);
    expect(statements.take().length).toBe(strategy === 'selectin' ? 2 : 1);
  });

  test('hold in parts of relationships, and in free conditions there', async () => {
    const { Session } = await world(database);
    await using session = Session();
    const part = session.find(Author).with({
      books: (book) => book.where((eb, it) => eb.and([it.has('author'), eb('title', 'like', '%')])).limit(5),
    });
    expect((await part).map(({ books }) => titles(books))).toEqual(['a1']);
  });

  test('hold in update and delete', async () => {
    const { Session, selects } = await world(database);
    await using session = Session();
    expect(await session.find(Book).update({ title: 'mine' })).toBe(2);
    expect(await session.find(Book).where('author.name', '=', 'Ada').delete()).toBe(1);
    expect(await session.find(Book).withoutFilters().count()).toBe(4);
    expect(selects()[0]).toBe('update "books" set "title" = ? where "tenant_id" = ? and "deleted_at" is null');
  });

  test('the flush sees everything: deleting a parent deletes children that are hidden', async () => {
    const { Session } = await world(database);
    await using session = Session();
    const ada = await session.find(Author).with('books').one();
    session.delete(ada);
    await session.flush();
    expect(titles(await session.find(Book).withoutFilters().orderBy('id'))).toBe('z1,b1');
  });

  test('a filter may ask for related rows, of a model that is filtered too', async () => {
    const { Session } = await world(database);
    const published = globalFilter('published', [Author], (author) => author.any('books'));
    const owned = globalFilter('owned', [Book], (book) => book.where('author.tenantId', '=', 1));
    await using session = Session({ filters: [published, owned] });
    expect(names(await session.find(Author))).toBe('Ada');
    expect(titles(await session.find(Book).where('author.name', '=', 'Ada'))).toBe('a1');
    expect(names(await session.find(Author).any('books', (book) => book.where('author.name', '=', 'Ada')))).toBe('Ada');
    expect(titles(await session.find(Book).withoutFilters('tenant', 'alive').orderBy('id'))).toBe('a1,a2,z1,b2');
  });

  test('a block is without filters, and what runs beside it is not', async () => {
    const { Session } = await world(database);
    await using session = Session();
    const [inside, outside] = await Promise.all([
      session.withoutFilters(() => session.find(Book).count()),
      session.find(Book).count(),
    ]);
    expect([inside, outside]).toEqual([5, 2]);
    const nested = session.withoutFilters(
      () => session.withoutFilters(() => session.find(Book).count(), 'tenant'),
      'alive',
    );
    expect(await nested).toBe(5);
    expect(await session.withoutFilters(() => session.find(Book).count(), 'tenant')).toBe(4);
  });

  test('names are checked', async () => {
    const { Session } = await world(database);
    await using session = Session();
    expect(() => session.find(Book).withoutFilters('tennant')).toThrow(
      "withoutFilters: the session has no filter 'tennant'. Did you mean 'tenant'? Use one of: tenant, alive. [QUERY_BAD_ARGUMENT]",
    );
    await expect(session.get(Book, 1, { withoutFilters: ['x'] })).rejects.toThrow(QueryArgumentError);
    expect(() => Session({ filters: [tenant, tenant] })).toThrow(SessionOptionError);
  });
});
