import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { configure, many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Deck extends Model('decks', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get slides() {
    return many(() => Slide, 'deckId', { numberedBy: 'place', cascade: 'all' });
  },
  get remarks() {
    return many(() => Remark, 'deckId', { orderBy: ['-stars', 'text'], cascade: 'all' });
  },
}) {}

class Slide extends Model('slides', {
  id: t.serial().primaryKey(),
  title: t.text(),
  place: t.integer().nullable(),
  deckId: t.integer().nullable(),
  get deck() {
    return one(() => Deck, 'deckId');
  },
}) {}

class Remark extends Model('remarks', {
  id: t.serial().primaryKey(),
  text: t.text(),
  stars: t.integer(),
  deckId: t.integer(),
  get deck() {
    return one(() => Deck, 'deckId');
  },
}) {}

const MODELS = { Deck, Slide, Remark };

async function open(
  database: TestDatabase,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { Session: sessionFactory(engine, { models: MODELS }), statements: recordStatements(engine) };
}

const titles = (slides: unknown): string => (slides as Slide[]).map(({ title }) => title).join('');
const places = (slides: unknown): unknown[] => (slides as Slide[]).map(({ place }) => place);
const slide = (title: string): Slide => new Slide({ title });
const deckOf = (text: string): Deck => new Deck({ name: text, slides: [...text].map(slide) });
const selects = (statements: RecordedStatements): string[] =>
  statements.take().filter((text) => text.startsWith('select'));

describe.for(DATABASES)('the members of an ordered collection on $name', (database) => {
  test('come in its order when awaited, loaded along and refreshed, and stay as put otherwise', async () => {
    const { Session, statements } = await open(database);
    await Session.begin((session) => {
      for (const name of ['a', 'b']) {
        const remarks = [...'zxay'].map((text, at) => new Remark({ text: text + name, stars: at % 2 }));
        session.add(new Deck({ name, remarks }));
      }
    });
    const texts = (remarks: unknown): string => (remarks as Remark[]).map(({ text }) => text).join(' ');
    await using session = Session();
    const [first, second] = await session.find(Deck).orderBy('id');
    statements.take();
    expect([texts(await first!.remarks), texts(await second!.remarks)]).toEqual(['xa ya aa za', 'xb yb ab zb']);
    const [text, ...more] = selects(statements);
    expect([/order by (.*)$/.exec(text!)?.[1]?.replaceAll('"', ''), more]).toEqual([
      'stars desc, text asc, id asc',
      [],
    ]);
    (first!.remarks as Remark[]).reverse();
    (first!.remarks as Remark[])[0]!.stars = 3;
    await session.flush();
    expect(texts(first!.remarks)).toBe('za aa ya xa');
    await session.refresh(first!, ['remarks']);
    expect(texts(first!.remarks)).toBe('za xa ya aa');
    await using other = Session();
    const decks = await other.find(Deck).with('remarks').orderBy('id');
    expect(decks.map(({ remarks }) => texts(remarks))).toEqual(['xa ya aa za', 'xb yb ab zb']);
  });

  test('bear their places in a numbered one, whatever the program does to the array', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const deck = deckOf('abcd');
    session.add(deck);
    await session.commit();
    expect([places(await deck.slides), titles(deck.slides)]).toEqual([[0, 1, 2, 3], 'abcd']);
    (deck.slides as Slide[]).unshift((deck.slides as Slide[]).pop()!);
    (deck.slides as Slide[]).push(slide('e'));
    expect([titles(deck.slides), places(deck.slides)]).toEqual(['dabce', [0, 1, 2, 3, 4]]);
    statements.take();
    await session.commit();
    expect(statements.take().map(inFewWords)).toEqual(['begin', 'update slides place', 'insert slides', 'commit']);
    (deck.slides as Slide[]).sort((one, other) => one.title.localeCompare(other.title));
    await session.commit();
    await using other = Session();
    expect(titles((await other.find(Deck).with('slides').one()).slides)).toBe('abcde');
  });

  test('are numbered from the other side too, and lose their number when they leave', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const [deck, other] = [deckOf('abc'), deckOf('x')];
    session.addAll([deck, other]);
    await session.flush();
    const [a, b] = deck.slides as Slide[];
    a!.deck = other;
    expect([titles(deck.slides), places(deck.slides), titles(other.slides), places(other.slides)]).toEqual([
      'bc',
      [0, 1],
      'xa',
      [0, 1],
    ]);
    (other.slides as Slide[]).splice(0, 0, b!);
    expect([places(deck.slides), titles(other.slides), places(other.slides)]).toEqual([[0], 'bxa', [0, 1, 2]]);
    (other.slides as Slide[]).splice(1, 1);
    a!.deck = null;
    await session.flush();
    const { rows } = await session.execute('select title, place, deck_id from slides order by title');
    expect(rows).toEqual([
      ['a', null, null],
      ['b', 0, 2],
      ['c', 0, 1],
      ['x', null, null],
    ]);
  });

  test('close gaps that others left once the array changes, and are as they were after a rollback', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const deck = deckOf('abc');
    session.add(deck);
    await session.commit();
    await session.execute('update slides set place = place * 5');
    session.expireAll();
    expect([titles(await deck.slides), places(deck.slides), session.dirty]).toEqual(['abc', [0, 5, 10], []]);
    await session.commit();
    (deck.slides as Slide[]).push(slide('d'));
    expect([titles(deck.slides), places(deck.slides)]).toEqual(['abcd', [0, 1, 2, 3]]);
    await session.flush();
    await session.rollback();
    expect([titles(deck.slides), places(deck.slides)]).toEqual(['abc', [0, 5, 10]]);
  });

  test('are read back in the order that any changes left them in', async () => {
    const { Session } = await open(database);
    await using session = Session({ repeatedLoads: false });
    const deck = deckOf('abcdef');
    session.add(deck);
    await session.commit();
    const step = fc.tuple(fc.constantFrom('move', 'cut', 'add', 'reverse'), fc.nat({ max: 5 }), fc.nat({ max: 5 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const slides = await deck.slides;
        for (const [verb, at, to] of steps) {
          if (verb === 'reverse') slides.reverse();
          else if (verb === 'add') slides.splice(to, 0, slide(String.fromCharCode(103 + at)));
          else if (verb === 'cut') slides.splice(at, 1);
          else slides.splice(to, 0, ...slides.splice(at, 1));
        }
        const shown = titles(deck.slides);
        await session.flush();
        session.expire(deck, ['slides']);
        expect([titles(await deck.slides), places(deck.slides)]).toEqual([shown, [...shown].map((_, at) => at)]);
      }),
      { seed: 7, numRuns: 30 },
    );
  });
});

