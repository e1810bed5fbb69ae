import type { Engine } from '../../src/engine/engine.ts';
import { many, one } from '../../src/mapping/relationship-builder.ts';
import { t } from '../../src/mapping/t.ts';
import { Model } from '../../src/model/model.ts';
import { sessionFactory } from '../../src/session/session-factory.ts';
import type { SessionFactory } from '../../src/session/session-factory.ts';
import type { SessionOptions } from '../../src/session/session-options.ts';
import type { TestDatabase } from './databases.ts';
import { inFewWords, rowsOf } from './open-session.ts';

export class Person extends Model('people', {
  id: t.serial().primaryKey(),
  name: t.text().unique(),
  get letters() {
    return many(() => Letter, 'personId');
  },
}) {}

export class Letter extends Model('letters', {
  id: t.serial().primaryKey(),
  text: t.text(),
  personId: t.integer().nullable(),
  get person() {
    return one(() => Person, 'personId');
  },
}) {}

export class Note extends Model('notes', { id: t.serial().primaryKey(), text: t.text() }) {}

export const MODELS = { Person, Letter, Note };

export interface TwoEngines {
  readonly people: Engine;
  readonly letters: Engine;
  readonly Session: SessionFactory<typeof MODELS>;
  /** What ran since the last call, in order: `people: insert people`. */
  took(): string[];
  rows(engine: Engine, table: string): Promise<unknown[]>;
}

const serial = (database: TestDatabase): string =>
  database.name === 'sqlite' ? 'integer primary key autoincrement' : 'serial primary key';

/** People on one engine, letters on another; nobody can hold them together by a constraint. */
export async function openTwo(
  [first, second]: readonly [TestDatabase, TestDatabase],
  options: SessionOptions = {},
): Promise<TwoEngines> {
  const [people, letters] = [await first.createEngine(), await second.createEngine()];
  await people.createAll([Person, Note]);
  await letters.execute(`create table letters (id ${serial(second)}, text text not null, person_id integer)`);
  const log: string[] = [];
  people.on('statement', ({ sql }) => log.push(`people: ${inFewWords(sql)}`));
  letters.on('statement', ({ sql }) => log.push(`letters: ${inFewWords(sql)}`));
  return {
    people,
    letters,
    Session: sessionFactory(people, { models: MODELS, binds: new Map([[Letter, letters]]), ...options }),
    took: () => log.splice(0).map((line) => line.replace('begin isolation level serializable', 'begin')),
    rows: async (engine, table) => (await rowsOf(engine, table, '*')).map((row) => row.slice(1)),
  };
}

/** A row whose constraint is looked at by COMMIT alone. */
export async function plantDeferred(database: TestDatabase, engine: Engine): Promise<string> {
  await engine.execute(`create table parents (id integer primary key)`);
  await engine.execute(
    `create table children (id ${serial(database)}, parent_id integer references parents (id) deferrable initially deferred)`,
  );
  return 'insert into children (parent_id) values (99)';
}
