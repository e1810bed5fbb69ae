import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';

export class User extends Model('users', {
  id: t.serial().primaryKey(),
  name: t.text(),
  email: t.text().nullable().unique(),
  get jobs() {
    return many(() => ReportingJob, 'ownerId', { cascade: 'all, delete-orphan' });
  },
}) {
  #visits = 0;

  get initial() {
    return this.name[0];
  }

  visit(other: User): number {
    return ++this.#visits + other.#visits;
  }
}

export class ReportingJob extends Model('reporting_jobs', {
  id: t.serial().primaryKey(),
  title: t.text(),
  status: t.enum('queued', 'running', 'done', 'failed').default('queued'),
  payload: t.json<{ rows?: number }>().nullable(),
  createdAt: t.timestamp().default(() => new Date()),
  ownerId: t.integer(),
  get owner() {
    return one(() => User, 'ownerId');
  },
}) {
  late(): boolean {
    return this.createdAt < new Date();
  }
}
