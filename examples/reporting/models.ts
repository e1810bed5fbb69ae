import { many, Model, one, t } from 'hermetic';

export class Customer extends Model('reporting_customers', {
  id: t.serial().primaryKey(),
  name: t.text(),
  country: t.text(),
  get orders() {
    return many(() => Order, 'customerId');
  },
}) {}

export class Product extends Model('reporting_products', {
  id: t.serial().primaryKey(),
  name: t.text(),
  category: t.text(),
  priceCents: t.integer(),
}) {}

export class Order extends Model(
  'reporting_orders',
  {
    id: t.serial().primaryKey(),
    customerId: t.integer(),
    placedOn: t.date(),
    get customer() {
      return one(() => Customer, 'customerId');
    },
    get lines() {
      return many(() => OrderLine, 'orderId', { cascade: 'all, delete-orphan' });
    },
  },
  { indexes: [['placedOn', 'id'], ['customerId']] },
) {}

export class OrderLine extends Model(
  'reporting_order_lines',
  {
    id: t.serial().primaryKey(),
    orderId: t.integer(),
    productId: t.integer(),
    quantity: t.integer(),
    amountCents: t.integer(),
    get order() {
      return one(() => Order, 'orderId');
    },
    get product() {
      return one(() => Product, 'productId');
    },
  },
  { indexes: [['orderId']] },
) {}

/** What a report is asked for with. */
export type Parameters = Readonly<Record<string, string | number>>;

/** One row of a report's result: column → value. */
export type ResultRow = Readonly<Record<string, string | number>>;

export class ReportingJob extends Model('reporting_jobs', {
  id: t.serial().primaryKey(),
  kind: t.text(),
  parameters: t.json<Parameters>(),
  status: t.enum('queued', 'running', 'done', 'failed').default('queued').index(),
  createdAt: t.timestamp().default(() => new Date()),
  startedAt: t.timestamp().nullable(),
  finishedAt: t.timestamp().nullable(),
  rowCount: t.integer().nullable(),
  error: t.text().nullable(),
  get rows() {
    return many(() => ReportRow, 'jobId', { cascade: 'all, delete-orphan' });
  },
}) {
  get hasEnded(): boolean {
    return this.status === 'done' || this.status === 'failed';
  }
}

export class ReportRow extends Model('reporting_rows', {
  jobId: t.integer().primaryKey(),
  /** From 1, without gaps. */
  position: t.integer().primaryKey(),
  content: t.json<ResultRow>(),
  get job() {
    return one(() => ReportingJob, 'jobId');
  },
}) {}

export const models = { Customer, Product, Order, OrderLine, ReportingJob, ReportRow };
