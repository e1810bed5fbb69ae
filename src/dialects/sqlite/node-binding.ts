import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { DriverMissingError } from '../../errors/engine-errors.ts';
import { narrowIntegers } from './binding.ts';
import type { OpenBinding, PreparedStatement, ResultColumn, SqliteBinding } from './binding.ts';

type Parameters_ = Parameters<StatementSync['all']>;
type Library = typeof import('node:sqlite');

/** The binding to Node's own SQLite. */
export async function open(): Promise<OpenBinding> {
  const library = await load();
  return (path) => new NodeBinding(new library.DatabaseSync(path, { timeout: 0 }));
}

async function load(): Promise<Library> {
  try {
    return await import('node:sqlite');
  } catch (error) {
    throw DriverMissingError.builtIn('node:sqlite', error);
  }
}

class NodeBinding implements SqliteBinding {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction ?? this.#probeTransaction();
  }

  prepare(sql: string, isRead: boolean): PreparedStatement {
    const statement = this.#database.prepare(sql);
    // Node 22.13 to 22.15 have neither row arrays nor column metadata.
    return typeof statement.setReturnArrays === 'function'
      ? new NodeStatement(statement, isRead)
      : new OldNodeStatement(statement, this.#database.prepare('select changes() as n'), sql);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#database.close();
  }

  /** Node before 22.16 does not say: a transaction inside a transaction is refused, which does. */
  #probeTransaction(): boolean {
    try {
      this.#database.exec('begin');
    } catch {
      return true;
    }
    this.#database.exec('rollback');
    return false;
  }
}

class NodeStatement implements PreparedStatement {
  readonly returnsRows: boolean;
  readonly #statement: StatementSync;
  readonly #isRead: boolean;
  /** Reading every integer as a bigint costs; reads start without and are run again when one does not fit. */
  #readsBigInts: boolean;

  constructor(statement: StatementSync, isRead: boolean) {
    this.#statement = statement;
    this.#isRead = isRead;
    this.returnsRows = statement.columns().length > 0;
    this.#readsBigInts = !isRead && this.returnsRows;
    statement.setReturnArrays(true);
    statement.setReadBigInts(this.#readsBigInts);
  }

  get columns(): readonly ResultColumn[] {
    return this.#statement.columns().map(({ name, type }) => ({ name, type: type ?? undefined }));
  }

  all(parameters: readonly unknown[]): unknown[][] {
    if (this.#readsBigInts) return narrowIntegers(this.#rows(parameters));
    try {
      return this.#rows(parameters);
    } catch (error) {
      if (!this.#isRead || !isOutOfRange(error)) throw error;
      this.#readsBigInts = true;
      this.#statement.setReadBigInts(true);
      return narrowIntegers(this.#rows(parameters));
    }
  }

  run(parameters: readonly unknown[]): number {
    return Number(this.#statement.run(...(parameters as Parameters_)).changes);
  }

  #rows(parameters: readonly unknown[]): unknown[][] {
    return this.#statement.all(...(parameters as Parameters_)) as unknown as unknown[][];
  }
}

/** Rows made of objects: columns of the same name collapse, and declared types are unknown. */
class OldNodeStatement implements PreparedStatement {
  readonly returnsRows: boolean;
  columns: readonly ResultColumn[] = [];
  readonly #statement: StatementSync;
  readonly #changes: StatementSync;

  constructor(statement: StatementSync, changes: StatementSync, sql: string) {
    this.#statement = statement;
    this.#changes = changes;
    this.returnsRows = /^[\s(]*(?:select|values|with|pragma|explain)\b|\breturning\b/i.test(sql);
    statement.setReadBigInts(true);
  }

  all(parameters: readonly unknown[]): unknown[][] {
    const objects = this.#statement.all(...(parameters as Parameters_)) as Record<string, unknown>[];
    const [first] = objects;
    if (first !== undefined) this.columns = Object.keys(first).map((name) => ({ name, type: undefined }));
    return narrowIntegers(objects.map((object) => Object.values(object)));
  }

  run(parameters: readonly unknown[]): number {
    this.all(parameters);
    return Number(this.#changes.get()?.['n']);
  }
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
}
