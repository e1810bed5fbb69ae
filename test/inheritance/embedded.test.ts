import { describe, expect, test } from 'vitest';

import { configure, embedded, Model, one, Submodel, t } from '../../src/index.ts';
import { DATABASES } from '../support/databases.ts';
import { rowsOf } from '../support/open-session.ts';
import { openModels } from './open-staff.ts';

class Address {
  street = '';
  city = '';
  country: string | null = null;

  get label(): string {
    return `${this.street}, ${this.city}`;
  }
}

const columns = { street: t.text(), city: t.text().index(), country: t.text().nullable() };

class Person extends Model(
  'people',
  {
    id: t.serial().primaryKey(),
    type: t.text(),
    name: t.text(),
    home: embedded(Address, columns),
    work: embedded(Address, columns, { nullable: true, prefix: 'office_' }),
    friendId: t.integer().nullable(),
    get friend() {
      return one(() => Person, 'friendId');
    },
  },
  { discriminator: 'type', identity: 'person' },
) {}

class Point {
  x = 0;
  y = 0;
}

class Sailor extends Submodel(Person, 'sailor', {
  ship: embedded(Point, { x: t.double(), y: t.double() }, { nullable: true }),
}) {}

const MODELS = { Person, Sailor };

const address = (street: string, city: string): Address => Object.assign(new Address(), { street, city });

describe('an embedded value', () => {
  test('has a column for each member, with the name of the attribute before it', () => {
    const [person] = configure([Person]);
    expect(person?.columns.map(({ property, column }) => [property, column.name, column.nullable])).toEqual([
      ['id', 'id', false],
      ['type', 'type', false],
      ['name', 'name', false],
      ['home.street', 'home_street', false],
      ['home.city', 'home_city', false],
      ['home.country', 'home_country', true],
      ['work.street', 'office_street', true],
      ['work.city', 'office_city', true],
      ['work.country', 'office_country', true],
      ['friendId', 'friend_id', true],
    ]);
  });

  test('is plain data on the object, of its class whatever was given', () => {
    const home = address('Main St', 'Paris');
    const person = new Person({ name: 'Ada', home });
    expect(person.home).toBe(home);
    expect(JSON.parse(JSON.stringify(person))).toEqual({
      type: 'person',
      name: 'Ada',
      home: { street: 'Main St', city: 'Paris', country: null },
    });
    expect(Object.keys(person)).toEqual(['id', 'type', 'name', 'home', 'work', 'friendId']);
    const like = new Person({ name: 'Bob', home: { street: 'a', city: 'b', country: null, label: '' } });
    expect(like.home).toBeInstanceOf(Address);
  });

  test('is refused without columns, or with columns that rows are known by', () => {
    class Bad extends Model('bad', {
      id: t.serial().primaryKey(),
      nothing: embedded(Address, {}),
      key: embedded(Address, { street: t.text().primaryKey() }),
    }) {}
    expect(() => configure([Bad])).toThrow(
      /Bad.nothing embeds a value without columns[^]*Bad.key.street is no column that can be part/,
    );
  });
});

