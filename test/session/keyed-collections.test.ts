import { deepStrictEqual } from 'node:assert';
import { inspect as print } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { configure, inspect, many, Model, one, sessionFactory, t } from '../../src/index.ts';
import type { KeyedCollection, SessionFactory } from '../../src/index.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

class Item extends Model('items', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get notes() {
    return many(() => Note, 'itemId', { keyedBy: 'code', cascade: 'all' });
  },
}) {}

class Note extends Model('notes', {
  id: t.serial().primaryKey(),
  code: t.text(),
  itemId: t.integer().nullable(),
  get item() {
    return one(() => Item, 'itemId');
  },
}) {}

const MODELS = { Item, Note };

type Notes = KeyedCollection<string, Note>;

const notesOf = (item: Item): Notes => item.notes as Notes;
const note = (code: string): Note => new Note({ code });
const itemOf = (codes: string): Item => {
  const item = new Item({ name: codes });
  for (const code of codes) notesOf(item).add(note(code));
  return item;
};
const keys = (notes: Iterable<[string, Note]>): string => [...notes].map(([key]) => key).join('');

async function open(
  database: TestDatabase,
): Promise<{ Session: SessionFactory<typeof MODELS>; statements: RecordedStatements }> {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(MODELS));
  return { Session: sessionFactory(engine, { models: MODELS }), statements: recordStatements(engine) };
}

