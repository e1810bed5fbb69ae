import type { ModelClass } from '../../src/mapping/mapper.ts';
import type { InstanceOf, Loaded, RelationshipName, RelationshipPath, ShapeOf } from '../../src/model/model-types.ts';
import { same } from './expect.ts';
import type { Category } from './graph-models.ts';
import type { ReportingJob, User } from './readme-models.ts';

/** As `Query.with` is typed: valid paths pass, others are compared with those that could have been meant. */
interface Query<C extends ModelClass, E = InstanceOf<C>> {
  with<const P extends string>(...paths: (RelationshipPath<ShapeOf<C>, P> & P)[]): Query<C, Loaded<E, P>>;
  first(): Promise<E>;
}

declare const users: Query<typeof User>;
declare const jobs: Query<typeof ReportingJob>;

export async function readsLoadedRelationshipsWithoutAwait(): Promise<void> {
  const job = await jobs.with('owner').first();
  same<typeof job.owner.name, string>();
  const deep = await jobs.with('owner.jobs').first();
  same<(typeof deep.owner.jobs)[number]['title'], string>();
  const user = await users.with('jobs', 'jobs.owner').first();
  for (const each of user.jobs) same<typeof each.owner.name, string>();
  const names = user.jobs.map((each) => each.owner.name);
  same<typeof names, string[]>();
  // @ts-expect-error Only the first owner was asked for.
  (await jobs.with('owner').first()).owner.jobs.length;
}

export async function keepsMethodsAndPrivateFields(): Promise<void> {
  const job = await jobs.with('owner').first();
  job.late();
  job.owner.visit(job.owner);
  const plain: ReportingJob = job;
  const lists: (job: Loaded<ReportingJob, 'owner'>) => string = (given) => given.owner.name;
  lists(job);
  lists(await jobs.with('owner.jobs').first());
  // @ts-expect-error The owner of this one is not known to be loaded.
  lists(plain);
}

export async function readsNullFromNullableRelationships(): Promise<void> {
  const category: Loaded<Category, 'parent.parent' | 'children.children'> = await load();
  // @ts-expect-error It may have no parent.
  category.parent.name;
  const above = category.parent?.parent?.name;
  same<typeof above, string | undefined>();
  category.children[0]?.children[0]?.rename('x');
}

declare function load(): Promise<Loaded<Category, 'parent.parent' | 'children.children'>>;

export function refusesWrongPaths(): void {
  same<RelationshipName<typeof ReportingJob.shape>, 'owner'>();
  same<RelationshipPath<typeof ReportingJob.shape, 'ownr'>, 'owner'>();
  same<RelationshipPath<typeof ReportingJob.shape, 'owner.nme'>, 'owner.jobs'>();
  same<RelationshipPath<typeof User.shape, 'jobs.owner.jobs'>, 'jobs.owner.jobs'>();
  // @ts-expect-error A column is not a relationship.
  users.with('name');
  // @ts-expect-error Nor is a method.
  jobs.with('late');
  // @ts-expect-error There is no such relationship.
  users.with('jobz');
  // @ts-expect-error Nor in the second place.
  users.with('jobs.title');
  // @ts-expect-error Nor in the third.
  users.with('jobs', 'jobs.owner.parent');
}
