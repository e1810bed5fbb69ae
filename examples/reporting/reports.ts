import type { Session } from 'hermetic';
import { sql } from 'kysely';

import type { models, Parameters, ResultRow } from './models.ts';
import { Customer, Order } from './models.ts';
import type { ParameterRules } from './parameters.ts';
import { RequestError } from './request-error.ts';

export type ReportingSession = Session<typeof models>;

/** A kind of report. */
export interface Report {
  readonly kind: string;
  readonly description: string;
  readonly parameters: ParameterRules;
  /** Valid parameters. */
  readonly example: Parameters;
  /** The columns to draw: names along the axis, heights of the bars. */
  readonly chart: { readonly label: string; readonly value: string };
  /** The result, some rows at a time. */
  rows(session: ReportingSession, parameters: Parameters): AsyncIterable<ResultRow[]>;
}

const ORDERS_PER_PAGE = 250;
const KNOWN_DAYS = 'there are orders from 2024-01-01 to 2025-12-31';
const FROM = { type: 'string', format: 'date', description: `first day; ${KNOWN_DAYS}` } as const;
const TO = { type: 'string', format: 'date', description: 'last day' } as const;

const revenueByMonth: Report = {
  kind: 'revenue-by-month',
  description: 'Orders, order lines and revenue of each month of a year.',
  parameters: { year: { type: 'integer', minimum: 2000, maximum: 2100, description: '2024 and 2025 have orders' } },
  example: { year: 2025 },
  chart: { label: 'month', value: 'revenue' },
  async *rows(session, { year }) {
    const month = sql<string>`substr(cast(${sql.ref('orders.placedOn')} as text), 1, 7)`;
    const found = await orderLines(session)
      .select(({ fn }) => [
        month.as('month'),
        fn.count('orders.id').distinct().as('orders'),
        fn.countAll().as('lines'),
        fn.sum('lines.amountCents').as('cents'),
      ])
      .where('orders.placedOn', '>=', `${year}-01-01`)
      .where('orders.placedOn', '<=', `${year}-12-31`)
      .groupBy(month)
      .orderBy(month)
      .execute();
    yield found.map((row) => ({
      month: row.month,
      orders: Number(row.orders),
      lines: Number(row.lines),
      revenue: money(row.cents),
    }));
  },
};

const revenueByCountry: Report = {
  kind: 'revenue-by-country',
  description: 'Revenue of each country, over a range of days.',
  parameters: { from: FROM, to: TO },
  example: { from: '2025-01-01', to: '2025-12-31' },
  chart: { label: 'country', value: 'revenue' },
  async *rows(session, { from, to }) {
    const found = await orderLines(session)
      .innerJoin('reporting_customers as customers', 'customers.id', 'orders.customerId')
      .select(({ fn }) => [
        'customers.country',
        fn.count('orders.id').distinct().as('orders'),
        fn.sum('lines.amountCents').as('cents'),
      ])
      .where('orders.placedOn', '>=', String(from))
      .where('orders.placedOn', '<=', String(to))
      .groupBy('customers.country')
      .orderBy('customers.country')
      .execute();
    yield found.map((row) => ({ country: row.country, orders: Number(row.orders), revenue: money(row.cents) }));
  },
};

const topCustomers: Report = {
  kind: 'top-customers',
  description: 'The customers who bought most, over all years.',
  parameters: { limit: { type: 'integer', minimum: 1, maximum: 100, description: 'how many customers' } },
  example: { limit: 10 },
  chart: { label: 'customer', value: 'revenue' },
  async *rows(session, { limit }) {
    const found = await orderLines(session)
      .innerJoin('reporting_customers as customers', 'customers.id', 'orders.customerId')
      .select(({ fn }) => [
        'customers.id',
        'customers.name',
        'customers.country',
        fn.sum('lines.amountCents').as('cents'),
      ])
      .groupBy(['customers.id', 'customers.name', 'customers.country'])
      .orderBy('cents', 'desc')
      .orderBy('customers.id')
      .limit(Number(limit))
      .execute();
    yield found.map(({ id, name, country, cents }) => ({
      customer: `${name} (${id})`,
      country,
      revenue: money(cents),
    }));
  },
};

const orderLinesReport: Report = {
  kind: 'order-lines',
  description: 'Every order line of a range of days, for the stream: a month has about 4,000.',
  parameters: { from: FROM, to: TO },
  example: { from: '2025-01-01', to: '2025-03-31' },
  chart: { label: 'line', value: 'amount' },
  async *rows(session, { from, to }) {
    for (let after = 0; ;) {
      const orders = await session
        .find(Order)
        .where('placedOn', '>=', String(from))
        .where('placedOn', '<=', String(to))
        .where('id', '>', after)
        .orderBy('id')
        .limit(ORDERS_PER_PAGE)
        .with('customer', 'lines.product');
      yield orders.flatMap((order) =>
        order.lines.map(({ id, product, quantity, amountCents }) => ({
          line: id,
          order: order.id,
          placedOn: order.placedOn,
          customer: order.customer.name,
          product: product.name,
          quantity,
          amount: amountCents / 100,
        })),
      );
      const last = orders.at(-1);
      if (last === undefined || orders.length < ORDERS_PER_PAGE) return;
      after = last.id;
    }
  },
};

const customerStatement: Report = {
  kind: 'customer-statement',
  description: 'The orders of one customer. Fails when there is no such customer.',
  parameters: { customerId: { type: 'integer', minimum: 1, maximum: 2_147_483_647, description: '1 to 400 exist' } },
  example: { customerId: 7 },
  chart: { label: 'placedOn', value: 'amount' },
  async *rows(session, { customerId }) {
    const customer = await session.get(Customer, Number(customerId), { with: ['orders.lines'] });
    if (customer === null) throw RequestError.notFound(`There is no customer ${customerId}.`);
    const orders = customer.orders.toSorted((a, b) => a.placedOn.localeCompare(b.placedOn) || a.id - b.id);
    yield orders.map(({ id, placedOn, lines }) => ({
      order: id,
      placedOn,
      lines: lines.length,
      amount: lines.reduce((sum, { amountCents }) => sum + amountCents, 0) / 100,
    }));
  },
};

const REPORTS: readonly Report[] = [
  revenueByMonth,
  revenueByCountry,
  topCustomers,
  orderLinesReport,
  customerStatement,
];

export const reports: ReadonlyMap<string, Report> = new Map(REPORTS.map((report) => [report.kind, report]));

function orderLines(session: ReportingSession) {
  return session.sql
    .selectFrom('reporting_orders as orders')
    .innerJoin('reporting_order_lines as lines', 'lines.orderId', 'orders.id');
}

/** A sum of cents, which some databases give as text. */
function money(cents: unknown): number {
  return Number(cents) / 100;
}