describe('a keyed collection', () => {
  test('is a plain Map to whoever looks, clones or compares', () => {
    const [a, b] = [note('a'), note('b')];
    const item = new Item({ name: 'i' });
    const notes = notesOf(item).add(a).set('b', b);
    const plain = new Map([
      ['a', a],
      ['b', b],
    ]);
    expect([notes instanceof Map, notes.constructor, notes.size, notes.get('a'), notes.has('c')]).toEqual([
      true,
      Map,
      2,
      a,
      false,
    ]);
    expect([[...notes], [...notes.keys()], [...notes.values()]]).toEqual([[...plain], ['a', 'b'], [a, b]]);
    deepStrictEqual(notes, plain);
    expect(notes).toEqual(plain);
    expect([print(notes), Object.keys(notes)]).toEqual([print(plain), []]);
    expect(structuredClone(notes)).toEqual(structuredClone(plain));
    expect([a.item, b.item]).toEqual([item, item]);
    expect(item.toObject()).toEqual({ name: 'i', notes: { a: { code: 'a' }, b: { code: 'b' } } });
    expect(JSON.stringify(item)).toBe('{"name":"i","notes":{"a":{"code":"a"},"b":{"code":"b"}}}');
  });

  test('gives its key to a member without one, and refuses a member under the key of another', () => {
    const item = new Item({ name: 'i' });
    const fresh = new Note({} as { code: string });
    notesOf(item).set('a', fresh);
    expect([fresh.code, notesOf(item).get('a')]).toEqual(['a', fresh]);
    const textOf = (run: () => unknown): string => {
      try {
        return String(run());
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(textOf(() => notesOf(item).set('b', note('c')))).toBe(
      'Item.notes was given an object under another key than its own code. Use add(object), which takes the key from it, or set its code first. [STATE_WRONG_KEY]',
    );
    expect(textOf(() => notesOf(item).add(new Note({} as { code: string })))).toBe(
      'Item.notes was given an object without a code, which is its key there. Set its code first, or use set(key, object), which does so. [STATE_WRONG_KEY]',
    );
    expect(textOf(() => notesOf(item).add(item as never))).toContain('[STATE_WRONG_TARGET]');
    expect(textOf(() => notesOf(item).set('d', null as never))).toContain('[STATE_WRONG_TARGET]');
    expect([keys(notesOf(item)), item.notes === item.notes]).toEqual(['a', true]);
  });

  test('takes a Map or members when it is assigned, and lets the old members go', () => {
    const [a, b, c] = [note('a'), note('b'), note('c')];
    const item = new Item({ name: 'i', notes: [a, b] });
    const before = notesOf(item);
    item.notes = new Map([['c', c]]) as never;
    expect([keys(notesOf(item)), a.item, c.item]).toEqual(['c', null, item]);
    before.add(note('z'));
    expect([keys(before), keys(notesOf(item))]).toEqual(['abz', 'c']);
    expect(() => (item.notes = new Map([['x', c]]) as never)).toThrow(
      expect.objectContaining({ code: 'STATE_WRONG_KEY' }),
    );
    item.notes = [] as never;
    expect([keys(notesOf(item)), c.item]).toEqual(['', null]);
  });

  test('has what is linked from the other side, once it has a key', () => {
    const item = new Item({ name: 'i' });
    const [a, bare] = [note('a'), new Note({} as { code: string })];
    a.item = item;
    bare.item = item;
    expect([keys(notesOf(item)), notesOf(item).get('a')]).toEqual(['a', a]);
    a.item = null;
    notesOf(item).set('b', bare);
    expect([keys(notesOf(item)), inspect(item).history('notes').added]).toEqual(['b', [bare]]);
  });

  test('does what a Map does, whatever is done to it', () => {
    const pool = [...'abcde'].map(note);
    const member = fc.constantFrom(...pool);
    const verb = fc.constantFrom('set', 'add', 'delete', 'clear', 'assign', 'link', 'cut');
    fc.assert(
      fc.property(fc.array(fc.tuple(verb, member), { maxLength: 20 }), (steps) => {
        for (const each of pool) each.item = null;
        const item = new Item({ name: 'i' });
        const model = new Map<string, Note>();
        for (const [verbOf, one] of steps) {
          const notes = notesOf(item);
          if (verbOf === 'set') notes.set(one.code, one);
          else if (verbOf === 'add') notes.add(one);
          else if (verbOf === 'delete') expect(notes.delete(one.code)).toBe(model.has(one.code));
          else if (verbOf === 'clear') notes.clear();
          else if (verbOf === 'assign') item.notes = new Map([[one.code, one]]) as never;
          else one.item = verbOf === 'link' ? item : null;
          if (verbOf === 'clear' || verbOf === 'assign') model.clear();
          if (verbOf === 'delete' || verbOf === 'cut') model.delete(one.code);
          else if (verbOf !== 'clear') model.set(one.code, one);
          deepStrictEqual(notesOf(item), model);
          expect(pool.filter((each) => each.item === item)).toEqual(pool.filter((each) => model.has(each.code)));
        }
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

describe.for(DATABASES)('a keyed collection on $name', (database) => {
  test('is loaded when awaited, along, and again, and says how when it is not', async () => {
    const { Session, statements } = await open(database);
    await Session.begin((session) => session.addAll([itemOf('ba'), itemOf('c'), itemOf('')]));
    await using session = Session();
    const items = await session.find(Item).orderBy('id');
    expect(() => notesOf(items[0]!).get('a')).toThrow(
      "Item.notes is not loaded, so 'get' cannot be read from it. Write (await object.notes).get, or load it with the objects: .with('notes'). [STATE_NOT_LOADED]",
    );
    statements.take();
    const loaded: string[] = [];
    for (const item of items) loaded.push(keys(await item.notes));
    expect([loaded, statements.take().map(inFewWords)]).toEqual([['ba', 'c', ''], ['select notes by item_id']]);
    await session.execute("update notes set code = 'z' where code = 'a'");
    await session.commit();
    const again = await session.find(Item).with('notes').orderBy('id');
    expect(again.map((item) => keys(item.notes))).toEqual(['bz', 'c', '']);
  });

  test('is written by its net change, and is as it was after a rollback', async () => {
    const { Session, statements } = await open(database);
    await using session = Session();
    const item = itemOf('abc');
    session.add(item);
    await session.commit();
    const notes = await item.notes;
    const b = notes.get('b')!;
    notes.delete('a');
    notes.delete('b');
    notes.add(b).add(note('d')).set('c', note('c'));
    statements.take();
    await session.flush();
    expect(statements.take().map(inFewWords).slice(1)).toEqual(['update notes item_id', 'insert notes']);
    expect(keys(notesOf(item)).split('').sort().join('')).toBe('bcd');
    await session.rollback();
    expect([[...notesOf(item).keys()].sort(), b.item]).toEqual([['a', 'b', 'c'], item]);
  });

  test('names a member by its new key once that is flushed', async () => {
    const { Session } = await open(database);
    await using session = Session();
    const item = itemOf('ab');
    session.add(item);
    await session.flush();
    const a = notesOf(item).get('a')!;
    a.code = 'x';
    expect(keys(notesOf(item))).toBe('ab');
    await session.flush();
    expect([keys(notesOf(item)), notesOf(item).get('x')]).toEqual(['xb', a]);
    await session.rollback();
    expect([a.code, keys(notesOf(item))]).toEqual(['a', 'ab']);
    session.add(item);
    await session.commit();
    await item.notes;
    a.code = 'y';
    await session.flush();
    expect(keys(notesOf(item))).toBe('yb');
    await session.rollback();
    expect([a.code, keys(notesOf(item))]).toEqual(['a', 'ab']);
  });
});

test('A key of a collection is a column whose values are not objects', () => {
  class Box extends Model('boxes', {
    id: t.serial().primaryKey(),
    get days() {
      return many(() => Day, 'boxId', { keyedBy: 'at' });
    },
  }) {}
  class Day extends Model('days', { id: t.serial().primaryKey(), at: t.timestamp(), boxId: t.integer() }) {}
  expect(() => configure([Box])).toThrow(
    'Box.days is keyed by Day.at, whose values are objects: two equal ones would be two keys of a Map. Use a column of text, numbers or the like.',
  );
});
