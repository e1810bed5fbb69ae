import type { Loaded, PartOf, Session } from '../../src/index.ts';
import type { RelationshipName, RelationshipPath } from '../../src/model/path-types.ts';
import { same } from './expect.ts';
import { Category, Seat } from './graph-models.ts';
import { ReportingJob, User } from './readme-models.ts';

declare const session: Session;

const users = session.find(User);
const jobs = session.find(ReportingJob);

export async function readsLoadedRelationshipsWithoutAwait(): Promise<void> {
  const job = await jobs.with('owner').one();
  same<typeof job.owner.name, string>();
  const deep = await jobs.with('owner.jobs').one();
  same<(typeof deep.owner.jobs)[number]['title'], string>();
  const user = await users.with('jobs', 'jobs.owner').one();
  for (const each of user.jobs) same<typeof each.owner.name, string>();
  const names = user.jobs.map((each) => each.owner.name);
  same<typeof names, string[]>();
  // @ts-expect-error Only the first owner was asked for.
  (await jobs.with('owner').one()).owner.jobs.length;
}

export async function readsWhatFunctionsAskFor(): Promise<void> {
  const user = await users.with({ jobs: (job) => job.where('status', '=', 'done').limit(3).with('owner') }).one();
  same<(typeof user.jobs)[number]['owner']['name'], string>();
  const mixed = await jobs
    .with('owner', { owner: (owner) => owner.with({ jobs: (job) => job.orderBy('title') }) })
    .one();
  same<(typeof mixed.owner.jobs)[number]['title'], string>();
  const tree = await session
    .find(Category)
    .with('parent.parent', { children: (child) => child.with('children') })
    .one();
  same<(typeof tree.children)[number]['children'][number]['name'], string>();
  same<NonNullable<NonNullable<typeof tree.parent>['parent']>['name'], string>();
  const plain: User = user;
  void plain;
  // @ts-expect-error The owners of the jobs were not asked for.
  (await users.with({ jobs: (job) => job.limit(3) }).one()).jobs[0]?.owner.name;
}

export async function addsUpWhatSeveralCallsAskFor(): Promise<void> {
  const category = await session.find(Category).with('children').with('parent').with('children.parent').one();
  same<(typeof category.children)[number]['name'], string>();
  const above = category.parent?.name;
  same<typeof above, string | undefined>();
  same<NonNullable<(typeof category.children)[number]['parent']>['name'], string>();
}

export async function readsByKeyInTheSameWays(): Promise<void> {
  const user = await session.get(User, 1, { with: ['jobs.owner'] });
  same<NonNullable<typeof user>['jobs'][number]['owner']['name'], string>();
  const job = await session.getOne(ReportingJob, 1, { with: [{ owner: (owner) => owner.with('jobs') }] });
  same<(typeof job.owner.jobs)[number]['title'], string>();
  const bare = await session.getOne(User, 1, { populateExisting: true });
  same<typeof bare, User>();
  // @ts-expect-error No such relationship.
  await session.get(User, 1, { with: ['jobz'] });
}

export async function keepsMethodsAndPrivateFields(): Promise<void> {
  const job = await jobs.with('owner').one();
  job.late();
  job.owner.visit(job.owner);
  const plain: ReportingJob = job;
  const lists: (job: Loaded<ReportingJob, 'owner'>) => string = (given) => given.owner.name;
  lists(job);
  lists(await jobs.with('owner.jobs').one());
  lists(await jobs.with({ owner: (owner) => owner.with('jobs') }).one());
  // @ts-expect-error The owner of this one is not known to be loaded.
  lists(plain);
}

export async function readsNullFromNullableRelationships(): Promise<void> {
  const category = await session.find(Category).with('parent.parent', 'children.children').one();
  // @ts-expect-error It may have no parent.
  category.parent.name;
  const above = category.parent?.parent?.name;
  same<typeof above, string | undefined>();
  category.children[0]?.children[0]?.rename('x');
}

export async function knowsWhichColumnsWereRead(): Promise<void> {
  const user = await users.with({ jobs: (job) => job.columns('title').with('owner') }).one();
  const [job] = user.jobs;
  same<NonNullable<typeof job>['title'], string>();
  same<NonNullable<typeof job>['id'], number>();
  same<NonNullable<typeof job>['owner']['name'], string>();
  job?.late();
  const reads: (job: PartOf<typeof ReportingJob, 'title'>) => string = ({ title }) => title;
  user.jobs.map(reads);
  // @ts-expect-error The status was not read.
  job?.status.length;
  // @ts-expect-error A job of which only the title was read is not a ReportingJob.
  const whole: ReportingJob | undefined = job;
  // @ts-expect-error Nor is a user with such jobs a User.
  const owner: User = user;
  void [whole, owner];
}

export async function knowsWhatLoadAndMergeRead(user: User, list: ReportingJob[]): Promise<void> {
  const loaded = await session.load(user, 'name', 'jobs.owner');
  same<(typeof loaded.jobs)[number]['owner']['name'], string>();
  const all = await session.load(list, 'owner');
  same<(typeof all)[number]['owner']['name'], string>();
  await session.load(user);
  const merged = await session.merge(user, { with: ['jobs'] });
  same<(typeof merged.jobs)[number]['title'], string>();
  // @ts-expect-error No such relationship.
  await session.load(user, 'jobz');
  // @ts-expect-error Nor at the beginning of a path.
  await session.load(list, 'ownr.jobs');
  // @ts-expect-error Nor to be merged with.
  await session.merge(user, { with: ['jobz'] });
}

// @ts-expect-error No such relationship.
export type Misspelt = Loaded<User, 'jobz'>;

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
  // @ts-expect-error Nor in an object.
  users.with({ jobz: (job: unknown) => job });
  // @ts-expect-error The function gives something else than a query back.
  users.with({ jobs: () => 3 });
  // @ts-expect-error No such column.
  users.with({ jobs: (job) => job.columns('titel') });
  // @ts-expect-error A relationship is not a column.
  session.find(Seat).undefer('category');
}
