import type { CompiledQuery as KyselyCompiledQuery, Expression, SqlBool } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { CompiledQuery } from '../loading/compiled-query.ts';
import { bind, slots, toCompiledQuery } from '../loading/compiled-query.ts';
import type { ConditionContext } from '../loading/conditions.ts';
import { conditionsShape, isFree, restrictionValues } from '../loading/condition-shape.ts';
import { unjoined } from '../loading/conditions.ts';
import { builtExpression, inDatabaseNames } from '../loading/free-expression.ts';
import { kindConditions } from '../loading/kind-conditions.ts';
import type { Condition, RowFilters } from '../loading/query-spec.ts';
import type { BoundStatement } from '../loading/select.ts';
import { compiledOnce } from '../loading/shape-cache.ts';
import { SqlScope } from '../loading/sql-scope.ts';
import { QueryArgumentError } from '../errors/session-errors.ts';
import { spansTables } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { rootPart, tableParts } from '../mapping/table-parts.ts';

/** A column to set: to a value of the program, or to whatever Kysely makes of an expression. */
export type Change =
  | { readonly kind: 'value'; readonly column: ColumnProperty; readonly value: unknown; readonly encoded: unknown }
  | { readonly kind: 'expression'; readonly column: ColumnProperty; readonly build: unknown };

/** An UPDATE, or, without changes, a DELETE, of the rows that meet conditions. */
export interface WhereWrite {
  readonly mapper: Mapper;
  readonly conditions: readonly Condition[];
  readonly changes: readonly Change[] | undefined;
  readonly returning: readonly ColumnProperty[];
  readonly filters?: RowFilters | undefined;
}

/** One statement for all rows; compiled once per shape, or each time where there are free expressions. */
export function whereStatement(dialect: Dialect, asked: WhereWrite): BoundStatement {
  const kinds = kindConditions(asked.mapper);
  const write = kinds.length === 0 ? asked : { ...asked, conditions: [...kinds, ...asked.conditions] };
  const { mapper, conditions, changes = [] } = write;
  const values = [
    ...changes.flatMap((each) => (each.kind === 'value' ? [each.encoded] : [])),
    ...restrictionValues(dialect, mapper, conditions),
  ];
  const compile = (): CompiledQuery => toCompiledQuery(build(dialect, write).compile(), 'write');
  const query = isFreeWrite(write) ? compile() : compiledOnce(dialect, mapper, shapeOf(write), compile);
  return { statement: query.statement, parameters: bind(query, values) };
}

function isFreeWrite({ conditions, changes = [] }: WhereWrite): boolean {
  return conditions.some(isFree) || changes.some(({ kind }) => kind === 'expression');
}

/** Everything that the text depends on, and no value. */
function shapeOf({ conditions, changes, returning }: WhereWrite): string {
  const sets = changes?.map(({ column }) => column.index).join() ?? 'delete';
  return `where ${sets}|${conditionsShape(conditions)}|${returning.map(({ index }) => index).join()}`;
}

/** What Kysely's builders of UPDATE and DELETE have in common. */
interface Write {
  where(condition: Expression<SqlBool>): Write;
  returning(names: string[]): Write;
  compile(): KyselyCompiledQuery;
}

function build(dialect: Dialect, { mapper, conditions, changes, returning, filters }: WhereWrite): Write {
  const scope = SqlScope.root(partWith(mapper, changes), false);
  const context = { dialect, scope, next: slots(), filters };
  let query: Write =
    changes === undefined
      ? dialect.kysely.deleteFrom(scope.table)
      : dialect.kysely.updateTable(scope.table).set(setOf(changes, context));
  for (const condition of unjoined(conditions, context, mapper)) query = query.where(condition);
  return returning.length === 0 ? query : query.returning(returning.map((column) => scope.listed(column)));
}

/** The one of a class's tables that has the columns to set; without any, that of the root, whose rows others go with. */
function partWith(mapper: Mapper, changes: readonly Change[] | undefined): Mapper {
  if (!spansTables(mapper)) return mapper;
  if (changes === undefined) return rootPart(mapper);
  const part = tableParts(mapper).find(({ columns }) => changes.every(({ column }) => columns.has(column)));
  if (part !== undefined) return part.mapper;
  throw QueryArgumentError.of(
    `update(${mapper.name})`,
    `the columns to set, the version among them, are in several tables: ${changes.map(({ column }) => column.property).join(', ')}`,
    'Set those of one table at a time; where there is a version, change the objects instead.',
  );
}

function setOf(changes: readonly Change[], { scope, next }: ConditionContext): Record<string, unknown> {
  return Object.fromEntries(
    changes.map((each) => [
      each.column.column.name,
      each.kind === 'value' ? next() : inDatabaseNames(builtExpression(each.build), scope),
    ]),
  );
}
