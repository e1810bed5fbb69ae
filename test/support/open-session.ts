import type { Engine } from '../../src/engine/engine.ts';
import type { ModelClass } from '../../src/mapping/mapper.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionFactory } from '../../src/session/session-factory.ts';
import type { SessionOptions } from '../../src/session/session-options.ts';
import type { RecordedStatements, TestDatabase, TestEngineOptions } from './databases.ts';
import { recordStatements } from './databases.ts';
import { Address, Job, MODELS, User } from './models.ts';

export interface Opened {
  readonly engine: Engine;
  readonly Session: SessionFactory<typeof MODELS>;
  readonly statements: RecordedStatements;
  /** The statements since the last call, each in a few words that are the same for every database. */
  took(): string[];
}

export interface OpenOptions extends SessionOptions {
  /** Whose tables are made. Default: users, jobs, addresses. */
  readonly tables?: readonly ModelClass[];
  readonly engine?: TestEngineOptions;
}

/** An empty database with some of the models' tables, and a factory of sessions on it. */
export async function open(
  database: TestDatabase,
  { tables = [User, Job, Address], engine: engineOptions, ...options }: OpenOptions = {},
): Promise<Opened> {
  const engine = await database.createEngine(engineOptions);
  await engine.createAll(tables);
  const statements = recordStatements(engine);
  return {
    engine,
    statements,
    Session: sessionFactory(engine, { models: MODELS, ...options }),
    took: () => statements.take().map(inFewWords),
  };
}

/**
 * `insert into "users" ("name") values ($1)` → `insert users`, `update "jobs" set "title" = $1 …` →
 * `update jobs title`, `select … from "jobs" where "owner_id" in (…)` → `select jobs by owner_id`.
 */
export function inFewWords(sql: string): string {
  const [, table] = /(?:into|update|delete from|from) "(\w+)"/.exec(sql) ?? [];
  if (table === undefined) return sql.replace('begin immediate', 'begin').replaceAll('"', '');
  const [verb = ''] = sql.split(' ');
  return [verb, table, ...details(verb, sql)].join(' ');
}

function details(verb: string, sql: string): string[] {
  if (verb === 'update') {
    const assignments = / set (.*?) (?:from|where) /.exec(sql)?.[1] ?? '';
    return [[...assignments.matchAll(/"(\w+)" =/g)].map(([, name]) => name).join(',')];
  }
  if (verb !== 'select') return [];
  const condition = / where (.*?)(?: order by| limit|$)/.exec(sql)?.[1] ?? '';
  const names = new Set([...condition.matchAll(/"(\w+)"/g)].map(([, name]) => name));
  return names.size === 0 ? [] : [`by ${[...names].join(',')}`];
}

/** The rows of a table, in order of its first column. */
export async function rowsOf(engine: Engine, table: string, columns: string): Promise<unknown[][]> {
  const { rows } = await engine.execute(`select ${columns} from ${table} order by 1`);
  return rows;
}
