import { Model, many, one, Submodel, t } from '../../src/index.ts';

/** One table for each class, in two levels; a class at the end that shares the table of its parent. */
export class Vehicle extends Model(
  'vehicles',
  {
    id: t.serial().primaryKey(),
    kind: t.enum('vehicle', 'car', 'taxi', 'truck', 'tanker'),
    plate: t.text().unique(),
    version: t.integer().version(),
    ownerId: t.integer().nullable(),
    get owner() {
      return one(() => Owner, 'ownerId');
    },
  },
  { discriminator: 'kind', identity: 'vehicle' },
) {}

export class Car extends Submodel(
  Vehicle,
  'car',
  { seats: t.integer(), colour: t.text().nullable() },
  { table: 'cars' },
) {}

export class Taxi extends Submodel(
  Car,
  'taxi',
  {
    licence: t.text(),
    fares: t.json<number[]>().default([]),
    get trips() {
      return many(() => Trip, 'taxiId', { cascade: 'all, delete-orphan' });
    },
  },
  { table: 'taxis' },
) {}

export class Truck extends Submodel(
  Vehicle,
  'truck',
  { load: t.integer().default(10), checkedAt: t.text().serverDefault("'never'") },
  { table: 'trucks' },
) {}

export class Tanker extends Submodel(Truck, 'tanker', { liquid: t.text().nullable() }) {}

export class Owner extends Model('owners', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get vehicles() {
    return many(() => Vehicle, 'ownerId', { cascade: 'all' });
  },
  get cars() {
    return many(() => Car, 'ownerId');
  },
}) {}

export class Trip extends Model('trips', {
  id: t.serial().primaryKey(),
  goal: t.text(),
  taxiId: t.integer(),
  get taxi() {
    return one(() => Taxi, 'taxiId');
  },
}) {}

export const FLEET = { Vehicle, Car, Taxi, Truck, Tanker, Owner, Trip };
