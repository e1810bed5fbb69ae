import { createEngine, many, Model, one, sessionFactory, t } from 'hermetic';
import type { Engine, LoadStrategy, Query } from 'hermetic';

// How long each strategy takes for some shapes of graphs, as a ratio to select-in. Interleaved rounds, medians.
// npm run bench:loading [-- rounds]; HERMETIC_POSTGRES_URL adds PostgreSQL, in a schema of its own.

class Customer extends Model('customers', {
  id: t.integer().primaryKey(),
  name: t.text(),
  city: t.text(),
  get orders() {
    return many(() => Order, 'customerId');
  },
}) {}

class Order extends Model('orders', {
  id: t.integer().primaryKey(),
  placedAt: t.timestamp(),
  note: t.text(),
  customerId: t.integer(),
  get customer() {
    return one(() => Customer, 'customerId');
  },
  get lines() {
    return many(() => Line, 'orderId');
  },
}) {}

class Line extends Model('lines', {
  id: t.integer().primaryKey(),
  amount: t.integer(),
  price: t.numeric({ precision: 10, scale: 2 }),
  orderId: t.integer(),
  productId: t.integer(),
  get order() {
    return one(() => Order, 'orderId');
  },
  get product() {
    return one(() => Product, 'productId');
  },
}) {}

class Product extends Model('products', {
  id: t.integer().primaryKey(),
  name: t.text(),
  makerId: t.integer(),
  get maker() {
    return one(() => Maker, 'makerId');
  },
}) {}

class Maker extends Model('makers', { id: t.integer().primaryKey(), name: t.text() }) {}

const MODELS = { Customer, Order, Line, Product, Maker };
const STRATEGIES: readonly LoadStrategy[] = ['selectin', 'joined', 'json'];

type Shape = (orders: Query<typeof Order>) => PromiseLike<unknown>;

const SHAPES: Readonly<Record<string, Shape>> = {
  '1 order, customer': (orders) => orders.where('id', '=', 7).with('customer'),
  '1 order, lines, product, maker': (orders) => orders.where('id', '=', 7).with('customer', 'lines.product.maker'),
  '100 orders, customer': (orders) => orders.limit(100).with('customer'),
  '100 orders, lines': (orders) => orders.limit(100).with('lines'),
  '100 orders, lines, product, maker': (orders) => orders.limit(100).with('customer', 'lines.product.maker'),
  '2000 orders, customer': (orders) => orders.limit(2_000).with('customer'),
  '2000 orders, lines, product, maker': (orders) => orders.limit(2_000).with('lines.product.maker'),
};

const rounds = Number(process.argv[2] ?? 15);
await measureOn('sqlite::memory:');
const server = process.env['HERMETIC_POSTGRES_URL'];
if (server !== undefined) await onPostgres(server);

/** In a schema of its own. */
async function onPostgres(url: string): Promise<void> {
  await using admin = createEngine(url);
  await admin.execute('create schema bench_loading');
  try {
    const own = new URL(url);
    own.searchParams.set('options', '-c search_path=bench_loading');
    await measureOn(own.href);
  } finally {
    await admin.execute('drop schema bench_loading cascade');
  }
}

async function measureOn(url: string): Promise<void> {
  await using engine = createEngine(url);
  await engine.createAll(Object.values(MODELS));
  try {
    await seed(engine);
    const Session = sessionFactory(engine, { models: MODELS });
    const run = async (shape: Shape, strategy: LoadStrategy): Promise<void> => {
      await using session = Session();
      await shape(session.find(Order).orderBy('id').strategy(strategy));
    };
    process.stdout.write(`${new URL(url).protocol} time of ${STRATEGIES.join(', ')}, where selectin is 1\n`);
    for (const [name, shape] of Object.entries(SHAPES)) {
      const [base = 1, ...others] = await times(run, shape);
      process.stdout.write(`  ${name.padEnd(36)}${[1, ...others.map((time) => time / base)].map(ratio).join('')}\n`);
    }
  } finally {
    await engine.dropAll(Object.values(MODELS));
  }
}

async function times(run: (shape: Shape, strategy: LoadStrategy) => Promise<void>, shape: Shape): Promise<number[]> {
  const samples = STRATEGIES.map((): number[] => []);
  for (let round = -5; round < rounds; round++) {
    for (const [at, strategy] of STRATEGIES.entries()) {
      const start = process.hrtime.bigint();
      for (let repeat = 0; repeat < 5; repeat++) await run(shape, strategy);
      if (round >= 0) samples[at]?.push(Number(process.hrtime.bigint() - start));
    }
  }
  return samples.map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? 1);
}

function ratio(value: number): string {
  return value.toFixed(2).padStart(8);
}

async function seed(engine: Engine): Promise<void> {
  const Session = sessionFactory(engine, { models: MODELS });
  const some = <T>(count: number, make: (id: number) => T): T[] => Array.from({ length: count }, (_, id) => make(id));
  await Session.begin((session) => {
    session.addAll(some(20, (id) => new Maker({ id, name: `maker ${id}` })));
    session.addAll(some(300, (id) => new Product({ id, name: `product ${id}`, makerId: id % 20 })));
    session.addAll(some(500, (id) => new Customer({ id, name: `customer ${id}`, city: `city ${id % 40}` })));
    const placedAt = new Date(0);
    session.addAll(some(2_000, (id) => new Order({ id, placedAt, note: `note ${id}`, customerId: id % 500 })));
    session.addAll(
      some(10_000, (id) => new Line({ id, amount: id % 9, price: '9.99', orderId: id % 2_000, productId: id % 300 })),
    );
  });
  await engine.execute('create index lines_order on lines (order_id)');
  await engine.execute('analyze');
}
