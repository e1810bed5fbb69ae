import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { inspect, many, Model, sessionFactory, t } from '../../src/index.ts';
import type { KeyedCollection, SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Reader extends Model('readers', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get books() {
    return many(() => Book, { through: 'reader_books', orderBy: '-title' });
  },
  get shelves() {
    return many(() => Shelf, { through: 'reader_shelves', keyedBy: 'label' });
  },
}) {}

class Book extends Model('books', {
  id: t.serial().primaryKey(),
  title: t.text(),
  get readers() {
    return many(() => Reader, { through: 'reader_books' });
  },
}) {}

class Shelf extends Model('shelves', {
  id: t.serial().primaryKey(),
  label: t.text(),
  get readers() {
    return many(() => Reader, { through: 'reader_shelves' });
  },
}) {}

const MODELS = { Reader, Book, Shelf };

async function open(
  database: TestDatabase,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { Session: sessionFactory(engine, { models: MODELS }), statements: recordStatements(engine) };
}

const took = (statements: RecordedStatements): string[] =>
  statements
    .take()
    .filter((text) => !/^(begin|commit|rollback)/.test(text))
    .map(inFewWords);

const titles = (books: unknown): string => (books as Book[]).map(({ title }) => title).join('');
const book = (title: string): Book => new Book({ title });

describe.for(DATABASES)('a many-to-many collection on $name', (database) => {
  test('comes in its order, by any strategy', async () => {
    const { Session } = await open(database);
    await Session.begin((session) => {
      const books = [...'bcad'].map(book);
      session.add(new Reader({ name: 'r', books }));
      session.add(new Reader({ name: 's', books: books.slice(0, 2) }));
    });
    for (const strategy of ['selectin', 'joined', 'json'] as const) {
      await using session = Session();
      const readers = await session.find(Reader).with('books').strategy(strategy).orderBy('id');
      expect(readers.map(({ books }) => titles(books))).toEqual(['dcba', 'cb']);
    }
    await using session = Session();
    const [first] = await session.find(Reader).orderBy('id');
    expect(titles(await first!.books)).toBe('dcba');
    expect(first!.toObject()).toMatchObject({ name: 'r', books: [{ title: 'd' }, { title: 'c' }, {}, {}] });
  });

  test('is a Map where it has a key, with both sides in step', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const [red, blue] = [new Shelf({ label: 'red' }), new Shelf({ label: 'blue' })];
    const reader = new Reader({ name: 'r', shelves: [red] });
    session.addAll([reader, blue]);
    await session.commit();
    await session.load([red, blue], 'readers');
    const shelves = await reader.shelves;
    shelves.add(blue).delete('red');
    expect([[...shelves.keys()], red.readers, blue.readers]).toEqual([['blue'], [], [reader]]);
    took(statements);
    await session.commit();
    expect(took(statements).toSorted()).toEqual(['delete reader_shelves', 'insert reader_shelves']);
    await using other = Session();
    const found = await other.find(Reader).with('shelves.readers').one();
    const [shelf] = found.shelves.values();
    expect([found.shelves.size, shelf!.label, shelf!.readers[0] === found]).toEqual([1, 'blue', true]);
    const keyed: KeyedCollection<string, Shelf> = found.shelves;
    keyed.clear();
    await other.commit();
    expect((await other.execute('select count(*) from reader_shelves')).rows.map(([count]) => Number(count))).toEqual([
      0,
    ]);
  });

  test('is written by its net change, whatever is done to the array', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const pool = [...'abcde'].map(book);
    const reader = new Reader({ name: 'r' });
    session.addAll([reader, ...pool]);
    await session.commit();
    await session.load(pool, 'readers');
    await reader.books;
    const item = fc.constantFrom(...pool);
    const step = fc.oneof(
      fc.tuple(fc.constant('splice'), fc.nat(4), fc.nat(3), fc.array(item, { maxLength: 2 })),
      fc.tuple(fc.constant('set'), fc.nat(6), fc.constant(0), fc.array(item, { minLength: 1, maxLength: 1 })),
      fc.tuple(fc.constant('assign'), fc.constant(0), fc.constant(0), fc.array(item, { maxLength: 4 })),
      fc.tuple(fc.constant('other side'), fc.nat(1), fc.constant(0), fc.array(item, { minLength: 1, maxLength: 1 })),
      fc.tuple(fc.constant('reverse'), fc.constant(0), fc.constant(0), fc.constant<Book[]>([])),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
        const before = new Set(reader.books as Book[]);
        const model = [...before];
        for (const [verb, at, count, items] of steps) {
          const books = reader.books as Book[];
          const [first] = items;
          const readers = first?.readers as Reader[] | undefined;
          if (verb === 'splice') for (const array of [books, model]) array.splice(at, count, ...items);
          else if (verb === 'set') for (const array of [books, model]) array[at] = first!;
          else if (verb === 'reverse') for (const array of [books, model]) array.reverse();
          else if (verb === 'assign') {
            reader.books = items;
            model.splice(0, model.length, ...items);
          } else if (at === 0) {
            readers!.push(reader);
            model.push(first!);
          } else {
            readers!.length = 0;
            model.splice(0, model.length, ...model.filter((each) => each !== first));
          }
          model.splice(0, model.length, ...new Set(model.filter(() => true)));
          expect(titles(reader.books)).toBe(titles(model));
          expect(pool.filter(({ readers: all }) => (all as Reader[]).includes(reader))).toEqual(
            pool.filter((each) => model.includes(each)),
          );
        }
        const now = new Set(model);
        const { added, deleted } = inspect(reader).history('books');
        expect([new Set(added), new Set(deleted)]).toEqual([now.difference(before), before.difference(now)]);
        took(statements);
        await session.flush();
        const expected = [];
        if (now.difference(before).size > 0) expected.push('insert reader_books');
        if (before.difference(now).size > 0) expected.push('delete reader_books');
        expect(took(statements).toSorted()).toEqual(expected.toSorted());
        const { rows } = await session.execute('select book_id from reader_books order by book_id');
        expect(rows.flat()).toEqual(pool.filter((each) => now.has(each)).map(({ id }) => id));
      }),
      { seed: 20_261_122, numRuns: 40 },
    );
  });
});
