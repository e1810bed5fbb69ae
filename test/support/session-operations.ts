import { setImmediate as macrotask } from 'node:timers/promises';

import { HermeticError } from '../../src/index.ts';
import type { Engine } from '../../src/index.ts';
import { Address, User } from './models.ts';
import type { Opened } from './open-session.ts';

export type TestSession = ReturnType<Opened['Session']>;

/** A session with one loaded user, on two users and two jobs. */
export interface Stage {
  readonly session: TestSession;
  readonly ada: User;
}

/** Does something to a session and answers in plain values. */
export type Operation = (stage: Stage) => Promise<unknown>;

const name = (user: User | null): string | null => user?.name ?? null;

/** Every operation with I/O: those that read or write within a transaction, */
export const STATEMENTS: Readonly<Record<string, Operation>> = {
  get: async ({ session }) => name(await session.get(User, 2)),
  find: async ({ session }) => (await session.find(User).orderBy('id')).map(name),
  stream: async ({ session }) => {
    const names: unknown[] = [];
    for await (const user of session.find(User).stream()) names.push(name(user));
    return names;
  },
  first: async ({ session }) => name(await session.find(User).orderBy('id').first()),
  count: ({ session }) => session.find(Address).count(),
  exists: ({ session }) => session.find(Address).exists(),
  execute: async ({ session }) => Number((await session.execute('select count(*) from users')).rows[0]?.[0]),
  sql: async ({ session }) => (await session.sql.selectFrom('users').select('name').orderBy('id').execute()).length,
  refresh: async ({ session, ada }) => session.refresh(ada).then(() => name(ada)),
  'lazy load': async ({ ada }) => (await ada.jobs).map(({ title }) => title).toSorted(),
  merge: async ({ session }) => (await session.merge(new User({ id: 2, name: 'Grace' }))).name,
  connection: async ({ session }) => typeof (await session.connection()).dialect,
  insertMany: ({ session }) => session.insertMany(Address, [{ street: 'Inserted' }]),
  update: ({ session }) => session.find(User).where('id', '=', 2).update({ email: 'grace@example.org' }),
  delete: ({ session }) => session.find(Address).where('id', '=', -1).delete(),
  noAutoflush: async ({ session }) => void (await session.noAutoflush(() => session.find(User).exists())),
};

/** the flush, */
export const FLUSH: Readonly<Record<string, Operation>> = {
  flush: ({ session }) => session.flush(),
};

/** and those that begin or end a transaction, or the conversation. */
export const BOUNDARIES: Readonly<Record<string, Operation>> = {
  commit: ({ session }) => session.commit(),
  rollback: ({ session }) => session.rollback(),
  close: ({ session }) => session.close(),
  reset: ({ session }) => session.reset(),
  invalidate: ({ session }) => session.invalidate(),
  begin: async ({ session }) => void session.begin(),
  'begin block': ({ session }) => session.begin(() => {}),
  beginNested: async ({ session }) => void (await session.beginNested()),
};

/** Methods that run no SQL: they are done when they are called. */
export const IN_MEMORY: Readonly<Record<string, Operation>> = {
  add: async ({ session }) => session.add(new Address({ street: 'Added' })),
  edit: async ({ ada }) => void (ada.name = 'Countess'),
  remove: async ({ session, ada }) => (session.has(ada) ? session.delete(ada) : undefined),
  expunge: async ({ session, ada }) => (session.has(ada) ? session.expunge(ada) : undefined),
  expire: async ({ session }) => session.expireAll(),
};

/** What became of an operation: its answer, or the code of its refusal. */
export async function outcomeOf(operation: Operation, stage: Stage): Promise<unknown> {
  try {
    return { answer: (await operation(stage)) ?? null };
  } catch (error) {
    if (error instanceof HermeticError) return { refusal: error.code };
    throw error;
  }
}

/** The same rows for every play. */
export async function setRows(engine: Engine): Promise<void> {
  await engine.begin(async (connection) => {
    for (const table of ['jobs', 'addresses', 'users']) await connection.execute(`delete from ${table}`);
    await connection.execute("insert into users (id, name) values (1, 'Ada'), (2, 'Grace')");
    await connection.execute(
      "insert into jobs (id, title, status, owner_id) values (1, 'Q1', 'queued', 1), (2, 'Q2', 'queued', 1)",
    );
  });
}

export async function stageOn({ Session }: Pick<Opened, 'Session'>): Promise<Stage> {
  const session = Session();
  return { session, ada: await session.getOne(User, 1) };
}

/** What is in the tables. */
export async function rowsIn(engine: Engine): Promise<unknown[][]> {
  const texts = [
    'select name, email from users order by 1, 2',
    'select title from jobs order by 1',
    'select street from addresses order by 1',
  ];
  const rows: unknown[][] = [];
  for (const text of texts) rows.push(...(await engine.execute(text)).rows);
  return rows;
}

/** Waits for as many turns of the event loop as any of these plays needs several times over; then it hangs. */
export async function settledSoon<T>(work: Promise<T>, turns = 500): Promise<T> {
  const seen = { isSettled: false };
  const watched = work.finally(() => (seen.isSettled = true));
  watched.catch(() => {});
  for (let turn = 0; turn < turns && !seen.isSettled; turn++) await macrotask();
  if (!seen.isSettled) throw new RangeError(`nothing came of it in ${turns} turns of the event loop`);
  return watched;
}
