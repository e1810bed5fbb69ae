import type { RootOperationNode } from 'kysely';
import { createQueryId } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { CompiledQuery } from '../loading/compiled-query.ts';
import { bind, slots, toCompiledQuery } from '../loading/compiled-query.ts';
import type { BoundStatement } from '../loading/select.ts';
import { transformerOf } from '../loading/select.ts';
import { compiledOnce } from '../loading/shape-cache.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';

type Rows = readonly (readonly unknown[])[];
type Columns = readonly ColumnProperty[];

interface InsertShape {
  readonly columns: readonly ColumnProperty[];
  readonly returning: readonly ColumnProperty[];
}

interface UpdateShape extends InsertShape {
  /** What a row is met by: key, and version. */
  readonly match: readonly ColumnProperty[];
}

/** INSERT of encoded rows that all have the same columns; returns `returning` of each, in no promised order. */
export function insertStatement(
  dialect: Dialect,
  mapper: Mapper,
  insert: InsertShape & { rows: Rows },
): BoundStatement {
  const { columns, returning, rows } = insert;
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) {
    if (hasSql(first)) return sqlInsert(dialect, mapper, insert, first);
    const query = compiledOnce(dialect, mapper, `insert ${shape(columns)} ${shape(returning)}`, () =>
      compileInsert(dialect, mapper, columns, returning),
    );
    return { statement: query.statement, parameters: bind(query, first) };
  }
  const bulk = dialect.bulk.insert({
    table: mapper.table,
    columns: columnsOf(columns),
    returning: columnsOf(returning),
    rowCount: rows.length,
  });
  return bulkStatement(bulk, rows);
}

/** INSERT of encoded rows that sets `update` in those that are there already by `conflict`. */
export function bulkUpsert(
  dialect: Dialect,
  { table }: Mapper,
  upsert: {
    columns: Columns;
    returning: Columns;
    conflict: Columns;
    update: Columns;
    increment: ColumnProperty | undefined;
    rows: Rows;
  },
): BoundStatement {
  const { columns, returning, conflict, update, increment, rows } = upsert;
  const bulk = dialect.bulk.upsert({
    table,
    columns: columnsOf(columns),
    returning: columnsOf(returning),
    conflict: columnsOf(conflict),
    update: columnsOf(update),
    increment: increment?.column,
    rowCount: rows.length,
  });
  return bulkStatement(bulk, rows);
}

/** UPDATE of encoded rows: what they are met by first, then the values to set; returns `returning`, in no promised order. */
export function updateStatement(
  dialect: Dialect,
  mapper: Mapper,
  update: UpdateShape & { rows: Rows },
): BoundStatement {
  const { match, columns, returning, rows } = update;
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) {
    if (hasSql(first)) return sqlUpdate(dialect, mapper, update, first);
    const query = compiledOnce(dialect, mapper, `update ${shape(columns)} ${shape(returning)}`, () =>
      compileUpdate(dialect, mapper, update),
    );
    return { statement: query.statement, parameters: bind(query, first) };
  }
  const bulk = dialect.bulk.update({
    table: mapper.table,
    keys: columnsOf(match),
    columns: columnsOf(columns),
    returning: columnsOf(returning),
    rowCount: rows.length,
  });
  return bulkStatement(bulk, rows);
}

/** DELETE by encoded keys. */
export function deleteStatement(
  dialect: Dialect,
  mapper: Mapper,
  { match, rows }: { match: readonly ColumnProperty[]; rows: Rows },
): BoundStatement {
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) {
    const query = compiledOnce(dialect, mapper, `delete ${shape(match)}`, () => compileDelete(dialect, mapper, match));
    return { statement: query.statement, parameters: bind(query, first) };
  }
  return bulkStatement(
    dialect.bulk.delete({ table: mapper.table, keys: columnsOf(match), rowCount: rows.length }),
    rows,
  );
}

