import { describe, expect, it } from 'vitest';

import { configure, mapperOf } from '../../src/mapping/configure.ts';
import type { ColumnProperty, Mapper, ModelClass, Relationship } from '../../src/mapping/mapper.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

function columnOf(mapper: Mapper, property: string): ColumnProperty {
  return mapper.columns.find((column) => column.property === property)!;
}

function relationshipOf(mapper: Mapper, property: string): Relationship {
  return mapper.relationships.find((relationship) => relationship.property === property)!;
}

function plainTable(model: ModelClass): unknown {
  return JSON.parse(JSON.stringify(mapperOf(model).table));
}

describe('a table', () => {
  it('has every kind of column', () => {
    class Thing extends Model('things', {
      id: t.bigserial().primaryKey(),
      count: t.integer().default(0),
      big: t.bigint().nullable(),
      title: t.text().unique(),
      code: t.varchar(20).index(),
      flag: t.boolean(),
      ratio: t.real(),
      wide: t.double(),
      price: t.numeric({ precision: 12, scale: 2 }),
      amount: t.numeric(),
      createdAt: t.timestamp().serverDefault('now()'),
      day: t.date(),
      key: t.uuid(),
      payload: t.json<{ a: number }>(),
      raw: t.bytes(),
      status: t.enum('new', 'done').default('new'),
      tags: t.array(t.varchar(9)),
      link: t
        .custom({ type: t.text(), encode: (url: URL) => url.href, decode: (text) => new URL(text) })
        .column('href'),
    }) {}
    const plain = { nullable: false, autoIncrement: false };
    expect(plainTable(Thing)).toEqual({
      name: 'things',
      columns: [
        { name: 'id', type: { name: 'bigint' }, nullable: false, autoIncrement: true },
        { name: 'count', type: { name: 'integer' }, ...plain },
        { name: 'big', type: { name: 'bigint' }, nullable: true, autoIncrement: false },
        { name: 'title', type: { name: 'text' }, ...plain },
        { name: 'code', type: { name: 'varchar', length: 20 }, ...plain },
        { name: 'flag', type: { name: 'boolean' }, ...plain },
        { name: 'ratio', type: { name: 'real' }, ...plain },
        { name: 'wide', type: { name: 'double' }, ...plain },
        { name: 'price', type: { name: 'numeric', precision: 12, scale: 2 }, ...plain },
        { name: 'amount', type: { name: 'numeric' }, ...plain },
        { name: 'created_at', type: { name: 'timestamp' }, ...plain, serverDefault: 'now()' },
        { name: 'day', type: { name: 'date' }, ...plain },
        { name: 'key', type: { name: 'uuid' }, ...plain },
        { name: 'payload', type: { name: 'json' }, ...plain },
        { name: 'raw', type: { name: 'bytes' }, ...plain },
        { name: 'status', type: { name: 'enum', values: ['new', 'done'] }, ...plain },
        { name: 'tags', type: { name: 'array', element: { name: 'varchar', length: 9 } }, ...plain },
        { name: 'href', type: { name: 'custom', element: { name: 'text' }, codec: {} }, ...plain },
      ],
      primaryKey: ['id'],
      foreignKeys: [],
      indexes: [
        { name: 'things_title_key', columns: ['title'], unique: true },
        { name: 'things_code_idx', columns: ['code'], unique: false },
      ],
    });
  });

  it('has composite keys, foreign keys and indexes', () => {
    class Seat extends Model('seats', { hall: t.integer().primaryKey(), place: t.varchar(3).primaryKey() }) {}
    class Booking extends Model(
      'bookings',
      {
        id: t.serial().primaryKey(),
        seatHall: t.integer(),
        seatPlace: t.text(),
        bookedAt: t.timestamp(),
        get seat() {
          return one(() => Seat, ['seatHall', 'seatPlace'], { onDelete: 'cascade', onUpdate: 'restrict' });
        },
      },
      {
        indexes: [['bookedAt', 'seatHall'], { columns: ['seatPlace', 'bookedAt'], name: 'by_place' }],
        uniques: [['seatHall', 'seatPlace']],
      },
    ) {}
    expect(plainTable(Seat)).toMatchObject({ primaryKey: ['hall', 'place'], foreignKeys: [], indexes: [] });
    expect(mapperOf(Booking).table.foreignKeys).toEqual([
      {
        columns: ['seat_hall', 'seat_place'],
        targetTable: 'seats',
        targetColumns: ['hall', 'place'],
        onDelete: 'cascade',
        onUpdate: 'restrict',
      },
    ]);
    expect(mapperOf(Booking).table.indexes).toEqual([
      { name: 'bookings_seat_hall_seat_place_key', columns: ['seat_hall', 'seat_place'], unique: true },
      { name: 'bookings_booked_at_seat_hall_idx', columns: ['booked_at', 'seat_hall'], unique: false },
      { name: 'by_place', columns: ['seat_place', 'booked_at'], unique: false },
    ]);
  });

  it('keeps names of indexes apart that PostgreSQL would cut to one', () => {
    const property = 'anExtraordinarilyLongNameOfAColumnThatNobodyShouldHaveToType';
    const long = {
      id: t.serial().primaryKey(),
      [`${property}A`]: t.text().index(),
      [`${property}B`]: t.text().index(),
    };
    const names = mapperOf(Model('long_names', long)).table.indexes.map((index) => index.name);
    expect(names.map((name) => name.length)).toEqual([63, 63]);
    expect(new Set(names.map((name) => name.slice(0, 54))).size).toBe(1);
    expect(new Set(names).size).toBe(2);
  });

  it('has foreign keys from references by name and by function, each once', () => {
    class Account extends Model('accounts', {
      id: t.serial().primaryKey(),
      code: t.text().unique(),
      parentId: t.integer().references('accounts.id', { onDelete: 'set null' }).nullable(),
      get parent() {
        return one(() => Account, 'parentId', { onUpdate: 'cascade' });
      },
    }) {}
    class Entry extends Model('entries', {
      id: t.serial().primaryKey(),
      accountCode: t.varchar(9).references('accounts.code'),
      get accountId() {
        return t.integer().references(() => Account, { onDelete: 'cascade' });
      },
    }) {}
    configure([Account, Entry]);
    expect(mapperOf(Account).table.foreignKeys).toEqual([
      {
        columns: ['parent_id'],
        targetTable: 'accounts',
        targetColumns: ['id'],
        onDelete: 'set null',
        onUpdate: 'cascade',
      },
    ]);
    expect(mapperOf(Entry).table.foreignKeys).toEqual([
      { columns: ['account_code'], targetTable: 'accounts', targetColumns: ['code'] },
      { columns: ['account_id'], targetTable: 'accounts', targetColumns: ['id'], onDelete: 'cascade' },
    ]);
  });
});

