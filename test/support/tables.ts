import type { ColumnType } from '../../src/sql/column-type.ts';
import type { Column, ForeignKey, Index, Table } from '../../src/sql/table.ts';

export function column(name: string, type: ColumnType, rest: Partial<Column> = {}): Column {
  return { name, type, nullable: false, autoIncrement: false, ...rest };
}

export const id: Column = column('id', { name: 'integer' }, { autoIncrement: true });

export function table(
  name: string,
  columns: readonly Column[],
  rest: { primaryKey?: string[]; foreignKeys?: ForeignKey[]; indexes?: Index[] } = {},
): Table {
  return { name, columns, primaryKey: ['id'], foreignKeys: [], indexes: [], ...rest };
}
