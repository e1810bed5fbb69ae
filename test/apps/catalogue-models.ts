import { many, Model, one, t, via } from '../../src/index.ts';

export class Region extends Model('regions', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get territories() {
    return many(() => Territory, 'regionId', { orderBy: 'name' });
  },
}) {}

export class Territory extends Model('territories', {
  id: t.integer().primaryKey(),
  name: t.text(),
  regionId: t.integer(),
  get region() {
    return one(() => Region, 'regionId');
  },
  get employees() {
    return many(() => Employee, { through: 'employee_territories', orderBy: 'id' });
  },
}) {}

export class Employee extends Model('employees', {
  id: t.integer().primaryKey(),
  name: t.text(),
  chiefId: t.integer().nullable(),
  get chief() {
    return one(() => Employee, 'chiefId');
  },
  get reports() {
    return many(() => Employee, 'chiefId', { orderBy: 'id' });
  },
  get territories() {
    return many(() => Territory, { through: 'employee_territories', orderBy: 'id' });
  },
  get orders() {
    return many(() => Order, 'employeeId');
  },
}) {
  get initials(): string {
    return this.name.slice(0, 1);
  }
}

export class Customer extends Model('customers', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get orders() {
    return many(() => Order, 'customerId', { orderBy: 'id', cascade: 'all, delete-orphan' });
  },
  get profile() {
    return one(() => Profile, { foreignKey: 'customerId' });
  },
}) {}

export class Profile extends Model('profiles', {
  id: t.integer().primaryKey(),
  language: t.enum('en', 'fr').default('en'),
  customerId: t.integer().unique(),
  get customer() {
    return one(() => Customer, 'customerId');
  },
}) {}

export class Supplier extends Model('suppliers', {
  id: t.integer().primaryKey(),
  name: t.text(),
  get products() {
    return many(() => Product, 'supplierId', { keyedBy: 'code' });
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
    return many(() => Category, 'parentId', { orderBy: 'id' });
  },
}) {}

export class Product extends Model('products', {
  id: t.integer().primaryKey(),
  code: t.text(),
  price: t.integer(),
  supplierId: t.integer(),
  categoryId: t.integer().nullable(),
  get supplier() {
    return one(() => Supplier, 'supplierId');
  },
  get category() {
    return one(() => Category, 'categoryId');
  },
  get productTags() {
    return many(() => ProductTag, 'productId', { cascade: 'all, delete-orphan', orderBy: 'tagId' });
  },
  get tags() {
    return via('productTags', 'tag');
  },
}) {}

export class Tag extends Model('tags', { id: t.integer().primaryKey(), word: t.text() }) {}

export class ProductTag extends Model('product_tags', {
  productId: t.integer().primaryKey(),
  tagId: t.integer().primaryKey(),
  weight: t.integer().default(1),
  get product() {
    return one(() => Product, 'productId');
  },
  get tag() {
    return one(() => Tag, 'tagId');
  },
}) {}

export class Order extends Model('orders', {
  id: t.integer().primaryKey(),
  customerId: t.integer(),
  employeeId: t.integer().nullable(),
  get customer() {
    return one(() => Customer, 'customerId');
  },
  get employee() {
    return one(() => Employee, 'employeeId');
  },
  get lines() {
    return many(() => Line, 'orderId', { orderBy: 'number', cascade: 'all, delete-orphan' });
  },
}) {}

export class Line extends Model('lines', {
  orderId: t.integer().primaryKey(),
  number: t.integer().primaryKey(),
  amount: t.integer(),
  productId: t.integer(),
  get order() {
    return one(() => Order, 'orderId');
  },
  get product() {
    return one(() => Product, 'productId');
  },
  get returns() {
    return many(() => Return, ['orderId', 'lineNumber']);
  },
}) {}

export class Return extends Model('returns', {
  id: t.integer().primaryKey(),
  orderId: t.integer(),
  lineNumber: t.integer(),
  reason: t.text().nullable(),
  get line() {
    return one(() => Line, ['orderId', 'lineNumber']);
  },
}) {}

export const CATALOGUE = {
  Region,
  Territory,
  Employee,
  Customer,
  Profile,
  Supplier,
  Category,
  Product,
  Tag,
  ProductTag,
  Order,
  Line,
  Return,
};