describe('a column', () => {
  class Item extends Model('items', {
    id: t.serial().primaryKey(),
    tags: t.array(t.text()).default(['a']),
    at: t.timestamp().default(() => new Date(7)),
    made: t.timestamp().serverDefault('now()'),
    name: t.text(),
  }) {}
  const mapper = mapperOf(Item);

  it('knows its place and its nature', () => {
    expect(
      mapper.columns.map(({ property, index, isPrimaryKey, isServerGenerated, isMutable, column, type }) => [
        [property, index, isPrimaryKey, isServerGenerated, isMutable],
        column === mapper.table.columns[index] && type === column.type,
      ]),
    ).toEqual([
      [['id', 0, true, true, false], true],
      [['tags', 1, false, false, true], true],
      [['at', 2, false, false, true], true],
      [['made', 3, false, true, true], true],
      [['name', 4, false, false, false], true],
    ]);
    expect(mapper.primaryKey).toEqual([mapper.columns[0]]);
    expect([...mapper.attributes.keys()]).toEqual(['id', 'tags', 'at', 'made', 'name']);
    expect([...mapper.byColumn.keys()]).toEqual(['id', 'tags', 'at', 'made', 'name']);
  });

  it('makes a value of its own for each object', () => {
    const { makeDefault } = columnOf(mapper, 'tags');
    const first = makeDefault!() as string[];
    first.push('b');
    expect([first, makeDefault!()]).toEqual([['a', 'b'], ['a']]);
    expect(columnOf(mapper, 'at').makeDefault!()).toEqual(new Date(7));
    expect(columnOf(mapper, 'name').makeDefault).toBeUndefined();
  });

  it('compares and copies by its type', () => {
    const { equals, copy } = columnOf(mapper, 'tags');
    const value = ['a'];
    expect([equals(copy(value), value), copy(value) === value]).toEqual([true, false]);
  });
});

