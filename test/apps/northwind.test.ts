import { describe, expect, test } from 'vitest';

import { DATABASES } from '../support/databases.ts';
import {
  Category,
  Customer,
  Employee,
  NORTHWIND,
  Order,
  OrderLine,
  Product,
  Region,
  Shipper,
  Supplier,
} from './northwind-models.ts';
import { customerId, fillNorthwind } from './northwind-rows.ts';
import { expectRows, openApp, times } from './open-app.ts';

const APP = { models: NORTHWIND, fill: fillNorthwind };

const DEEP_LINES = `
  select o.id as "order", c.name as customer, c.address_country as country, e.name as employee, b.name as boss, s.name as shipper,
    l.quantity, p.name as product, cast(p.price as text) as price, u.name as supplier, u.office_city as office, g.name as category,
    h.name as parent
  from order_lines l join orders o on o.id = l.order_id join customers c on c.id = o.customer_id
    join employees e on e.id = o.employee_id left join employees b on b.id = e.boss_id left join shippers s on s.id = o.shipper_id
    join products p on p.id = l.product_id join suppliers u on u.id = p.supplier_id
    join categories g on g.id = p.category_id left join categories h on h.id = g.parent_id
  where l.quantity > 3 order by o.id, l.product_id desc`;

describe.for(DATABASES)('Northwind on $name', (database) => {
  test.for([1, 10])(
    'gives orders ten levels wide by every strategy in the same statements, at %i times the rows',
    async (size) => {
      const { Session, selects } = await openApp(database, APP, size);
      const counts = [];
      for (const strategy of ['selectin', 'joined', 'json'] as const) {
        await using session = Session();
        const orders = await session
          .find(Order)
          .strategy(strategy)
          .with('customer', 'employee.boss', 'shipper', {
            lines: (line) =>
              line
                .where('quantity', '>', 3)
                .orderBy('productId', 'desc')
                .with('product.supplier', 'product.category.parent'),
          })
          .orderBy('id');
        counts.push(selects());
        const given = orders.flatMap((order) =>
          order.lines.map(({ quantity, product }) => ({
            order: order.id,
            customer: order.customer.name,
            country: order.customer.address.country,
            employee: order.employee.name,
            boss: order.employee.boss?.name ?? null,
            shipper: order.shipper?.name ?? null,
            quantity,
            product: product.name,
            price: product.price,
            supplier: product.supplier.name,
            office: product.supplier.office?.city ?? null,
            category: product.category.name,
            parent: product.category.parent?.name ?? null,
          })),
        );
        expect(selects()).toBe(0);
        await expectRows(session, given, DEEP_LINES);
        selects();
      }
      // Ten levels; employees are each other's bosses, and categories each other's parents.
      expect(counts).toEqual([8, 1, 1]);
    },
  );

  test.for([1, 10])(
    'limits, orders and narrows the members of each object in SQL, at %i times the rows',
    async (size) => {
      const { Session, selects } = await openApp(database, APP, size);
      for (const strategy of ['selectin', 'joined', 'json'] as const) {
        await using session = Session();
        const customers = await session
          .find(Customer)
          .strategy(strategy)
          .with({
            orders: (order) =>
              order
                .any('lines', (line) => line.where('product.category.parent.name', '!=', 'category 999'))
                .orderBy('placedOn', 'desc')
                .limit(2)
                .offset(1)
                .with({ lines: (line) => line.orderBy('quantity', 'desc').limit(1).with('product') }),
          })
          .orderBy('id');
        expect(selects()).toBe(strategy === 'selectin' ? 4 : 1);
        const given = customers.flatMap(({ name, orders }) =>
          orders.map(({ id, placedOn, lines }) => ({ name, id, day: placedOn, best: lines[0]?.product.name })),
        );
        await expectRows(
          session,
          given,
          `select name, id, day, best from (
           select c.id as customer, c.name, o.id, cast(o.placed_on as text) as day,
             (select p.name from order_lines l join products p on p.id = l.product_id where l.order_id = o.id
              order by l.quantity desc, l.product_id limit 1) as best
           from customers c join (
             select *, row_number() over (partition by customer_id order by placed_on desc, id) as place from orders
             where exists (
               select 1 from order_lines l join products p on p.id = l.product_id join categories g on g.id = p.category_id
                 join categories h on h.id = g.parent_id
               where l.order_id = orders.id and h.name <> 'category 999')
           ) o on o.customer_id = c.id and o.place in (2, 3)
         ) as found order by customer, day desc, id`,
        );
        selects();
      }
    },
  );

  test('keeps the rows that have related rows', async () => {
    const { Session, selects } = await openApp(database, APP, 3);
    await using session = Session();
    const noisy = session
      .find(Customer)
      .any('orders.lines', (line) =>
        line
          .where('discount', '>', 0.3)
          .has('product', (product) => product.where('supplier.office.country', '=', 'EU').where('available', '>', 5)),
      );
    const rest = session
      .find(Customer)
      .hasNone('orders', (order) => order.where('shipper.name', '=', 'shipper 2'))
      .where((eb, it) =>
        eb.or([
          eb(it.path('address.city'), '=', 'Berlin'),
          it.any('reviews', (review) => review.where('stars', '>=', 4)),
        ]),
      );
    const given = [
      (await noisy.orderBy('id')).map(({ id }) => ({ id })),
      (await rest.orderBy('id')).map(({ id }) => ({ id })),
    ];
    expect(selects()).toBe(2);
    expect([await noisy.count(), await rest.count()]).toEqual(given.map(({ length }) => length));
    await expectRows(
      session,
      given[0]!,
      `select distinct o.customer_id as id from orders o join order_lines l on l.order_id = o.id join products p on p.id = l.product_id
         join suppliers s on s.id = p.supplier_id
       where l.discount > 0.3 and s.office_country = 'EU' and p.in_stock + p.on_order > 5 order by 1`,
    );
    await expectRows(
      session,
      given[1]!,
      `select id from customers c where id not in (select customer_id from orders where shipper_id = 2)
         and (address_city = 'Berlin' or id in (select customer_id from reviews where stars >= 4)) order by id`,
    );
  });

  test('pages to the end and back, one statement a level for each page', async () => {
    const { Session, selects } = await openApp(database, APP, 2);
    await using session = Session();
    const orders = session
      .find(Order)
      .orderBy('customer.address.city')
      .orderBy('placedOn', 'desc')
      .with({ lines: (line) => line.orderBy('quantity').limit(1) });
    const forth: { id: number; least: number | undefined }[] = [];
    let page = await orders.page({ size: 7 });
    const take = () => forth.push(...page.items.map(({ id, lines }) => ({ id, least: lines[0]?.quantity })));
    take();
    for (; page.hasNext; take()) {
      page = await orders.page({ size: 7, after: page.next });
    }
    expect(selects()).toBe(2 * 5);
    const back = page.items.map(({ id }) => id);
    while (page.hasPrevious) {
      page = await orders.page({ size: 7, before: page.previous });
      back.unshift(...page.items.map(({ id }) => id));
    }
    expect(back).toEqual(forth.map(({ id }) => id));
    await expectRows(
      session,
      forth,
      `select o.id, (select min(quantity) from order_lines l where l.order_id = o.id) as least from orders o
         join customers c on c.id = o.customer_id order by c.address_city, o.placed_on desc, o.id`,
    );
  });

  test('streams objects with their relationships, one statement a level for each batch', async () => {
    const { Session, selects } = await openApp(database, APP, 4);
    await using session = Session();
    const given = [];
    for await (const { id, employee, products } of session
      .find(Order)
      .with('employee.territories', 'products')
      .orderBy('id')
      .stream({ batch: 25 })) {
      const codes = employee.territories.map(({ code }) => code);
      given.push({ id, territories: codes.length, products: products.reduce((sum, product) => sum + product.id, 0) });
    }
    // Three batches; the first has met all employees.
    expect(selects()).toBe(3 * 2 + 2);
    await expectRows(
      session,
      given,
      `select id, (select cast(count(*) as integer) from employee_territories t where t.employee_id = o.employee_id) as territories,
         (select cast(sum(product_id) as integer) from order_lines where order_id = o.id) as products
       from orders o order by id`,
    );
  });

  test('follows trees down and up in one statement each', async () => {
    const { Session, selects } = await openApp(database, APP, 5);
    await using session = Session();
    const root = await session
      .find(Category)
      .where('parentId', '=', null)
      .with({ children: (child) => child.where('id', '!=', 5).recursive().with('products') })
      .one();
    expect(selects()).toBe(3);
    const walk = (node: Category): { name: string; products: number }[] =>
      (node.children as Category[]).flatMap((child) => [
        { name: child.name, products: (child.products as Product[]).length },
        ...walk(child),
      ]);
    const given = walk(root).toSorted((one, other) => one.name.localeCompare(other.name));
    expect(selects()).toBe(0);
    await expectRows(
      session,
      given,
      `with recursive tree as (
         select * from categories where parent_id = 1 and id <> 5
         union all select c.* from categories c join tree on tree.id = c.parent_id where c.id <> 5)
       select name, (select cast(count(*) as integer) from products p where p.category_id = tree.id) as products
       from tree order by name`,
    );
    selects();
    const clerk = await session.getOne(Employee, 25, { with: [{ boss: (boss) => boss.recursive({ depth: 3 }) }] });
    expect([clerk.boss?.name, selects()]).toEqual(['employee 12', 2]);
    const third = await (await clerk.boss!.boss)!.boss;
    expect([third?.name, selects()]).toEqual(['employee 3', 0]);
  });

  test('adds up what is no object through session.sql', async () => {
    const { Session, selects } = await openApp(database, APP, 2);
    await using session = Session();
    const given = await session.sql
      .selectFrom('order_lines')
      .innerJoin('orders', 'orders.id', 'order_lines.orderId')
      .innerJoin('products', 'products.id', 'order_lines.productId')
      .innerJoin('categories', 'categories.id', 'products.categoryId')
      .groupBy('categories.name')
      .select(({ fn, cast }) => [
        'categories.name as category',
        cast<number>(fn.sum('order_lines.quantity'), 'integer').as('sold'),
        cast<number>(fn.count('orders.id').distinct(), 'integer').as('orders'),
      ])
      .orderBy('categories.name')
      .execute();
    expect(selects()).toBe(1);
    await expectRows(
      session,
      given,
      `select g.name as category, cast(sum(l.quantity) as integer) as sold, cast(count(distinct l.order_id) as integer) as orders
       from order_lines l join products p on p.id = l.product_id join categories g on g.id = p.category_id group by 1 order by 1`,
    );
  });

  test('reads pairs, maps, write-only collections and awaited loops in a statement each', async () => {
    const { Session, selects } = await openApp(database, APP, 2);
    await using session = Session();
    const regions = await session.find(Region).with('territories.employees').orderBy('id');
    expect(selects()).toBe(3);
    await expectRows(
      session,
      regions.flatMap(({ name, territories }) =>
        territories.flatMap(({ code, employees }) => employees.map(({ id }) => ({ name, code, id }))),
      ),
      `select r.name, t.code, e.employee_id as id from regions r join territories t on t.region_id = r.id
         join employee_territories e on e.territory_code = t.code order by r.id, t.code desc, e.employee_id`,
    );
    selects();
    const supplier = await session.getOne(Supplier, 1, { with: ['products'] });
    expect([supplier.products.get('product 6')?.price, supplier.office?.city, selects()]).toEqual([
      '6.50',
      'London',
      2,
    ]);
    const shipper = await session.getOne(Shipper, 1);
    const late = await shipper.orders.query().where('shippedAt', '=', null).with('customer').orderBy('id');
    expect(selects()).toBe(3);
    await expectRows(
      session,
      late.map(({ id, customer }) => ({ id, name: customer.name })),
      `select o.id, c.name from orders o join customers c on c.id = o.customer_id
       where shipper_id = 1 and shipped_at is null order by o.id`,
    );
    selects();
    const words = [];
    for (const product of await session.find(Product).orderBy('id')) {
      for (const { tags, writtenAt } of await product.reviews)
        words.push({ word: tags.words[0], day: writtenAt.getUTCDate() });
    }
    expect(selects()).toBe(2);
    const reviews = times(20, (at) => ({ product: 1 + (at % 12), at })).toSorted(
      (one, other) => one.product - other.product || other.at - one.at,
    );
    expect(words).toEqual(reviews.map(({ at }) => ({ word: `word ${at}`, day: at })));
    expect(await session.find(OrderLine).where('order.customerId', '=', customerId(2)).count()).toBe(12);
  });
});
