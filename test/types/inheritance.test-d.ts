// Compiled, never run.
import { sql } from 'kysely';

import { embedded, hybrid, Model, Submodel, t } from '../../src/index.ts';
import type { Session } from '../../src/index.ts';
import type { Vehicle } from '../inheritance/fleet.ts';
import { Car, Taxi } from '../inheritance/fleet.ts';
import type { STAFF } from '../inheritance/staff.ts';
import { Company, Director, Employee, Manager } from '../inheritance/staff.ts';
import { same } from './expect.ts';

declare const session: Session<typeof STAFF>;

export async function subclasses(): Promise<void> {
  const manager = new Manager({ name: 'Max', budget: 3 });
  same<typeof manager.budget, number | null>();
  same<typeof manager.name, string>();
  const employee: Employee = manager;
  // @ts-expect-error what a subclass adds is not the parent's
  void employee.budget;
  if (employee instanceof Manager) same<typeof employee.budget, number | null>();
  // @ts-expect-error the parent's required column
  void new Director({ title: 'x' });
  // @ts-expect-error its own required column
  void new Car({ plate: 'x' });
  // @ts-expect-error no column at all
  void new Manager({ name: 'Max', salary: 3 });
  void new Taxi({ plate: 'x', seats: 3, licence: 'y' });

  const [director] = await session
    .find(Director)
    .where('title', '=', 'CEO')
    .where('name', '=', 'x')
    .with('reports.company', 'car');
  if (director !== undefined) {
    same<typeof director.title, string | null>();
    const names: string[] = director.reports.map((each) => each.name);
    void [names, director.greet(), director.car?.plate];
    const boss: Manager | null = await director.boss;
    void boss;
  }
  // @ts-expect-error a text
  void session.find(Director).where('title', '=', 3);
  // @ts-expect-error of the subclass
  void session.find(Employee).where('budget', '=', 3);
  // @ts-expect-error no relationship of the parent
  void session.find(Employee).with('reports');
  void session.find(Company).with('managers.reports', 'employees.boss');
  void session.find(Car).where('seats', '>', 3).orderBy('plate');
  const rows = await session.sql.selectFrom('employees').select(['name', 'type']).execute();
  same<(typeof rows)[number]['name'], string>();
  const vehicle: Vehicle | null = await session.get(Taxi, 3);
  void vehicle;
}

// @ts-expect-error no column
export const nameless = Model('a', { id: t.serial().primaryKey() }, { discriminator: 'kind' });

// @ts-expect-error not one of its own columns
export const indexed = Submodel(Employee, 'x', { age: t.integer().nullable() }, { indexes: [['salary']] });

class Money {
  amount = 0;
  currency = 'EUR';
}

class Invoice extends Model('invoices', {
  id: t.serial().primaryKey(),
  total: embedded(Money, { amount: t.integer(), currency: t.text() }),
  tip: embedded(Money, { amount: t.integer(), currency: t.text() }, { nullable: true }),
  paid: t.integer().default(0),
  isPaid: hybrid(
    (it: { paid: number }) => it.paid > 0,
    (it) => sql`${it.paid} > 0`,
  ),
}) {}

export async function values(): Promise<void> {
  const invoice = await session.find(Invoice).where('total.amount', '>', 3).where('tip.currency', '=', 'EUR').one();
  same<typeof invoice.total, Money>();
  same<typeof invoice.tip, Money | null>();
  same<typeof invoice.isPaid, boolean>();
  void session.find(Invoice).where('isPaid', '=', true).orderBy('isPaid').orderBy('total.amount');
  void new Invoice({ total: { amount: 3, currency: 'EUR' }, tip: null });
  // @ts-expect-error a number
  void session.find(Invoice).where('total.amount', '=', 'x');
  // @ts-expect-error no member
  void session.find(Invoice).where('total.sum', '=', 3);
  // @ts-expect-error a truth
  void session.find(Invoice).where('isPaid', '=', 'yes');
  // @ts-expect-error no money
  void new Invoice({ total: 3 });
}

// @ts-expect-error a text where the value has a number
export const wrong = embedded(Money, { amount: t.text() });