function bulkStatement(bulk: { sql: string; parameters(rows: Rows): unknown[] }, rows: Rows): BoundStatement {
  return {
    statement: { sql: bulk.sql, kind: 'write', parse: 'raw', prepare: true },
    parameters: bulk.parameters(rows),
  };
}

function compileInsert(
  dialect: Dialect,
  mapper: Mapper,
  columns: readonly ColumnProperty[],
  returning: readonly ColumnProperty[],
): CompiledQuery {
  const next = slots();
  const insert = dialect.kysely.insertInto(mapper.table.name);
  const filled =
    columns.length === 0
      ? insert.defaultValues()
      : insert.values(Object.fromEntries(names(columns).map((name) => [name, next()])));
  return toCompiledQuery((returning.length === 0 ? filled : filled.returning(names(returning))).compile(), 'write');
}

function compileUpdate(dialect: Dialect, mapper: Mapper, { match, columns, returning }: UpdateShape): CompiledQuery {
  const next = slots();
  const keys = names(match).map((name) => [name, next()] as const);
  const values = Object.fromEntries(names(columns).map((name) => [name, next()]));
  const update = dialect.kysely.updateTable(mapper.table.name).set(values);
  const met = update.where((eb) => eb.and(keys.map(([name, key]) => eb(name, '=', key))));
  return toCompiledQuery((returning.length === 0 ? met : met.returning(names(returning))).compile(), 'write');
}

function compileDelete(dialect: Dialect, mapper: Mapper, match: readonly ColumnProperty[]): CompiledQuery {
  const next = slots();
  const deletion = dialect.kysely.deleteFrom(mapper.table.name);
  return toCompiledQuery(
    deletion.where((eb) => eb.and(names(match).map((name) => eb(name, '=', next())))).compile(),
    'write',
  );
}

function hasSql(row: readonly unknown[]): boolean {
  return row.some((value) => value instanceof SqlExpression);
}

/** Rows with SQL in them are compiled each time, over `it` and the program's names, like free conditions. */
function sqlInsert(
  dialect: Dialect,
  mapper: Mapper,
  { columns, returning }: InsertShape,
  row: readonly unknown[],
): BoundStatement {
  const insert = dialect.kysely
    .insertInto('it')
    .values((eb: unknown) => Object.fromEntries(columns.map(({ property }, at) => [property, sqlOr(eb, row[at])])));
  return renamed(dialect, mapper, insert.returning(properties(returning)).toOperationNode());
}

function sqlUpdate(
  dialect: Dialect,
  mapper: Mapper,
  { match, columns, returning }: UpdateShape,
  row: readonly unknown[],
): BoundStatement {
  const values = row.slice(match.length);
  const update = dialect.kysely
    .updateTable('it')
    .set((eb: unknown) => Object.fromEntries(columns.map(({ property }, at) => [property, sqlOr(eb, values[at])])));
  const met = update.where((eb) => eb.and(properties(match).map((name, at) => eb(name, '=', row[at]))));
  return renamed(dialect, mapper, met.returning(properties(returning)).toOperationNode());
}

function sqlOr(expressionBuilder: unknown, value: unknown): unknown {
  return value instanceof SqlExpression ? value.build(expressionBuilder) : value;
}

function renamed(dialect: Dialect, mapper: Mapper, node: RootOperationNode): BoundStatement {
  const compiled = dialect.kysely.getExecutor().compileQuery(transformerOf(mapper).rename(node), createQueryId());
  return {
    statement: { sql: compiled.sql, kind: 'write', parse: 'raw', prepare: false },
    parameters: compiled.parameters,
  };
}

function properties(columns: readonly ColumnProperty[]): string[] {
  return columns.map(({ property }) => property);
}

function shape(columns: readonly ColumnProperty[]): string {
  return columns.map(({ index }) => index).join();
}

function names(columns: readonly ColumnProperty[]): string[] {
  return columns.map(({ column }) => column.name);
}

function columnsOf(columns: readonly ColumnProperty[]): ColumnProperty['column'][] {
  return columns.map(({ column }) => column);
}
