import { sql } from 'kysely';

import { embedded, hybrid, many, Model, one, t } from '../../src/index.ts';

export class Address {
  city = '';
  country: string | null = null;
}

const address = { city: t.text(), country: t.text().nullable() };

export class Region extends Model('regions', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get territories() {
    return many(() => Territory, 'regionId', { orderBy: '-code' });
  },
}) {}

export class Territory extends Model('territories', {
  code: t.text().primaryKey(),
  name: t.text(),
  regionId: t.integer(),
  get region() {
    return one(() => Region, 'regionId');
  },
  get employees() {
    return many(() => Employee, { through: 'employee_territories' });
  },
}) {}

export class Employee extends Model('employees', {
  id: t.integer().primaryKey(),
  name: t.text(),
  hiredOn: t.date(),
  bossId: t.integer().nullable(),
  get boss() {
    return one(() => Employee, 'bossId');
  },
  get reports() {
    return many(() => Employee, 'bossId');
  },
  get territories() {
    return many(() => Territory, { through: 'employee_territories', orderBy: 'name' });
  },
  get orders() {
    return many(() => Order, 'employeeId');
  },
}) {}

export class Customer extends Model('customers', {
  id: t.varchar(5).primaryKey(),
  name: t.text(),
  address: embedded(Address, address),
  get orders() {
    return many(() => Order, 'customerId', { orderBy: ['-placedOn', 'id'], cascade: 'all, delete-orphan' });
  },
  get reviews() {
    return many(() => Review, 'customerId', { lazy: 'raise' });
  },
}) {}

export class Shipper extends Model('shippers', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get orders() {
    return many(() => Order, 'shipperId', { lazy: 'writeonly' });
  },
}) {}

export class Supplier extends Model('suppliers', {
  id: t.integer().primaryKey(),
  name: t.text(),
  office: embedded(Address, address, { nullable: true }),
  get products() {
    return many(() => Product, 'supplierId', { keyedBy: 'name' });
  },
}) {}

export class Category extends Model('categories', {
  id: t.integer().primaryKey(),
  name: t.text(),
  parentId: t.integer().nullable(),
  get parent() {
    return one(() => Category, 'parentId');
  },
  get children() {
    return many(() => Category, 'parentId', { orderBy: 'name' });
  },
  get products() {
    return many(() => Product, 'categoryId');
  },
}) {}

export class Product extends Model('products', {
  id: t.integer().primaryKey(),
  name: t.text(),
  price: t.numeric(),
  inStock: t.integer(),
  onOrder: t.integer().default(0),
  discontinued: t.boolean().default(false),
  available: hybrid(
    (product: { inStock: number; onOrder: number }) => product.inStock + product.onOrder,
    (it) => sql`${it.inStock} + ${it.onOrder}`,
  ),
  supplierId: t.integer(),
  categoryId: t.integer(),
  get supplier() {
    return one(() => Supplier, 'supplierId');
  },
  get category() {
    return one(() => Category, 'categoryId');
  },
  get lines() {
    return many(() => OrderLine, 'productId');
  },
  get reviews() {
    return many(() => Review, 'productId', { orderBy: '-writtenAt' });
  },
}) {}

export class Order extends Model('orders', {
  id: t.integer().primaryKey(),
  placedOn: t.date(),
  shippedAt: t.timestamp().nullable(),
  freight: t.numeric(),
  customerId: t.varchar(5),
  employeeId: t.integer(),
  shipperId: t.integer().nullable(),
  get customer() {
    return one(() => Customer, 'customerId');
  },
  get employee() {
    return one(() => Employee, 'employeeId');
  },
  get shipper() {
    return one(() => Shipper, 'shipperId');
  },
  get lines() {
    return many(() => OrderLine, 'orderId', { cascade: 'all, delete-orphan' });
  },
  get products() {
    return many(() => Product, { through: () => OrderLine, viewonly: true });
  },
}) {}

export class OrderLine extends Model('order_lines', {
  orderId: t.integer().primaryKey(),
  productId: t.integer().primaryKey(),
  quantity: t.integer(),
  discount: t.double().default(0),
  get order() {
    return one(() => Order, 'orderId');
  },
  get product() {
    return one(() => Product, 'productId');
  },
}) {}

export class Review extends Model('reviews', {
  id: t.serial().primaryKey(),
  stars: t.integer(),
  tags: t.json<{ verified: boolean; words: string[] }>(),
  writtenAt: t.timestamp(),
  productId: t.integer(),
  customerId: t.varchar(5),
  get product() {
    return one(() => Product, 'productId');
  },
  get customer() {
    return one(() => Customer, 'customerId');
  },
}) {}

export const NORTHWIND = {
  Region,
  Territory,
  Employee,
  Customer,
  Shipper,
  Supplier,
  Category,
  Product,
  Order,
  OrderLine,
  Review,
};
