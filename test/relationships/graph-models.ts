import type { Engine } from '../../src/engine/engine.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import type { ModelClass } from '../../src/mapping/mapper.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionFactory } from '../../src/session/session-factory.ts';
import type { SessionOptions } from '../../src/session/session-options.ts';
import type { RecordedStatements, TestDatabase } from '../support/databases.ts';
import { recordStatements } from '../support/databases.ts';
import { inFewWords } from '../support/open-session.ts';

export class Post extends Model('posts', {
  id: t.serial().primaryKey(),
  title: t.text(),
  get tags() {
    return many(() => Tag, { through: 'post_tags' });
  },
}) {}

export class Tag extends Model('tags', {
  name: t.text().primaryKey(),
  get posts() {
    return many(() => Post, { through: 'post_tags' });
  },
}) {}

/** Knows those that it follows and those that follow it. */
export class Person extends Model('people', {
  id: t.integer().primaryKey(),
  get following() {
    return many(() => Person, { through: { table: 'follows', from: 'follower_id', to: 'followed_id' } });
  },
  get followers() {
    return many(() => Person, { through: { table: 'follows', from: 'followed_id', to: 'follower_id' } });
  },
}) {}

export class User extends Model('users', {
  id: t.serial().primaryKey(),
  name: t.text(),
  get profile() {
    return one(() => Profile, { foreignKey: 'userId' });
  },
  get badge() {
    return one(() => Badge, { foreignKey: 'userId', cascade: 'all, delete-orphan' });
  },
}) {}

/** Can live without its user. */
export class Profile extends Model('profiles', {
  id: t.serial().primaryKey(),
  text: t.text(),
  userId: t.integer().nullable(),
  get user() {
    return one(() => User, 'userId');
  },
}) {}

/** Cannot live without its user, who has one at a time. */
export class Badge extends Model('badges', {
  id: t.serial().primaryKey(),
  colour: t.text(),
  userId: t.integer().unique(),
  get user() {
    return one(() => User, 'userId');
  },
}) {}

export interface OpenedGraph {
  readonly engine: Engine;
  readonly Session: SessionFactory<any>;
  readonly statements: RecordedStatements;
  took(): string[];
  rows(sql: string): Promise<unknown[][]>;
}

/** An empty database with the tables of some models. */
export async function openGraph(
  database: TestDatabase,
  models: readonly ModelClass[],
  options: SessionOptions = {},
): Promise<OpenedGraph> {
  const engine = await database.createEngine();
  await engine.createAll(models);
  const statements = recordStatements(engine);
  return {
    engine,
    statements,
    Session: sessionFactory(engine, options),
    took: () => statements.take().map(inFewWords),
    rows: async (sql) => {
      const { rows } = await engine.execute(sql);
      statements.take();
      return rows;
    },
  };
}
