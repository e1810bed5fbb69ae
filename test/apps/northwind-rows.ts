import type { Session } from '../../src/index.ts';
import {
  Category,
  Customer,
  Employee,
  Order,
  OrderLine,
  Product,
  Region,
  Review,
  Shipper,
  Supplier,
  Territory,
} from './northwind-models.ts';
import type { NORTHWIND } from './northwind-models.ts';
import { times } from './open-app.ts';

const CITIES = ['Berlin', 'London', 'Nantes', 'Turin'];
const day = (at: number): string => `2026-0${1 + (at % 9)}-1${at % 10}`;

export const customerId = (at: number): string => `C${String(at).padStart(3, '0')}`;

/** About 90 rows for each `size`. */
export async function fillNorthwind(session: Session<typeof NORTHWIND>, size: number): Promise<void> {
  await fillStaff(session, size);
  await fillGoods(session, size);
  await fillTrade(session, size);
}

async function fillStaff(session: Session<typeof NORTHWIND>, size: number): Promise<void> {
  const regions = times(3, (id) => new Region({ id, name: `region ${id}` }));
  const territories = times(6 * size, (at) => {
    const region = regions[at % 3]!;
    return new Territory({ code: `T${String(at).padStart(3, '0')}`, name: `territory ${at}`, region });
  });
  const employees = times(5 * size, (id) => {
    const bossId = id === 1 ? null : Math.floor(id / 2);
    const own = territories.filter((_, at) => at % (5 * size) === id - 1 || at === id);
    return new Employee({ id, name: `employee ${id}`, hiredOn: day(id), bossId, territories: own });
  });
  session.addAll([...territories, ...employees]);
  await session.insertMany(
    Shipper,
    times(3, (id) => ({ id, name: `shipper ${id}` })),
  );
}

async function fillGoods(session: Session<typeof NORTHWIND>, size: number): Promise<void> {
  await session.insertMany(
    Supplier,
    times(3 * size, (id) => ({
      id,
      name: `supplier ${id}`,
      office: id % 2 === 0 ? null : { city: CITIES[id % 4]!, country: id % 3 === 0 ? null : 'EU' },
    })),
  );
  await session.insertMany(
    Category,
    times(7 * size, (id) => ({ id, name: `category ${1000 - id}`, parentId: id === 1 ? null : Math.floor(id / 2) })),
  );
  await session.insertMany(
    Product,
    times(12 * size, (id) => ({
      id,
      name: `product ${id}`,
      price: `${id}.50`,
      inStock: (id * 7) % 20,
      discontinued: id % 5 === 0,
      supplierId: 1 + (id % (3 * size)),
      categoryId: 1 + (id % (7 * size)),
    })),
  );
}

async function fillTrade(session: Session<typeof NORTHWIND>, size: number): Promise<void> {
  const customers = times(5 * size, (at) => ({
    id: customerId(at),
    name: `customer ${at}`,
    address: { city: CITIES[at % 4]!, country: at % 2 === 0 ? 'EU' : null },
  }));
  await session.insertMany(Customer, customers);
  const orders = times(15 * size, (id) => ({
    id,
    placedOn: day(id * 3),
    shippedAt: id % 4 === 0 ? null : new Date(Date.UTC(2026, id % 12, 3, id % 24)),
    freight: `${id}.25`,
    customerId: customerId(1 + (id % (4 * size))),
    employeeId: 1 + (id % (5 * size)),
    shipperId: id % 5 === 0 ? null : 1 + (id % 3),
  }));
  await session.insertMany(Order, orders);
  const lines = orders.flatMap(({ id }) =>
    times(3, (at) => ({
      orderId: id,
      productId: 1 + ((id + at * 4) % (12 * size)),
      quantity: (id * at) % 11,
      discount: at / 8,
    })),
  );
  await session.insertMany(OrderLine, lines);
  const reviews = times(10 * size, (at) => ({
    stars: 1 + (at % 5),
    tags: { verified: at % 2 === 0, words: [`word ${at}`] },
    writtenAt: new Date(Date.UTC(2026, 0, at)),
    productId: 1 + (at % (6 * size)),
    customerId: customerId(1 + (at % (5 * size))),
  }));
  await session.insertMany(Review, reviews);
}
