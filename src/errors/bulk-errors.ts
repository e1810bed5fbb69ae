import { HermeticError } from './hermetic-error.ts';

/** Where a row stands in the call that it was given to. */
export interface RowPlace {
  /** Such as `insertMany(User)`. */
  readonly call: string;
  /** Counts from 0. */
  readonly position: number;
}

/** One of many rows cannot be written; nothing was. */
export class BulkRowError extends HermeticError {
  static of(place: RowPlace, problem: string, cure: string, cause?: unknown): BulkRowError {
    return new BulkRowError({ code: 'SESSION_BAD_ROW', message: `${nameOf(place)} ${problem}.`, cure, cause });
  }

  static unknownColumn(place: RowPlace, name: string, columns: readonly string[]): BulkRowError {
    return BulkRowError.of(place, `names '${name}', which is no column`, `Use one of: ${columns.join(', ')}.`);
  }

  static missing(place: RowPlace, column: string, why: string): BulkRowError {
    return BulkRowError.of(place, `leaves out '${column}', ${why}`, `Give '${column}' in every row.`);
  }

  static isNull(place: RowPlace, column: string, why: string): BulkRowError {
    return BulkRowError.of(place, `has null for '${column}', ${why}`, `Give '${column}' a value.`);
  }

  static duplicate(place: RowPlace, other: number, columns: readonly string[]): BulkRowError {
    const cure = 'Keep one row of each, so that the order of rows decides nothing.';
    return BulkRowError.of(place, `has the same ${columns.join(', ')} as rows[${other}]`, cure);
  }

  /** The database holds two values for the same that are two for the program, such as texts that differ in case. */
  static unmatched(place: RowPlace, columns: readonly string[]): BulkRowError {
    const cure = 'Roll back, and leave returning out, or write the values as the database stores them.';
    return BulkRowError.of(place, `cannot be found by its ${columns.join(', ')} among the rows that came back`, cure);
  }
}

function nameOf({ call, position }: RowPlace): string {
  return `${call}: rows[${position}]`;
}
