import { describe, expect, it } from 'vitest';

import { MappingError } from '../../src/errors/mapping-errors.ts';
import { configure, mapperOf } from '../../src/mapping/configure.ts';
import type { ModelClass } from '../../src/mapping/mapper.ts';
import { one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

const id = t.serial().primaryKey();

function faultOf(models: readonly unknown[]): MappingError {
  try {
    configure(models as ModelClass[]);
  } catch (error) {
    if (error instanceof MappingError) return error;
    throw error;
  }
  throw new TypeError('No fault was found.');
}

/** The whole text of the only fault of one model called Job. */
function textOf(shape: Record<string, unknown>, options?: object): string {
  class Job extends Model('jobs', shape as Record<string, any>, options) {}
  return faultOf([Job]).message;
}

class User extends Model('users', { id, name: t.text() }) {}

describe('a wrong attribute', () => {
  it.each([
    [
      'that is neither column nor relationship',
      { id, size: 5 },
      'Job.size is neither a column nor a relationship: A number was found. ' +
        'Make it with t.…(), one(…) or many(…); what is not stored belongs into the class body. [MAPPING_BAD_SHAPE]',
    ],
    [
      'that is a builder not called',
      { id, size: t.integer },
      "Job.size is neither a column nor a relationship: 'integer' was found. " +
        'Make it with t.…(), one(…) or many(…); what is not stored belongs into the class body. [MAPPING_BAD_SHAPE]',
    ],
    [
      'whose getter throws',
      {
        id,
        get owner(): unknown {
          throw new RangeError('out of range');
        },
      },
      'The getter Job.owner threw: out of range. ' +
        'Let it only return one(() => Target, …), many(() => Target, …) or a column. [MAPPING_BAD_SHAPE]',
    ],
    [
      'that makes a promise of the object',
      { id, then: t.text() },
      'Job.then has a name that JavaScript uses on every object or promise. ' +
        "Rename the property, and keep the database's name with .column('…'). [MAPPING_RESERVED_NAME]",
    ],
    [
      'named as what every object has',
      { id, constructor: t.text() },
      'Job.constructor has a name that JavaScript uses on every object or promise. ' +
        "Rename the property, and keep the database's name with .column('…'). [MAPPING_RESERVED_NAME]",
    ],
    [
      'in a column that another has',
      { id, createdAt: t.date(), made: t.date().column('created_at') },
      "Job.createdAt and Job.made are both stored in column 'created_at'. " +
        "Give one of them another column with .column('…'). [MAPPING_DUPLICATE_COLUMN]",
    ],
    [
      'of an enum without values',
      { id, status: t.enum() },
      "Job.status is an enum without values. List them: t.enum('queued', 'done'). [MAPPING_BAD_COLUMN]",
    ],
    [
      'of an enum that says a value twice',
      { id, status: t.enum('a', 'b', 'a') },
      "Job.status lists the enum value 'a' twice. List each value once. [MAPPING_BAD_COLUMN]",
    ],
    [
      'of an array of nothing',
      { id, tags: (t.array as unknown as () => unknown)() },
      'Job.tags is an array without a type of its elements. Give it one: t.array(t.text()). [MAPPING_BAD_COLUMN]',
    ],
    [
      'of a custom type without codec',
      { id, link: t.custom({ type: t.text() } as never) },
      'Job.link is a custom type that is not complete. Give it all three: ' +
        't.custom({ type: t.text(), encode: (value) => …, decode: (stored) => … }). [MAPPING_BAD_COLUMN]',
    ],
    [
      'of a varchar without length',
      { id, code: t.varchar(0) },
      'Job.code is a varchar whose length is not a whole number above 0. Say how many characters fit: t.varchar(80). [MAPPING_BAD_COLUMN]',
    ],
    [
      'of a numeric with more decimals than digits',
      { id, price: t.numeric({ precision: 2, scale: 3 }) },
      'Job.price is a numeric whose precision or scale is not a whole number, or whose scale exceeds its precision. ' +
        'Write it as t.numeric({ precision: 12, scale: 2 }). [MAPPING_BAD_COLUMN]',
    ],
    [
      'that is serial with a default',
      { id: t.serial().default(1).primaryKey() },
      'Job.id is numbered by the database and has a default too. Take the default away, or use t.integer(). [MAPPING_BAD_COLUMN]',
    ],
    [
      'that is serial and nullable',
      { id: t.serial().nullable().primaryKey() },
      'Job.id is numbered by the database and nullable. Take .nullable() away: the database always gives a number. [MAPPING_BAD_COLUMN]',
    ],
    [
      'with two defaults',
      { id, at: t.date().default('2024-01-01').serverDefault('current_date') },
      'Job.at has a default of the program and one of the database. ' +
        'Keep one of .default(…) and .serverDefault(…). [MAPPING_BAD_COLUMN]',
    ],
    [
      'that is a nullable key',
      { id: t.text().primaryKey().nullable() },
      'Job.id is part of the primary key and nullable. Take .nullable() away: a key has a value. [MAPPING_BAD_COLUMN]',
    ],
  ])('%s', (_, shape, text) => {
    expect(textOf(shape)).toBe(text);
  });

  it('that the class body hides', () => {
    class Job extends Model('jobs', { id, title: t.text() } as Record<string, any>) {
      get title() {
        return 'x';
      }
    }
    expect(faultOf([Job]).message).toBe(
      'Job.title is a column and also a member of the class body, which would hide it. Rename one of the two. [MAPPING_RESERVED_NAME]',
    );
  });
});

describe('a wrong model', () => {
  it('without primary key', () => {
    expect(textOf({ name: t.text() })).toBe(
      'Job has no primary key, so its rows cannot be told apart. ' +
        'Mark the column, or columns, that identify a row with .primaryKey(). [MAPPING_NO_PRIMARY_KEY]',
    );
  });

  it('without columns', () => {
    expect(textOf({})).toBe(
      'Job has no columns. Declare at least a primary key, such as id: t.serial().primaryKey(). [MAPPING_BAD_SHAPE]',
    );
  });

  it('without table', () => {
    class Job extends Model(' ', { id }) {}
    expect(faultOf([Job]).message).toBe(
      'Job has an empty table name. Name the table: Model("users", { … }). [MAPPING_BAD_SHAPE]',
    );
  });

  it('of a table that another model of the call has', () => {
    class Job extends Model('users', { id }) {}
    class Other extends Model('users', { id }) {}
    expect(faultOf([Job, Other]).message).toBe(
      "Job and Other are both mapped to table 'users'. Map each table once. [MAPPING_DUPLICATE_TABLE]",
    );
  });

  it('that extends a mapped class', () => {
    class Admin extends User {}
    const text =
      'Admin extends User, which is mapped already; mapped inheritance is not supported. ' +
      "Give it a table of its own with extends Model('…', { … }), and share declarations by mix(shared, { … }). " +
      '[MAPPING_INHERITANCE]';
    expect(faultOf([Admin, User]).message).toBe(text);
    configure([User]);
    expect(faultOf([Admin]).message).toBe(text);
  });

  it.each([
    ['undefined', undefined, 'undefined'],
    ['a text', 'User', 'A string'],
    ['an object of another class', new Date(), 'An instance of Date'],
    ['a class that is not mapped', Map, "'Map'"],
  ])('that is %s', (_, found, name) => {
    const text = `${name} is not a mapped class. Declare it as class X extends Model('table', { … }), and pass the class itself. [MAPPING_UNMAPPED_CLASS]`;
    expect(faultOf([found]).message).toBe(text);
    expect(() => mapperOf(found as unknown as ModelClass)).toThrow(text);
  });

  it.each([
    [
      'an unknown property',
      { indexes: [['tilte']] },
      "Job names 'tilte' in indexes, which is not one of its columns. Name properties of columns. Did you mean 'title'? [MAPPING_BAD_OPTION]",
    ],
    [
      'a far-off property',
      { uniques: [['zzzzzz']] },
      "Job names 'zzzzzz' in uniques, which is not one of its columns. Name properties of columns. There are: 'id', 'title'. [MAPPING_BAD_OPTION]",
    ],
    [
      'no property',
      { indexes: [[]] },
      "Job has an entry without columns in indexes. List the properties: { indexes: [['status', 'createdAt']] }. [MAPPING_BAD_OPTION]",
    ],
    [
      'the same twice',
      {
        indexes: [
          ['title', 'id'],
          ['title', 'id'],
        ],
      },
      "Job has two indexes named 'jobs_title_id_idx'. Remove one, or name it: { columns: ['status'], name: '…' }. [MAPPING_BAD_OPTION]",
    ],
  ])('with an index of %s', (_, options, text) => {
    expect(textOf({ id, title: t.text() }, options)).toBe(text);
  });
});

describe('several faults', () => {
  it('are told in one error', () => {
    class Job extends Model('jobs', {
      name: t.enum(),
      get owner() {
        return one(() => User, 'ownerId');
      },
    }) {}
    const error = faultOf([Job, Date]);
    expect(error.message).toBe(
      [
        'The models have 4 faults.',
        " 1. 'Date' is not a mapped class. Declare it as class X extends Model('table', { … }), and pass the class itself.",
        " 2. Job.name is an enum without values. List them: t.enum('queued', 'done').",
        ' 3. Job has no primary key, so its rows cannot be told apart. Mark the column, or columns, that identify a row with .primaryKey().',
        " 4. Job.owner names 'ownerId' as its foreign key, which is not a column of Job. Name a property of Job that is a column. There are: 'name'.",
        ' Mend them and start again. [MAPPING_UNMAPPED_CLASS]',
      ].join('\n'),
    );
    expect(error.faults.map((fault) => fault.code)).toEqual([
      'MAPPING_UNMAPPED_CLASS',
      'MAPPING_BAD_COLUMN',
      'MAPPING_NO_PRIMARY_KEY',
      'MAPPING_UNKNOWN_FOREIGN_KEY',
    ]);
    expect([error.name, error.code, error.retryable]).toEqual(['MappingError', 'MAPPING_UNMAPPED_CLASS', false]);
  });
});
