import { Model, many, one, Submodel, t } from '../../src/index.ts';

export class Company extends Model('companies', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get employees() {
    return many(() => Employee, 'companyId', { cascade: 'all' });
  },
  get managers() {
    return many(() => Manager, 'companyId');
  },
}) {}

export class Employee extends Model(
  'employees',
  {
    id: t.serial().primaryKey(),
    type: t.text(),
    name: t.text(),
    version: t.integer().version(),
    companyId: t.integer().nullable(),
    bossId: t.integer().nullable(),
    get company() {
      return one(() => Company, 'companyId');
    },
    get boss() {
      return one(() => Manager, 'bossId');
    },
  },
  { discriminator: 'type', identity: 'employee' },
) {
  #greetings = 0;

  greet(): string {
    return `${this.name} ${++this.#greetings}`;
  }
}

export class Manager extends Submodel(Employee, 'manager', {
  budget: t.integer().nullable().default(100),
  get reports() {
    return many(() => Employee, 'bossId');
  },
}) {
  override greet(): string {
    return `Manager ${super.greet()}`;
  }
}

export class Director extends Submodel(Manager, 'director', {
  title: t.text().nullable(),
  carId: t.integer().nullable(),
  get car() {
    return one(() => Car, 'carId');
  },
}) {}

export class Engineer extends Submodel(Employee, 'engineer', {
  language: t.text().serverDefault("'sql'"),
  tags: t.json<string[]>().nullable(),
}) {}

export class Car extends Model('cars', {
  id: t.serial().primaryKey(),
  plate: t.text(),
  get drivers() {
    return many(() => Director, 'carId');
  },
}) {}

export const STAFF = { Company, Employee, Manager, Director, Engineer, Car };
