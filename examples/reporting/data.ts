import type { SessionFactory } from 'hermetic';

import type { models } from './models.ts';
import { Customer, Order, OrderLine, Product } from './models.ts';

/** Orders have 1 to 7 lines in turn, so that 25,200 of them have 100,800. */
export const ORDER_COUNT = 25_200;

const CUSTOMER_COUNT = 400;
const PRODUCT_COUNT = 120;
const ORDERS_PER_COMMIT = 2_100;
const FIRST_DAY = Date.UTC(2024, 0, 1);
/** 2024 and 2025. */
const DAYS = 731;
const DAY_MS = 86_400_000;

const COUNTRIES = ['Austria', 'Brazil', 'Canada', 'Denmark', 'Estonia', 'France', 'Ghana', 'Hungary', 'India', 'Japan'];
const CATEGORIES = ['Glass', 'Heat', 'Metals', 'Salts', 'Scales', 'Vessels'];
const FIRST_NAMES = ['Ada', 'Bo', 'Cleo', 'Dora', 'Emil', 'Femi', 'Gita', 'Hana', 'Ivo', 'Jun'];
const LAST_NAMES = ['Agricola', 'Boyle', 'Crane', 'Dee', 'Elias', 'Flamel', 'Geber', 'Hermes'];

/** Numbers that look random and are the same every time. */
class Sequence {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 on, below `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** What orders are made of. */
interface Stock {
  readonly customers: readonly Customer[];
  readonly products: readonly Product[];
}

/**
 * Fills empty tables: always with the same rows.
 *
 * @param orders - how many; they have four lines on average.
 * @param onProgress - called after each commit with the number of order lines so far.
 */
export async function generateData(
  Session: SessionFactory<typeof models>,
  orders: number,
  onProgress: (lines: number) => void,
): Promise<void> {
  const sequence = new Sequence(1_611);
  const stock: Stock = { customers: newCustomers(sequence), products: newProducts(sequence) };
  await Session.begin((session) => session.addAll([...stock.customers, ...stock.products]));
  let lines = 0;
  for (let written = 0; written < orders; written += ORDERS_PER_COMMIT) {
    const count = Math.min(ORDERS_PER_COMMIT, orders - written);
    const batch = Array.from({ length: count }, (_, at) => newOrder(sequence, stock, written + at));
    // A session for each batch keeps memory flat.
    await Session.begin((session) => session.addAll(batch));
    for (let at = written; at < written + count; at++) lines += lineCount(at);
    onProgress(lines);
  }
}

function newCustomers(sequence: Sequence): Customer[] {
  return Array.from({ length: CUSTOMER_COUNT }, () => {
    const name = `${sequence.pick(FIRST_NAMES)} ${sequence.pick(LAST_NAMES)}`;
    return new Customer({ name, country: sequence.pick(COUNTRIES) });
  });
}

function newProducts(sequence: Sequence): Product[] {
  return Array.from({ length: PRODUCT_COUNT }, (_, at) => {
    const category = CATEGORIES[at % CATEGORIES.length] as string;
    return new Product({ name: `${category} no. ${at + 1}`, category, priceCents: 150 + sequence.below(20_000) });
  });
}

function newOrder(sequence: Sequence, { customers, products }: Stock, at: number): Order {
  const placedOn = new Date(FIRST_DAY + sequence.below(DAYS) * DAY_MS).toISOString().slice(0, 10);
  const lines = Array.from({ length: lineCount(at) }, () => {
    const product = sequence.pick(products);
    const quantity = 1 + sequence.below(5);
    return new OrderLine({ productId: product.id, quantity, amountCents: quantity * product.priceCents });
  });
  return new Order({ customerId: sequence.pick(customers).id, placedOn, lines });
}

function lineCount(at: number): number {
  return 1 + (at % 7);
}
