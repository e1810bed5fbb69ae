import type { Column, ForeignKey, Index, Table } from '../sql/table.ts';
import type { ColumnType } from '../sql/column-type.ts';

/** Pure pieces of SQL that every database writes alike. */

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteList(names: readonly string[]): string {
  return names.map(quote).join(', ');
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function columnNames(columns: readonly Column[]): string[] {
  return columns.map(({ name }) => name);
}

/** The end of a statement that tells what became of its rows; names the table, as other row sources may be in sight. */
export function returningOf(table: Table, columns: readonly Column[]): string {
  if (columns.length === 0) return '';
  return ` returning ${columns.map(({ name }) => `${quote(table.name)}.${quote(name)}`).join(', ')}`;
}

/** Without those that the database has anyway. */
export function declaredColumns(table: Table): Column[] {
  return table.columns.filter((column) => column.isSystem !== true);
}

export function primaryKeyClause(columns: readonly string[]): string {
  return `primary key (${quoteList(columns)})`;
}

export function foreignKeyName(table: Table, { columns }: ForeignKey): string {
  return `${table.name}_${columns.join('_')}_fkey`;
}

export function foreignKeyClause(table: Table, foreignKey: ForeignKey): string {
  const { columns, targetTable, targetColumns, onDelete, onUpdate } = foreignKey;
  const clauses = [
    `constraint ${quote(foreignKeyName(table, foreignKey))} foreign key (${quoteList(columns)})`,
    `references ${quote(targetTable)} (${quoteList(targetColumns)})`,
  ];
  if (onDelete !== undefined) clauses.push(`on delete ${onDelete}`);
  if (onUpdate !== undefined) clauses.push(`on update ${onUpdate}`);
  return clauses.join(' ');
}

/** Keeps an enum's column to its texts; undefined for other types. */
export function checkClause(table: Table, { name, type }: Column): string | undefined {
  const values = enumValues(type);
  if (values === undefined) return undefined;
  return `constraint ${quote(`${table.name}_${name}_check`)} check (${quote(name)} in (${values.map(quoteText).join(', ')}))`;
}

function enumValues(type: ColumnType): readonly string[] | undefined {
  if (type.name === 'custom' && type.element !== undefined) return enumValues(type.element);
  return type.name === 'enum' ? type.values : undefined;
}

export function createIndex(table: Table, { name, columns, unique }: Index, ifNotExists: boolean): string {
  const what = `create ${unique ? 'unique ' : ''}index ${ifNotExists ? 'if not exists ' : ''}${quote(name)}`;
  return `${what} on ${quote(table.name)} (${quoteList(columns)})`;
}

/** @param lines - columns, then constraints. */
export function createTableText(table: Table, lines: readonly string[], ifNotExists: boolean): string {
  return `create table ${ifNotExists ? 'if not exists ' : ''}${quote(table.name)} (\n  ${lines.join(',\n  ')}\n)`;
}
