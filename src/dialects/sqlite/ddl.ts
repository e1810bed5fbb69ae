import type { Column, Table } from '../../sql/table.ts';
import {
  checkClause,
  createIndex,
  createTableText,
  declaredColumns,
  foreignKeyClause,
  primaryKeyClause,
  quote,
} from '../ddl-clauses.ts';
import { declaredType } from './types.ts';

/** What other databases call the present moment, in the form that timestamps have here. */
const NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

export function createTable(table: Table, { ifNotExists }: { ifNotExists: boolean }): string[] {
  const lines = declaredColumns(table).map((column) => columnLine(table, column));
  const checks = table.columns.map((column) => checkClause(table, column)).filter((check) => check !== undefined);
  const foreignKeys = table.foreignKeys.map((foreignKey) => foreignKeyClause(table, foreignKey));
  const primaryKey = isNumbered(table) ? [] : [primaryKeyClause(table.primaryKey)];
  const text = createTableText(table, [...lines, ...primaryKey, ...checks, ...foreignKeys], ifNotExists);
  return [text, ...table.indexes.map((index) => createIndex(table, index, ifNotExists))];
}

export function dropTable(table: Table, { ifExists }: { ifExists: boolean }): string[] {
  return [`drop table ${ifExists ? 'if exists ' : ''}${quote(table.name)}`];
}

/** SQLite numbers rows by itself only when one INTEGER column is the whole primary key. */
function isNumbered(table: Table): boolean {
  return (
    table.primaryKey.length === 1 &&
    table.columns.some(({ name, autoIncrement }) => autoIncrement && name === table.primaryKey[0])
  );
}

function columnLine(table: Table, column: Column): string {
  if (column.autoIncrement && isNumbered(table)) return `${quote(column.name)} INTEGER PRIMARY KEY`;
  const parts = [quote(column.name), declaredType(column.type, `${table.name}.${column.name}`)];
  if (!column.nullable) parts.push('not null');
  if (column.serverDefault !== undefined) parts.push(`default (${defaultText(column.serverDefault)})`);
  if (column.generated !== undefined) parts.push(`generated always as (${column.generated}) stored`);
  return parts.join(' ');
}

function defaultText(serverDefault: string): string {
  return /^(?:now\(\)|current_timestamp)$/i.test(serverDefault.trim()) ? NOW : serverDefault;
}
