import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import { rowsOf } from '../support/open-session.ts';
import { Car, FLEET, Owner, Tanker, Taxi, Trip, Truck, Vehicle } from './fleet.ts';
import { openModels } from './open-staff.ts';

async function withFleet(database: (typeof DATABASES)[number]) {
  const opened = await openModels(database, FLEET);
  await opened.Session.begin(async (session) => {
    const owner = new Owner({ name: 'Ada' });
    session.add(new Vehicle({ plate: 'V1', owner }));
    await session.flush();
    session.addAll([
      new Car({ plate: 'C1', seats: 4, owner }),
      new Car({ plate: 'C2', seats: 2 }),
      new Taxi({ plate: 'T1', seats: 5, licence: 'L', owner, trips: [new Trip({ goal: 'home' })] }),
      new Truck({ plate: 'K1' }),
      new Tanker({ plate: 'N1', load: 30, liquid: 'milk' }),
    ]);
  });
  opened.took();
  return opened;
}

describe.each(DATABASES)('joined-table inheritance on $name', (database) => {
  test('makes a table for each class that names one, and inserts into all of a row, many rows at once', async () => {
    const { engine, Session, took } = await withFleet(database);
    expect(await rowsOf(engine, 'vehicles', 'plate, kind, version')).toEqual([
      ['C1', 'car', 1],
      ['C2', 'car', 1],
      ['K1', 'truck', 1],
      ['N1', 'tanker', 1],
      ['T1', 'taxi', 1],
      ['V1', 'vehicle', 1],
    ]);
    expect((await rowsOf(engine, 'cars', 'seats, colour')).length).toBe(3);
    expect(await rowsOf(engine, 'taxis', 'licence')).toEqual([['L']]);
    expect(await rowsOf(engine, 'trucks', 'load, liquid, checked_at')).toEqual([
      [10, null, 'never'],
      [30, 'milk', 'never'],
    ]);
    took();
    await Session.begin((session) =>
      session.addAll(Array.from({ length: 20 }, (_, at) => new Taxi({ plate: `X${at}`, seats: at, licence: `${at}` }))),
    );
    expect(took()).toEqual(['insert vehicles', 'insert cars', 'insert taxis']);
    await using session = Session();
    for (const taxi of await session.find(Taxi).where('plate', 'like', 'X%'))
      expect([taxi.plate, taxi.seats]).toEqual([`X${taxi.licence}`, Number(taxi.licence)]);
  });

  test('gives each row as an object of its class in one statement', async () => {
    const { Session, texts } = await withFleet(database);
    await using session = Session();
    const all = await session.find(Vehicle).orderBy('plate');
    expect(all.map((each) => each.constructor)).toEqual([Car, Car, Truck, Tanker, Taxi, Vehicle]);
    const [c1, , k1, n1, t1] = all;
    expect(c1).toMatchObject({ plate: 'C1', seats: 4, colour: null, kind: 'car' });
    expect([k1, n1]).toMatchObject([{ load: 10 }, { load: 30, liquid: 'milk' }]);
    expect(t1).toMatchObject({ seats: 5, licence: 'L', fares: [] });
    const [text = '', ...more] = texts();
    expect(more).toEqual([]);
    expect(text).toContain(
      'from "vehicles" left join "cars" on "cars"."id" = "vehicles"."id" left join "taxis" on "taxis"."id" = "vehicles"."id"' +
        ' left join "trucks" on "trucks"."id" = "vehicles"."id") as "vehicles" order by "plate" asc',
    );
  });

  test('asks for the rows of a class by its table, with conditions on columns of any', async () => {
    const { Session, texts } = await withFleet(database);
    await using session = Session();
    expect((await session.find(Car).orderBy('seats')).map(({ plate }) => plate)).toEqual(['C2', 'C1', 'T1']);
    expect((await session.find(Taxi).where('licence', '=', 'L').where('plate', '=', 'T1')).length).toBe(1);
    expect(
      await session
        .find(Car)
        .where((eb) => eb('seats', '>', 2))
        .count(),
    ).toBe(2);
    expect((await session.find(Tanker)).map(({ plate }) => plate)).toEqual(['N1']);
    const [cars = '', taxis = '', , tankers = ''] = texts();
    expect(cars).toContain('from "vehicles" inner join "cars" on "cars"."id" = "vehicles"."id" left join "taxis"');
    expect(taxis).toContain('inner join "cars" on "cars"."id" = "vehicles"."id" inner join "taxis" on');
    expect(tankers).toMatch(/as "trucks" where "kind" = .{1,2}$/);
  });

  test('writes what changed to the tables that have it, by the version of the root', async () => {
    const { engine, Session, took } = await withFleet(database);
    await using session = Session();
    const taxi = await session.find(Taxi).one();
    took();
    taxi.licence = 'M';
    taxi.fares.push(7);
    await session.flush();
    expect(took()).toEqual(['update vehicles version', 'update taxis licence,fares']);
    taxi.seats = 6;
    taxi.plate = 'T9';
    await session.flush();
    expect(took()).toEqual(['update vehicles plate,version', 'update cars seats']);
    await session.commit();
    expect(took()).toEqual([]);
    expect(await rowsOf(engine, 'taxis', 'licence')).toEqual([['M']]);
    await engine.execute("update vehicles set version = 9 where plate = 'T9'");
    taxi.licence = 'N';
    await expect(session.flush()).rejects.toMatchObject({ code: 'SESSION_STALE_ROW' });
  });

  test('follows relationships of each class, and deletes the rows of all tables', async () => {
    const { engine, Session, took } = await withFleet(database);
    await using session = Session();
    const owner = await session.find(Owner).with('vehicles').one();
    expect(owner.vehicles.map((each) => each.constructor)).toEqual([Vehicle, Car, Taxi]);
    expect((await owner.cars).map(({ plate }) => plate)).toEqual(['C1', 'T1']);
    const taxi = await session.find(Taxi).one();
    expect((await taxi.trips).map(({ goal }) => goal)).toEqual(['home']);
    const [trip] = await session.find(Trip).with('taxi.owner');
    expect(trip?.taxi.owner).toBe(owner);
    took();
    await session.delete(owner);
    await session.commit();
    expect(took().filter((words) => words.startsWith('delete'))).toEqual([
      'delete vehicles',
      'delete trips',
      'delete taxis',
      'delete cars',
      'delete vehicles',
      'delete cars',
      'delete vehicles',
      'delete owners',
    ]);
    expect(await rowsOf(engine, 'vehicles', 'plate')).toEqual([['C2'], ['K1'], ['N1']]);
    expect(await rowsOf(engine, 'cars', 'seats')).toEqual([[2]]);
  });

  test('expires, refreshes, merges and rolls back columns of all tables', async () => {
    const { engine, Session } = await withFleet(database);
    await using session = Session();
    const taxi = await session.find(Taxi).one();
    taxi.seats = 1;
    taxi.licence = 'Z';
    await session.flush();
    await session.rollback();
    expect([taxi.seats, taxi.licence]).toEqual([5, 'L']);
    await engine.execute("update taxis set licence = 'Q'");
    await session.refresh(taxi);
    expect(taxi.licence).toBe('Q');
    session.expire(taxi, ['licence']);
    await session.refresh(taxi, ['licence']);
    expect(taxi.licence).toBe('Q');
    const given = new Taxi({ id: taxi.id, plate: 'T2', seats: 3, licence: 'R', version: 1 });
    expect(await session.merge(given)).toBe(taxi);
    await session.commit();
    expect(await rowsOf(engine, 'cars', 'seats')).toContainEqual([3]);
    expect(await session.get(Truck, taxi.id)).toBeNull();
    expect(await session.get(Vehicle, taxi.id)).toBe(taxi);
    expect(await session.find(Vehicle).where('plate', '=', 'T2').forUpdate().one()).toBe(taxi);
    expect(await session.find(Taxi).forUpdate().one()).toBe(taxi);
  });

  test('updates and deletes rows by conditions on columns of any table', async () => {
    const { engine, Session } = await withFleet(database);
    await using session = Session();
    const cars = await session.find(Car).orderBy('plate');
    expect(
      await session
        .find(Car)
        .where('seats', '>', 3)
        .update({ plate: (eb) => eb('plate', '||', '!') }),
    ).toBe(2);
    expect(cars.map(({ plate }) => plate)).toEqual(['C1!', 'C2', 'T1!']);
    await expect(session.find(Car).update({ seats: 3 })).rejects.toMatchObject({ code: 'QUERY_BAD_ARGUMENT' });
    await expect(session.insertMany(Car, [{ plate: 'x', seats: 1 }])).rejects.toMatchObject({
      code: 'QUERY_BAD_ARGUMENT',
    });
    expect(await session.find(Car).where('seats', '=', 2).delete()).toBe(1);
    await session.commit();
    expect(await rowsOf(engine, 'cars', 'seats')).toHaveLength(2);
    expect((await rowsOf(engine, 'vehicles', 'plate')).flat()).toEqual(['C1!', 'K1', 'N1', 'T1!', 'V1']);
  });

  test.each(['selectin', 'joined', 'json'] as const)('is loaded along by strategy %s', async (strategy) => {
    const { Session } = await withFleet(database);
    await using session = Session();
    const [owner] = await session.find(Owner).strategy(strategy).with('vehicles', 'cars');
    expect(owner?.vehicles).toMatchObject([{ plate: 'V1' }, { plate: 'C1', seats: 4 }, { plate: 'T1', licence: 'L' }]);
    expect(owner?.cars).toMatchObject([{ plate: 'C1' }, { plate: 'T1', seats: 5 }]);
    const [trip] = await session.find(Trip).strategy(strategy).with('taxi').populateExisting();
    expect(trip?.taxi).toMatchObject({ plate: 'T1', seats: 5, licence: 'L' });
    expect(
      await session
        .find(Owner)
        .any('cars', (rows) => rows.where('seats', '>', 4))
        .count(),
    ).toBe(1);
    expect(await session.find(Trip).where('taxi.seats', '=', 5).where('taxi.plate', '=', 'T1').count()).toBe(1);
  });
});
