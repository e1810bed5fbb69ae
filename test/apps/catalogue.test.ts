import { describe, expect, test } from 'vitest';

import { sessionFactory } from '../../src/index.ts';
import type { Session } from '../../src/index.ts';
import { DATABASES, recordStatements } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';
import {
  CATALOGUE,
  Category,
  Customer,
  Employee,
  Line,
  Order,
  Product,
  ProductTag,
  Profile,
  Region,
  Return,
  Supplier,
  Tag,
  Territory,
} from './catalogue-models.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** `size` rows of everything, so that a level with a statement for each row would show. */
async function seed(session: Session<typeof CATALOGUE>, size: number): Promise<void> {
  const region = new Region({ id: 1, name: 'North' });
  const territories = numbers(size).map((id) => new Territory({ id, name: `t${id}`, region }));
  const employees = numbers(size).map(
    (id) => new Employee({ id, name: `e${id}`, territories: [territories[id - 1]!] }),
  );
  for (const employee of employees.slice(1)) employee.chief = employees[0]!;
  const tags = [new Tag({ id: 1, word: 'new' }), new Tag({ id: 2, word: 'cheap' })];
  const supplier = new Supplier({ id: 1, name: 's' });
  const categories = numbers(size).map((id) => new Category({ id, name: `c${id}`, parentId: id === 1 ? null : 1 }));
  const products = numbers(size).map((id) => {
    const product = new Product({ id, code: `p${id}`, price: id, supplier, category: categories[id - 1]! });
    session.addAll(tags.map((tag) => new ProductTag({ product, tag })));
    return product;
  });
  for (const id of numbers(size)) {
    const customer = new Customer({ id, name: `n${id}`, profile: new Profile({ id, customerId: id }) });
    const order = new Order({ id, customer, employee: employees[id - 1]! });
    order.lines = products.map((product, at) => new Line({ orderId: id, number: at + 1, amount: at, product }));
    session.addAll([order, new Return({ id, orderId: id, lineNumber: 1 })]);
  }
  session.addAll([...territories, ...employees, ...categories]);
  await session.commit();
}

async function opened(database: TestDatabase, size: number) {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(CATALOGUE));
  const Session = sessionFactory(engine, { models: CATALOGUE });
  {
    await using session = Session();
    await seed(session, size);
  }
  const statements = recordStatements(engine);
  statements.take();
  return { Session, selects: () => statements.take().filter((text) => /^\s*(?:select|with)/i.test(text)).length };
}

describe.for(DATABASES)('a catalogue on $name', (database) => {
  test.for([2, 7])('is read deeply in at most one statement a level, with %i rows of each', async (size) => {
    const { Session, selects } = await opened(database, size);
    await using session = Session();
    const orders = await session
      .find(Order)
      .strategy('selectin')
      .with('customer.profile', 'employee.chief', {
        lines: (line) => line.where('amount', '>', 0).with('product.supplier', 'product.productTags.tag', 'returns'),
      })
      .orderBy('id');
    // Eleven levels; the chief has come with the employees.
    expect(selects()).toBe(10);
    const facts = orders.flatMap((order) =>
      order.lines.map(({ amount, product }) => [
        order.customer.name,
        order.customer.profile?.language,
        order.employee?.chief?.name ?? null,
        amount,
        product.supplier.name,
        product.productTags.map(({ tag }) => tag.word).join(),
      ]),
    );
    const sql = session.sql
      .selectFrom('lines')
      .innerJoin('orders', 'orders.id', 'lines.orderId')
      .innerJoin('customers', 'customers.id', 'orders.customerId')
      .innerJoin('employees', 'employees.id', 'orders.employeeId')
      .leftJoin('employees as chiefs', 'chiefs.id', 'employees.chiefId')
      .select(['customers.name as customer', 'chiefs.name as chief', 'lines.amount'])
      .where('lines.amount', '>', 0)
      .orderBy('orders.id')
      .orderBy('lines.number');
    const rows = await sql.execute();
    expect(facts).toEqual(rows.map(({ customer, chief, amount }) => [customer, 'en', chief, amount, 's', 'new,cheap']));
  });

  test('gives the same graph by every strategy', async () => {
    const { Session, selects } = await opened(database, 4);
    const graphs = [];
    for (const strategy of ['selectin', 'joined', 'json'] as const) {
      await using session = Session();
      const customers = await session
        .find(Customer)
        .strategy(strategy)
        .with('profile', 'orders.lines.product.category', 'orders.employee.territories.region')
        .orderBy('id');
      graphs.push([JSON.parse(JSON.stringify(customers)), selects()]);
    }
    const [selectin, joined, json] = graphs;
    expect([joined?.[0], json?.[0]]).toEqual([selectin?.[0], selectin?.[0]]);
    expect([selectin?.[1], joined?.[1], json?.[1]]).toEqual([9, 1, 1]);
  });

  test('walks, asks and narrows in one statement each', async () => {
    const { Session, selects } = await opened(database, 4);
    await using session = Session();
    const supplier = await session.getOne(Supplier, 1, { with: ['products'] });
    expect([supplier.products.get('p3')?.price, selects()]).toEqual([3, 2]);
    const found = await session
      .find(Product)
      .columns('code')
      .any('productTags', (tagged) => tagged.where('tag.word', '=', 'new'))
      .where('category.parent.name', '=', 'c1')
      .orderBy('code', 'desc');
    expect([found.map(({ code }) => code), selects()]).toEqual([['p4', 'p3', 'p2'], 1]);
    const root = await session.getOne(Category, 1, { with: [{ children: (child) => child.recursive() }] });
    expect([root.children.map(({ id }) => id), selects()]).toEqual([[2, 3, 4], 2]);
    const chief = await session.getOne(Employee, 1);
    let names = '';
    for (const report of await chief.reports) for (const territory of await report.territories) names += territory.name;
    expect([names, selects()]).toEqual(['t2t3t4', 3]);
  });
});
