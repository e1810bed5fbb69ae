import type { ColumnName } from '../../src/model/model-types.ts';
import type { Changes, OrderColumn, OrderDirection, Where } from '../../src/model/query-types.ts';
import { same } from './expect.ts';
import type { Seat } from './graph-models.ts';
import type { ReportingJob, User } from './readme-models.ts';

declare const jobs: { readonly where: Where<typeof ReportingJob, void> };
declare const users: { readonly where: Where<typeof User, void> };

export function acceptsConditionsInThreeForms(): void {
  jobs.where('status', '=', 'queued');
  jobs.where('ownerId', 'in', [1, 2]);
  jobs.where('createdAt', '<', new Date());
  jobs.where('payload', 'is', null);
  jobs.where({ status: 'queued', ownerId: 3, payload: null });
  jobs.where({ status: ['queued', 'running'] });
  jobs.where((eb) => eb.or([eb('title', '=', 'x'), eb('ownerId', '>', 3)]));
  jobs.where((eb) => eb(eb.fn<number>('length', ['title']), '>', 3));
}

export function refusesWrongConditions(): void {
  // @ts-expect-error Wrong type.
  jobs.where('title', '=', 12);
  // @ts-expect-error No such column.
  jobs.where('titel', '=', 'x');
  // @ts-expect-error A relationship is not a column.
  jobs.where('owner', '=', 1);
  // @ts-expect-error Not an operator.
  jobs.where('title', 'resembles', 'x');
  // @ts-expect-error Not one of the enum's values.
  jobs.where({ status: 'stopped' });
  // @ts-expect-error The name is not nullable.
  users.where({ name: null });
  // @ts-expect-error No such column.
  users.where({ nmae: 'Ada' });
  // @ts-expect-error A relationship is not a column.
  users.where({ jobs: [] });
}

export function ordersByColumnsAndExpressions(): void {
  const column: OrderColumn<typeof User> = 'name';
  const direction: OrderDirection = (order) => order.desc().nullsLast();
  // @ts-expect-error No such column.
  const wrong: OrderColumn<typeof User> = 'nmae';
  void [column, direction, wrong];
  same<ColumnName<typeof User.shape>, 'id' | 'name' | 'email'>();
}

export function changesColumnsInSets(): void {
  const changes: Changes<typeof Seat> = { price: '1.00', row: (eb) => eb('row', '+', 1), categoryId: null };
  // @ts-expect-error Wrong type.
  const wrong: Changes<typeof Seat> = { price: 1 };
  void [changes, wrong];
}