describe('configure', () => {
  it('takes in every model that relationships lead to, once', () => {
    let reads = 0;
    class Parent extends Model('parents', {
      id: t.serial().primaryKey(),
      get children() {
        return many(() => {
          reads++;
          return Child;
        }, 'parentId');
      },
    }) {}
    class Child extends Model('children', {
      id: t.serial().primaryKey(),
      parentId: t.integer(),
      get parent() {
        return one(() => Parent, 'parentId');
      },
    }) {}
    const parent = mapperOf(Parent);
    expect(relationshipOf(parent, 'children').target).toBe(mapperOf(Child));
    expect(configure([Child, Parent, Child])).toEqual([mapperOf(Child), parent, mapperOf(Child)]);
    expect(reads).toBe(1);
  });

  it('freezes what it makes', () => {
    class Node extends Model('nodes', {
      id: t.serial().primaryKey(),
      nextId: t.integer().nullable(),
      get next() {
        return one(() => Node, 'nextId');
      },
    }) {}
    const mapper = mapperOf(Node);
    const [next] = mapper.relationships as [Relationship];
    const parts = [mapper, mapper.columns, mapper.columns[0], mapper.primaryKey, mapper.relationships, next];
    const table = [
      mapper.table,
      mapper.table.columns,
      mapper.table.columns[0],
      mapper.table.foreignKeys,
      mapper.table.indexes,
    ];
    expect([...parts, ...table].map(Object.isFrozen)).toEqual([...parts, ...table].map(() => true));
  });

  it('names a mapper after its class, or after the table of a class that Model alone made', () => {
    const Bare = Model('bare_things', { id: t.serial().primaryKey() });
    class Named extends Model('named_things', { id: t.serial().primaryKey() }) {}
    expect(configure([Bare, Named]).map((mapper) => mapper.name)).toEqual(['bare_things', 'Named']);
  });

  it('finds a referenced table among the models of the call before those of earlier calls', () => {
    const made = () => {
      class Town extends Model('towns', { id: t.serial().primaryKey() }) {}
      class Street extends Model('streets', {
        id: t.serial().primaryKey(),
        townId: t.integer().references('towns.id'),
      }) {}
      return { Town, Street };
    };
    const [earlier, later] = [made(), made()];
    configure([earlier.Town]);
    configure([later.Street, later.Town]);
    expect(mapperOf(earlier.Street).table.foreignKeys).toEqual(mapperOf(later.Street).table.foreignKeys);
  });

  it('configures nothing when there is a fault', () => {
    class Good extends Model('goods', { id: t.serial().primaryKey() }) {}
    class Bad extends Model('bads', {
      id: t.serial().primaryKey(),
      goodId: t.text(),
      get good() {
        return one(() => Good, 'goodId');
      },
    }) {}
    expect(() => mapperOf(Bad)).toThrow('MAPPING_BAD_FOREIGN_KEY');
    expect(() => mapperOf(Bad)).toThrow('MAPPING_BAD_FOREIGN_KEY');
    expect(mapperOf(Good).name).toBe('Good');
  });
});
