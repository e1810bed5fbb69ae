import { expect } from 'vitest';

import { sessionFactory } from '../../src/index.ts';
import type { DriverResult, Session } from '../../src/index.ts';
import { recordStatements } from '../support/databases.ts';
import type { TestDatabase } from '../support/databases.ts';

type Models = NonNullable<NonNullable<Parameters<typeof sessionFactory>[1]>['models']>;

export interface App<M extends Models> {
  readonly models: M;
  fill(session: Session<M>, size: number): Promise<void>;
}

/** The app's tables on a database of their own, filled with `size` times its rows. `selects` counts, and forgets. */
export async function openApp<M extends Models>(database: TestDatabase, { models, fill }: App<M>, size = 1) {
  const engine = await database.createEngine();
  await engine.createAll(Object.values(models));
  const Session = sessionFactory(engine, { models });
  await Session.begin(async (session) => {
    await fill(session, size);
    await session.flush();
    // What a server does by itself before long. PostgreSQL takes new tables for large ones, and compiles its plans.
    for (const { table } of Object.values(models)) await session.execute(`analyze ${table}`);
  });
  const statements = recordStatements(engine);
  return { Session, selects: () => statements.take().filter((text) => /^\s*(?:select|with)/i.test(text)).length };
}

interface Executes {
  execute(text: string): Promise<Pick<DriverResult, 'columns' | 'rows'>>;
}

/** Checks what the library gave against the rows of SQL that was written by hand. Both databases speak it. */
export async function expectRows(session: Executes, given: readonly object[], text: string): Promise<void> {
  const { columns, rows } = await session.execute(text);
  expect(given.length).toBeGreaterThan(0);
  expect(given).toEqual(rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]]))));
}

/** `make(1) … make(count)`. */
export function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}
