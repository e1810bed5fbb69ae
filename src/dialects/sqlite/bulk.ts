import { columnNames, quote, quoteList, returningOf } from '../ddl-clauses.ts';
import type { BulkDelete, BulkInsert, BulkStatement, BulkStatements, BulkUpdate, BulkUpsert } from '../dialect.ts';
import { onConflict } from '../on-conflict.ts';

export const MAX_PARAMETERS = 32_766;

/** Longer statements gain nothing here and take longer to compile than to run. */
const MAX_ROWS = 1_000;

/** Rows as `VALUES` lists: the text depends on their number. */
export const bulk: BulkStatements = Object.freeze({
  insert,
  upsert,
  update,
  delete: remove,
  maxRows: (columns: number) => Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_PARAMETERS / Math.max(1, columns)))),
});

function insert(bulk: BulkInsert): BulkStatement {
  return insertion(bulk, '');
}

function upsert(bulk: BulkUpsert): BulkStatement {
  return insertion(bulk, ` ${onConflict(bulk)}`);
}

function insertion({ table, columns, returning, rowCount }: BulkInsert, conflict: string): BulkStatement {
  // Every row has a rowid, and null numbers it: the only way to insert many rows of nothing but defaults.
  const names = columns.length === 0 ? 'rowid' : quoteList(columnNames(columns));
  const tuples = columns.length === 0 ? repeat('(null)', rowCount) : tuplesOf(columns.length, rowCount);
  const answer = returning.length === 0 ? '' : ` returning ${quoteList(columnNames(returning))}`;
  return rowMajor(`insert into ${quote(table.name)} (${names}) values ${tuples}${conflict}${answer}`);
}

function update({ table, keys, columns, returning = [], rowCount }: BulkUpdate): BulkStatement {
  const name = quote(table.name);
  const sets = columns.map((column, i) => `${quote(column.name)} = r.column${keys.length + i + 1}`);
  const matches = keys.map((key, i) => `${name}.${quote(key.name)} = r.column${i + 1}`);
  const rows = tuplesOf(keys.length + columns.length, rowCount);
  const condition = `where ${matches.join(' and ')}${returningOf(table, returning)}`;
  return rowMajor(`update ${name} set ${sets.join(', ')} from (values ${rows}) as r ${condition}`);
}

function remove({ table, keys, rowCount }: BulkDelete): BulkStatement {
  const isComposite = keys.length > 1;
  const names = quoteList(columnNames(keys));
  const rows = isComposite ? `values ${tuplesOf(keys.length, rowCount)}` : repeat('?', rowCount);
  return rowMajor(`delete from ${quote(table.name)} where ${isComposite ? `(${names})` : names} in (${rows})`);
}

function rowMajor(sql: string): BulkStatement {
  return { sql, parameters: (rows) => rows.flat() };
}

function tuplesOf(columns: number, rows: number): string {
  return repeat(`(${repeat('?', columns)})`, rows);
}

function repeat(text: string, times: number): string {
  return Array.from({ length: times }, () => text).join(', ');
}
