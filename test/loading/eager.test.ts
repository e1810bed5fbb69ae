import { describe, expect, test } from 'vitest';

import type { SessionFactory } from '../../src/index.ts';
import { many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Library extends Model('libraries', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get books() {
    return many(() => Book, 'libraryId', { lazy: 'selectin', cascade: 'all' });
  },
}) {}

class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  libraryId: t.integer(),
  authorId: t.integer().nullable(),
  get library() {
    return one(() => Library, 'libraryId', { lazy: 'joined' });
  },
  get author() {
    return one(() => Author, 'authorId', { lazy: 'joined' });
  },
}) {}

class Author extends Model('authors', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get books() {
    return many(() => Book, 'authorId');
  },
}) {}

/** Each thing has its parts, and they theirs. */
class Thing extends Model('things', {
  id: t.serial().primaryKey(),
  name: t.text(),
  wholeId: t.integer().nullable(),
  get whole() {
    return one(() => Thing, 'wholeId');
  },
  get parts() {
    return many(() => Thing, 'wholeId', { lazy: 'json' });
  },
}) {}

const MODELS = { Library, Book, Author, Thing };

interface Opened {
  readonly Session: SessionFactory<typeof MODELS>;
  readonly statements: RecordedStatements;
}

async function open(database: TestDatabase): Promise<Opened> {
  const engine = await database.createEngine();
  await engine.createAll([Library, Book, Author, Thing]);
  const Session = sessionFactory(engine, { models: MODELS });
  await Session.begin((session) => {
    const ada = new Author({ name: 'Ada' });
    const book = (title: string, author: Author | null): Book => new Book({ title, author });
    session.add(new Library({ name: 'north', books: [book('n1', ada), book('n2', null)] }));
    session.add(new Library({ name: 'south', books: [book('s1', ada)] }));
    session.add(new Thing({ name: 'a', parts: [new Thing({ name: 'b', parts: [new Thing({ name: 'c' })] })] }));
  });
  return { Session, statements: recordStatements(engine) };
}

const took = (statements: RecordedStatements): string[] =>
  statements.take().filter((text) => !text.startsWith('begin'));
const titles = (library: Library): string[] => (library.books as Book[]).map(({ title }) => title);

describe.for(DATABASES)('relationships that models have read always, on $name', (database) => {
  test('come with every query, in as many statements as they say', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const libraries = await session.find(Library).orderBy('name');
    expect(libraries.map(titles)).toEqual([['n1', 'n2'], ['s1']]);
    expect(
      libraries.map(({ books }) => (books as Book[]).map(({ author }) => (author as Author | null)?.name)),
    ).toEqual([['Ada', undefined], ['Ada']]);
    const [first, second, ...others] = took(statements);
    expect([inFewWords(first!), others]).toEqual(['select libraries', []]);
    expect(second).toContain('left join "authors"');
    expect(second).not.toContain('"libraries"');
  });

  test('come with get() and with one of their objects in a joined statement', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const book = await session.getOne(Book, 1);
    expect([(book.library as Library).name, (book.author as Author).name]).toEqual(['north', 'Ada']);
    expect(took(statements)).toHaveLength(1);
    await session.getOne(Book, 1);
    expect(took(statements)).toEqual([]);
  });

  test('come with what is loaded when it is awaited', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const author = await session.getOne(Author, 1);
    const books = await author.books;
    expect(books.map(({ library }) => (library as Library).name)).toEqual(['north', 'south']);
    expect(took(statements)).toHaveLength(2);
  });

  test('come with a stream, batch by batch, and with a path', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const found: string[][] = [];
    for await (const library of session.find(Library).stream({ batch: 1 })) found.push(titles(library));
    expect(found).toEqual([['n1', 'n2'], ['s1']]);
    took(statements);
    await using other = Session();
    const authors = await other.find(Author).with('books');
    expect(authors.map(({ books }) => books.map(({ library }) => (library as Library).name))).toEqual([
      ['north', 'south'],
    ]);
    expect(took(statements)).toHaveLength(2);
  });

  test('are read again by refresh and by populateExisting', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const library = await session.getOne(Library, 1);
    (library.books as Book[])[0]!.title = 'edited';
    await session.noAutoflush(() => session.find(Library).where({ id: 1 }).populateExisting().one());
    expect(titles(library)).toEqual(['n1', 'n2']);
    took(statements);
    await session.refresh(library);
    expect([titles(library), took(statements).length]).toEqual([['n1', 'n2'], 3]);
    const book = await session.getOne(Book, 1);
    (book.author as Author).name = 'Augusta';
    await session.refresh(book);
    expect((book.author as Author).name).toBe('Augusta');
  });

  test('end where a circle would begin again', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const thing = await session.getOne(Thing, 1);
    const [part] = thing.parts as Thing[];
    expect([part?.name, took(statements).length]).toEqual(['b', 1]);
    expect((await part!.parts).map(({ name }) => name)).toEqual(['c']);
  });

  test('yield to what a query says', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const libraries = await session
      .find(Library)
      .with({ books: (book) => book.where('title', '=', 'n2') })
      .strategy('json');
    expect(libraries.map(titles)).toEqual([['n2'], []]);
    expect(took(statements)).toHaveLength(1);
  });
});

describe.for(DATABASES)('session.load on $name', (database) => {
  test('goes on along dotted paths', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const author = await session.getOne(Author, 1);
    took(statements);
    await session.load(author, 'books.library');
    expect((author.books as Book[]).map(({ library }) => (library as Library).name)).toEqual(['north', 'south']);
    expect(took(statements)).toHaveLength(1);
  });
});
