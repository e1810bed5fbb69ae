import { Job, User } from './models.ts';
import type { TestDatabase } from './databases.ts';
import { open } from './open-session.ts';
import type { Opened, OpenOptions } from './open-session.ts';
import { inspect } from '../../src/index.ts';

export const TITLES = ['a', 'b', 'c', 'd'];

/** Ada (1) and Bob (2), with two queued jobs each: a and b, c and d. */
export async function seeded(database: TestDatabase, options: OpenOptions = {}): Promise<Opened> {
  const opened = await open(database, options);
  await opened.Session.begin(async (session) => {
    await session.insertMany(User, [{ name: 'Ada' }, { name: 'Bob' }]);
    await session.insertMany(
      Job,
      TITLES.map((title, at) => ({ title, ownerId: at < 2 ? 1 : 2 })),
    );
  });
  opened.took();
  return opened;
}

export type Session = ReturnType<Opened['Session']>;

export const jobsOf = (session: Session): Promise<Job[]> => Promise.resolve(session.find(Job).orderBy('id'));
export const statusOf = (jobs: readonly Job[]): string[] => jobs.map(({ status }) => status);
export const statesOf = (jobs: readonly object[]): string[] => jobs.map((job) => inspect(job).state);
