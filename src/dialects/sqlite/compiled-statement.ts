import type { DriverResult } from '../../driver/driver.ts';
import type { PreparedStatement } from './binding.ts';
import { parserOf } from './types.ts';

type Parse = (value: unknown) => unknown;

const WRITES_ROWS = /^[\s(]*(?:insert|update|delete|replace|with)\b/i;
const NO_COLUMNS: readonly string[] = Object.freeze([]);

/** A prepared statement and what is known of its results. */
export class CompiledStatement {
  readonly #prepared: PreparedStatement;
  /** SQLite's count of changes is that of the last statement that wrote, whichever that was. */
  readonly #writesRows: boolean;
  #names: readonly string[] = NO_COLUMNS;
  /** Column position and its parser, for the columns that have one. Made for the first `typed` result. */
  #parsers: readonly (readonly [number, Parse])[] | undefined;

  constructor(prepared: PreparedStatement, sql: string) {
    this.#prepared = prepared;
    this.#writesRows = WRITES_ROWS.test(sql) && !/^\s*with\b(?!.*\b(?:insert|update|delete|replace)\b)/is.test(sql);
    this.#describe();
  }

  execute(parameters: readonly unknown[], parse: 'raw' | 'typed'): DriverResult {
    const prepared = this.#prepared;
    if (!prepared.returnsRows) {
      const affected = prepared.run(parameters);
      return { rows: [], columns: NO_COLUMNS, affected: this.#writesRows ? affected : 0 };
    }
    const rows = prepared.all(parameters);
    const [first] = rows;
    if (first !== undefined && first.length !== this.#names.length) this.#describe();
    if (parse === 'typed') this.#parse(rows);
    return { rows, columns: this.#names, affected: this.#writesRows ? rows.length : 0 };
  }

  #describe(): void {
    this.#names = Object.freeze(this.#prepared.columns.map(({ name }) => name));
    this.#parsers = undefined;
  }

  #parse(rows: unknown[][]): void {
    this.#parsers ??= this.#findParsers();
    for (const [position, parse] of this.#parsers) {
      for (const row of rows) {
        const value = row[position];
        if (value !== null) row[position] = parse(value);
      }
    }
  }

  #findParsers(): (readonly [number, Parse])[] {
    return this.#prepared.columns.flatMap(({ type }, position) => {
      const parse = parserOf(type);
      return parse === undefined ? [] : [[position, parse] as const];
    });
  }
}