test('A number of places must be an integer, and the only order', () => {
  class Wrong extends Model('wrong', {
    id: t.serial().primaryKey(),
    get parts() {
      return many(() => Part, 'wrongId', { numberedBy: 'name' });
    },
    get twice() {
      return many(() => Part, 'wrongId', { numberedBy: 'place', orderBy: 'name' });
    },
    get lost() {
      return many(() => Part, 'wrongId', { numberedBy: 'plce' });
    },
    get tagged() {
      return many(() => Part, { through: 'wrong_parts', numberedBy: 'place' });
    },
  }) {}
  class Part extends Model('parts', {
    id: t.serial().primaryKey(),
    name: t.text(),
    place: t.integer(),
    wrongId: t.integer().references('wrong.id'),
  }) {}
  let text = '';
  try {
    configure([Wrong]);
  } catch (error) {
    text = (error as Error).message;
  }
  expect(text.split('\n').map((line) => line.replace(/^ \d\. /, ''))).toEqual(
    expect.arrayContaining([
      'Wrong.parts keeps the places of its members in Part.name, which is no t.integer() outside the primary key. Use a t.integer() column of its own; .nullable() has members that left forget their place.',
      'Wrong.twice has numberedBy and orderBy. Leave orderBy out: the numbers are the order.',
      expect.stringMatching(/^Wrong.lost names 'plce', which is not a column of Part. Did you mean 'place'/),
      'Wrong.tagged has numberedBy and through. Map a class for the table between, and number that: its objects have a place for each parent.',
    ]),
  );
});