describe.each(DATABASES)('embedded values on $name', (database) => {
  async function withPeople() {
    const opened = await openModels(database, MODELS);
    await opened.Session.begin(async (session) => {
      session.add(new Person({ name: 'Ada', home: address('Main St', 'Paris') }));
      await session.flush();
      const friend = await session.getOne(Person, 1);
      session.add(
        new Person({ name: 'Bob', home: address('High St', 'Rome'), work: address('Dock', 'Ostia'), friend }),
      );
    });
    opened.took();
    return opened;
  }

  test('come back as objects of their class, null where all columns are', async () => {
    const { engine, Session } = await withPeople();
    expect(await rowsOf(engine, 'people', 'id, home_street, home_city, office_street, office_country')).toEqual([
      [1, 'Main St', 'Paris', null, null],
      [2, 'High St', 'Rome', 'Dock', null],
    ]);
    await using session = Session();
    const [ada, bob] = await session.find(Person).orderBy('id');
    expect([ada?.home.label, ada?.work, bob?.work?.label]).toEqual(['Main St, Paris', null, 'Dock, Ostia']);
    expect(ada?.home).toBeInstanceOf(Address);
    expect(ada?.toObject()).toMatchObject({ home: { street: 'Main St', city: 'Paris', country: null }, work: null });
  });

  test('are written when a member, or the whole, changed', async () => {
    const { engine, Session, took } = await withPeople();
    await using session = Session();
    const [ada, bob] = await session.find(Person).orderBy('id');
    if (ada === undefined || bob === undefined) throw new Error('nobody');
    took();
    await session.flush();
    expect(took()).toEqual([]);
    ada.home.city = 'Lyon';
    bob.work = null;
    await session.flush();
    expect(took()).toEqual(['update people home_city', 'update people office_street,office_city']);
    ada.work = address('Quai', 'Lyon');
    await session.flush();
    expect(took()).toEqual(['update people office_street,office_city']);
    await session.commit();
    expect(await rowsOf(engine, 'people', 'id, home_city, office_city')).toEqual([
      [1, 'Lyon', 'Lyon'],
      [2, 'Rome', null],
    ]);
  });

  test('are asked for, ordered by and set by paths to their members', async () => {
    const { Session, texts } = await withPeople();
    await using session = Session();
    expect((await session.find(Person).where('home.city', '=', 'Rome')).map(({ name }) => name)).toEqual(['Bob']);
    expect((await session.find(Person).where('work.city', 'is', null)).map(({ name }) => name)).toEqual(['Ada']);
    expect((await session.find(Person).where('friend.home.city', '=', 'Paris')).map(({ name }) => name)).toEqual([
      'Bob',
    ]);
    expect((await session.find(Person).orderBy('home.city', 'desc')).map(({ name }) => name)).toEqual(['Bob', 'Ada']);
    const found = session.find(Person).where((eb, it) => eb(it.path('home.city'), 'like', 'P%'));
    expect((await found).map(({ name }) => name)).toEqual(['Ada']);
    const [first = ''] = texts();
    expect(first).toMatch(/ from "people" where "home_city" = .{1,2}$/);
  });

  test('are expired, refreshed, merged and rolled back', async () => {
    const { engine, Session } = await withPeople();
    await using session = Session();
    const bob = await session.getOne(Person, 2);
    bob.home.city = 'Milan';
    bob.work = null;
    await session.flush();
    await session.rollback();
    expect(bob).toMatchObject({ home: { city: 'Rome' }, work: { city: 'Ostia' } });
    session.expire(bob);
    expect(() => bob.home).toThrow(expect.objectContaining({ code: 'STATE_EXPIRED_ATTRIBUTE' }));
    await engine.execute(
      "update people set home_city = 'Turin', office_street = null, office_city = null where id = 2",
    );
    await session.refresh(bob);
    expect([bob.home.label, bob.work]).toEqual(['High St, Turin', null]);
    session.expire(bob);
    bob.home = address('Via', 'Bari');
    await session.refresh(bob);
    const given = new Person({ id: 2, name: 'Bob', home: address('Via', 'Bari') });
    expect(await session.merge(given)).toBe(bob);
    expect([bob.home.city, bob.home === given.home]).toEqual(['Bari', false]);
    await session.commit();
    expect(await rowsOf(engine, 'people', 'home_street, home_city')).toContainEqual(['Via', 'Bari']);
  });

  test('belong to subclasses as well', async () => {
    const { Session } = await withPeople();
    await Session.begin(async (session) => {
      session.add(new Sailor({ name: 'Sam', home: address('Quay', 'Hull'), ship: { x: 1, y: 2.5 } }));
    });
    await using session = Session();
    expect(await session.find(Sailor).where('ship.y', '>', 2).one()).toMatchObject({ ship: { x: 1, y: 2.5 } });
    expect((await session.find(Person).orderBy('id')).map((each) => each.home.city)).toEqual(['Paris', 'Rome', 'Hull']);
  });

  test('are written in bulk, set by conditions, and expired and projected by name', async () => {
    const { engine, Session } = await withPeople();
    await using session = Session();
    const home = address('Kai', 'Kiel');
    await session.insertMany(Person, [{ name: 'Kim', home, work: null }]);
    expect(
      await session
        .find(Person)
        .where('name', '=', 'Ada')
        .update({ home: address('Gasse', 'Wien') }),
    ).toBe(1);
    const ada = await session.getOne(Person, 1);
    expect(ada.home.label).toBe('Gasse, Wien');
    await engine.execute('select 1');
    session.expire(ada, ['home']);
    expect(() => ada.home).toThrow(expect.objectContaining({ code: 'STATE_EXPIRED_ATTRIBUTE' }));
    expect(ada.name).toBe('Ada');
    await session.refresh(ada, ['home']);
    expect(ada.home.label).toBe('Gasse, Wien');
    session.expungeAll();
    const [part] = await session.find(Person).columns('home').where('name', '=', 'Kim');
    expect(part?.home).toMatchObject({ street: 'Kai', city: 'Kiel' });
    await session.commit();
  });
});
