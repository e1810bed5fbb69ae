/** One column of a result. `type` is what the table declares, undefined for expressions. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string | undefined;
}

/** A compiled statement. Integers come out as numbers where those are exact, as bigints where not. */
export interface PreparedStatement {
  readonly returnsRows: boolean;
  /** As of the last run: they change with the table. May be unknown, and so empty, before the first row. */
  readonly columns: readonly ResultColumn[];
  /** Runs it; rows by position. */
  all(parameters: readonly unknown[]): unknown[][];
  /** Runs a statement without rows; how many rows it, or the last one that wrote, changed. */
  run(parameters: readonly unknown[]): number;
}

/** One open database file, whichever library opened it. Synchronous: it never waits for a lock. */
export interface SqliteBinding {
  /** @param isRead - the statement changes nothing, so that it may be run a second time. */
  prepare(sql: string, isRead: boolean): PreparedStatement;
  exec(sql: string): void;
  readonly inTransaction: boolean;
  close(): void;
}

/** Opens a file with one of the libraries. */
export type OpenBinding = (path: string) => SqliteBinding;

export type SqliteLibrary = 'node:sqlite' | 'better-sqlite3';

/** Replaces bigints that a number can hold exactly, in place. */
export function narrowIntegers(rows: unknown[][]): unknown[][] {
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value === 'bigint') row[i] = narrowInteger(value);
    }
  }
  return rows;
}

export function narrowInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
