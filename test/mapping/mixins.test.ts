import { describe, expect, it, test } from 'vitest';

import { configure, many, mix, Model, one, sessionFactory, t } from '../../src/index.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

const timestamps = {
  createdAt: t.timestamp().default(() => new Date(0)),
  changes: t.integer().default(0),
};

const owned = {
  ownerId: t.integer().index(),
  get owner() {
    return one(() => Person, 'ownerId');
  },
};

class Person extends Model(
  'people',
  mix(timestamps, {
    id: t.serial().primaryKey(),
    name: t.text(),
    get notes() {
      return many(() => Note, 'ownerId');
    },
    get files() {
      return many(() => File, 'ownerId');
    },
  }),
) {}

/** Methods that any class with these columns can have. */
function audited<B extends new (...init: any[]) => { changes: number }>(base: B) {
  return class extends base {
    #touches = 0;

    touch(): number {
      this.changes += 1;
      return ++this.#touches;
    }
  };
}

class Note extends audited(Model('notes', mix(owned, timestamps, { id: t.serial().primaryKey(), text: t.text() }))) {
  get title(): string {
    return this.text.slice(0, 3);
  }
}

class File extends Model('files', mix({ id: t.serial().primaryKey(), path: t.text() }, owned)) {}

class Plain extends Model('plain', { id: t.serial().primaryKey(), ...timestamps, note: t.text() }) {}

const properties = (model: Parameters<typeof configure>[0][number]): (string | undefined)[] =>
  configure([model])[0]?.columns.map(({ property }) => property) ?? [];

describe('shapes that models share', () => {
  it('give each model columns of its own, in the order in which they are mixed', () => {
    expect(properties(Note)).toEqual(['ownerId', 'createdAt', 'changes', 'id', 'text']);
    expect(properties(Person)).toEqual(['createdAt', 'changes', 'id', 'name']);
    const [note, person] = configure([Note, Person]);
    expect(note?.byColumn.get('created_at')).not.toBe(person?.byColumn.get('created_at'));
  });

  it('give each model relationships, foreign keys and indexes of its own', () => {
    const [person, note, file] = configure([Person, Note, File]);
    expect(person?.relationships.map(({ property, inverse }) => [property, inverse?.mapper])).toEqual([
      ['notes', note],
      ['files', file],
    ]);
    expect([note, file].map((mapper) => mapper?.table.indexes.map(({ columns }) => columns))).toEqual([
      [['owner_id']],
      [['owner_id']],
    ]);
    expect(file?.table.foreignKeys).toMatchObject([{ columns: ['owner_id'], targetTable: 'people' }]);
  });

  it('can be spread where they have columns only', () => {
    expect(properties(Plain)).toEqual(['id', 'createdAt', 'changes', 'note']);
  });

  it('are refused when two of them declare one property', () => {
    expect(() => mix(timestamps, { createdAt: t.text() })).toThrow(
      "Two of the shapes that are mixed declare 'createdAt'. Declare it in one of them. [MAPPING_BAD_SHAPE]",
    );
  });

  it('are refused when the class body hides what they declare', () => {
    class Hidden extends Model('hidden', mix(timestamps, { id: t.serial().primaryKey() })) {}
    Object.defineProperty(Hidden.prototype, 'createdAt', { value: 1 });
    expect(() => configure([Hidden])).toThrow('Hidden.createdAt is a column and also a member of the class body');
  });
});

describe('a class between the model and Model', () => {
  it('adds methods, and private fields, to models that are made by a program and by rows', () => {
    const note = new Note({ text: 'hello', ownerId: 1 });
    expect([note.touch(), note.touch(), note.changes, note.title]).toEqual([1, 2, 2, 'hel']);
    expect(JSON.parse(JSON.stringify(note))).toEqual({
      createdAt: '1970-01-01T00:00:00.000Z',
      changes: 2,
      text: 'hello',
      ownerId: 1,
    });
  });

  it('may not have members that hide attributes', () => {
    const hiding = (base: new (...init: any[]) => object) =>
      class extends base {
        declare static table: string;
        declare static shape: object;
        text(): string {
          return '';
        }
      };
    class Loud extends hiding(Model('loud', { id: t.serial().primaryKey(), text: t.text() })) {}
    expect(() => configure([Loud])).toThrow('Loud.text is a column and also a member of the class body');
  });
});

describe.each(DATABASES)('mixed models on $name', (database) => {
  test('are written and read like any others', async () => {
    const engine = await database.createEngine();
    await engine.createAll([Person, Note, File]);
    const Session = sessionFactory(engine, { models: { Person, Note, File } });
    await Session.begin(async (session) => {
      const owner = new Person({ name: 'Ada' });
      session.addAll([new Note({ text: 'first', owner }), new File({ path: '/a', owner })]);
    });
    const statements = recordStatements(engine);
    await using session = Session();
    const note = await session.find(Note).with('owner').one();
    note.touch();
    await session.commit();
    expect([note.owner.name, note.changes]).toEqual(['Ada', 1]);
    expect((await (await session.getOne(Person, 1)).files).map(({ path }) => path)).toEqual(['/a']);
    expect(
      statements
        .take()
        .map(inFewWords)
        .filter((words) => !/begin|commit/.test(words)),
    ).toEqual([
      'select notes',
      'select people by id',
      'update notes changes',
      'select people by id',
      'select files by owner_id',
    ]);
  });
});
