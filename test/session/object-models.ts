import { Model } from '../../src/model/model.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionOptions } from '../../src/session/session-options.ts';
import type { TestDatabase } from '../support/databases.ts';
import { recordStatements } from '../support/databases.ts';

/** A parent whose jobs belong to it, and whose notes do not. */
export class User extends Model('users', {
  id: t.serial().primaryKey(),
  name: t.text(),
  email: t.text().nullable(),
  settings: t.json<Record<string, unknown>>().nullable(),
  get jobs() {
    return many(() => Job, 'ownerId', { cascade: 'all, delete-orphan' });
  },
  get notes() {
    return many(() => Note, 'authorId');
  },
}) {}

export class Job extends Model('jobs', {
  id: t.serial().primaryKey(),
  title: t.text(),
  status: t.text().default('queued'),
  ownerId: t.integer().nullable(),
  get owner() {
    return one(() => User, 'ownerId');
  },
  get steps() {
    return many(() => Step, 'jobId', { cascade: 'all, delete-orphan' });
  },
}) {}

export class Step extends Model('steps', {
  id: t.serial().primaryKey(),
  name: t.text(),
  jobId: t.integer().nullable(),
  get job() {
    return one(() => Job, 'jobId');
  },
}) {}

/** Knows its author, whose notes cascade nothing but `save-update` and `merge`. */
export class Note extends Model('notes', {
  id: t.serial().primaryKey(),
  text: t.text(),
  authorId: t.integer().nullable(),
  get author() {
    return one(() => User, 'authorId');
  },
}) {}

export const models = { User, Job, Step, Note };

/** An engine with empty tables, a session factory, and the statements that are no part of a transaction's frame. */
export async function openObjects(database: TestDatabase, options: SessionOptions = {}) {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(models));
  const Session = sessionFactory(engine, { models, ...options });
  await Session.begin((session) => {
    // In the order of the keys that the database gives.
    const ada = new User({ name: 'Ada', email: 'ada@example.org' });
    const grace = new User({ name: 'Grace' });
    session.addAll([ada, grace]);
    session.addAll([
      new Job({ title: 'first', owner: ada, steps: [new Step({ name: 'read' }), new Step({ name: 'write' })] }),
      new Job({ title: 'second', status: 'done', owner: ada }),
      new Job({ title: 'third', owner: grace }),
    ]);
    session.add(new Note({ text: 'hello', author: ada }));
  });
  const recorded = recordStatements(engine);
  return { engine, Session, take: () => statements(recorded.take()) };
}

const FRAME = /^(begin|commit|rollback|savepoint|release)/i;

/** The texts, with placeholders written alike for every database. */
export function statements(texts: readonly string[]): string[] {
  return texts.filter((sql) => !FRAME.test(sql)).map((sql) => sql.replaceAll(/\$\d+/g, '?'));
}

/** How many statements there were of each kind: `{ select: 2, insert: 1 }`. */
export function verbs(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const sql of texts) {
    const verb = sql.trim().split(/\s/)[0]?.toLowerCase() ?? '';
    counts[verb] = (counts[verb] ?? 0) + 1;
  }
  return counts;
}
