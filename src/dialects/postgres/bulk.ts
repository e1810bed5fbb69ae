import type { Column } from '../../sql/table.ts';
import { columnNames, quote, quoteList, returningOf } from '../ddl-clauses.ts';
import type { BulkDelete, BulkInsert, BulkStatement, BulkStatements, BulkUpdate, BulkUpsert } from '../dialect.ts';
import { onConflict } from '../on-conflict.ts';
import { bulkType, columnArray } from './types.ts';

/** What the protocol can count. */
export const MAX_PARAMETERS = 65_535;

const MAX_ROWS = 10_000;

/** Rows as one array parameter for each column: one text, and so one plan, for any number of rows. */
export const bulk: BulkStatements = Object.freeze({ insert, upsert, update, delete: remove, maxRows: () => MAX_ROWS });

function insert(bulk: BulkInsert): BulkStatement {
  return insertion(bulk, '');
}

function upsert(bulk: BulkUpsert): BulkStatement {
  return insertion(bulk, ` ${onConflict(bulk)}`);
}

function insertion({ table, columns, returning }: BulkInsert, conflict: string): BulkStatement {
  const name = quote(table.name);
  const answer = `${conflict}${returning.length === 0 ? '' : ` returning ${quoteList(columnNames(returning))}`}`;
  if (columns.length === 0) {
    // A row of nothing but defaults is counted, not sent.
    const sql = `insert into ${name} select from generate_series(1, $1::integer)${answer}`;
    return { sql, parameters: (rows) => [rows.length] };
  }
  const rows = `${unnest(columns)} with ordinality as r(${aliases(columns)}, n)`;
  const sql = `insert into ${name} (${quoteList(columnNames(columns))}) select ${columns.map(valueOf).join(', ')} from ${rows} order by n${answer}`;
  return columnMajor(sql, columns.length);
}

function update({ table, keys, columns, returning = [] }: BulkUpdate): BulkStatement {
  const name = quote(table.name);
  const all = [...keys, ...columns];
  const sets = columns.map((column, i) => `${quote(column.name)} = ${valueOf(column, keys.length + i)}`);
  const rows = `${unnest(all)} as r(${aliases(all)})`;
  const sql = `update ${name} set ${sets.join(', ')} from ${rows} where ${matches(name, keys)}${returningOf(table, returning)}`;
  return columnMajor(sql, all.length);
}

function remove({ table, keys }: BulkDelete): BulkStatement {
  const name = quote(table.name);
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) {
    return columnMajor(`delete from ${name} where ${quote(only.name)} = any(${arrayParameter(only, 0)})`, 1);
  }
  return columnMajor(
    `delete from ${name} using ${unnest(keys)} as r(${aliases(keys)}) where ${matches(name, keys)}`,
    keys.length,
  );
}

function columnMajor(sql: string, width: number): BulkStatement {
  return {
    sql,
    parameters: (rows) => Array.from({ length: width }, (_, column) => columnArray(rows.map((row) => row[column]))),
  };
}

function unnest(columns: readonly Column[]): string {
  return `unnest(${columns.map(arrayParameter).join(', ')})`;
}

function arrayParameter({ type }: Column, position: number): string {
  return `$${position + 1}::${bulkType(type).element}[]`;
}

function aliases(columns: readonly Column[]): string {
  return columns.map((_, i) => `c${i + 1}`).join(', ');
}

function valueOf({ type }: Column, position: number): string {
  const { cast } = bulkType(type);
  return cast === undefined ? `r.c${position + 1}` : `r.c${position + 1}::${cast}`;
}

function matches(name: string, keys: readonly Column[]): string {
  return keys.map((key, i) => `${name}.${quote(key.name)} = ${valueOf(key, i)}`).join(' and ');
}
