import type { Database, Statement } from 'better-sqlite3';

import { DriverMissingError } from '../../errors/engine-errors.ts';
import { narrowIntegers } from './binding.ts';
import type { OpenBinding, PreparedStatement, ResultColumn, SqliteBinding } from './binding.ts';

type Library = typeof import('better-sqlite3');

/** The binding to better-sqlite3. */
export async function open(): Promise<OpenBinding> {
  const library = await load();
  return (path) => new BetterBinding(new library(path, { timeout: 0 }));
}

async function load(): Promise<Library> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (error) {
    throw DriverMissingError.package('better-sqlite3', error);
  }
}

class BetterBinding implements SqliteBinding {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare(sql: string): PreparedStatement {
    return new BetterStatement(this.#database.prepare(sql));
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#database.close();
  }
}

class BetterStatement implements PreparedStatement {
  readonly returnsRows: boolean;
  readonly #statement: Statement<unknown[]>;

  constructor(statement: Statement<unknown[]>) {
    this.#statement = statement;
    this.returnsRows = statement.reader;
    // Without safe integers, those that a number cannot hold would come out wrong without a word.
    if (statement.reader) statement.raw().safeIntegers();
  }

  get columns(): readonly ResultColumn[] {
    return this.returnsRows
      ? this.#statement.columns().map(({ name, type }) => ({ name, type: type ?? undefined }))
      : [];
  }

  all(parameters: readonly unknown[]): unknown[][] {
    return narrowIntegers(this.#statement.all(...parameters) as unknown[][]);
  }

  run(parameters: readonly unknown[]): number {
    return this.#statement.run(...parameters).changes;
  }
}
