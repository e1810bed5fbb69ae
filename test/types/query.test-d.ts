import type { ColumnName } from '../../src/model/model-types.ts';
import type { Changes, Where } from '../../src/model/query-types.ts';
import type { Session } from '../../src/session/session.ts';
import { same } from './expect.ts';
import type { Seat } from './graph-models.ts';
import { ReportingJob, User } from './readme-models.ts';

declare const session: Session;

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

export function ordersByColumnsPathsAndExpressions(): void {
  session.find(User).orderBy('name').orderBy('id', 'desc');
  session.find(User).orderBy('name', (order) => order.desc().nullsLast());
  session.find(User).orderBy((eb) => eb.fn<number>('length', ['name']), 'desc');
  session.find(ReportingJob).orderBy('owner.name');
  session.find(User).with({ jobs: (job) => job.orderBy('owner.name').orderBy('createdAt', 'desc') });
  // @ts-expect-error No such column.
  session.find(User).orderBy('nmae');
  // @ts-expect-error Nor in the second place.
  session.find(ReportingJob).orderBy('owner.nmae');
  // @ts-expect-error No such direction.
  session.find(User).orderBy('name', 'up');
  same<ColumnName<typeof User.shape>, 'id' | 'name' | 'email'>();
}

export function comparesColumnsOfRelatedRows(): void {
  jobs.where('owner.name', '=', 'Ada');
  jobs.where('owner.email', 'is', null);
  jobs.where((eb, it) => eb.or([it.has('owner'), eb(it.path('owner.name'), '=', 'Ada')]));
  session.find(User).any('jobs', (job) => job.where('status', '=', 'queued').has('owner'));
  session.find(User).hasNone('jobs.owner', (owner) => owner.where({ name: 'Ada' }));
  // @ts-expect-error Wrong type.
  jobs.where('owner.name', '=', 3);
  // @ts-expect-error No such column.
  jobs.where('owner.nmae', '=', 'Ada');
  // @ts-expect-error A user has many jobs.
  users.where('jobs.title', '=', 'x');
  // @ts-expect-error A column is not a relationship.
  session.find(User).any('name');
  // @ts-expect-error Not one of the enum's values.
  session.find(User).any('jobs', (job) => job.where('status', '=', 'stopped'));
}

export function changesColumnsInSets(): void {
  const changes: Changes<typeof Seat> = { price: '1.00', row: (eb) => eb('row', '+', 1), categoryId: null };
  // @ts-expect-error Wrong type.
  const wrong: Changes<typeof Seat> = { price: 1 };
  void [changes, wrong];
}
