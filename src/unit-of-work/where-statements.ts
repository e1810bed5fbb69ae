import type {
  CompiledQuery as KyselyCompiledQuery,
  DeleteQueryNode,
  Expression,
  SqlBool,
  UpdateQueryNode,
} from 'kysely';
import { createQueryId } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { CompiledQuery } from '../loading/compiled-query.ts';
import { bind, slots, toCompiledQuery } from '../loading/compiled-query.ts';
import type { ConditionContext } from '../loading/conditions.ts';
import { conditionExpression, conditionShape, conditionValues } from '../loading/conditions.ts';
import type { Condition } from '../loading/query-spec.ts';
import type { BoundStatement } from '../loading/select.ts';
import { transformerOf } from '../loading/select.ts';
import { compiledOnce } from '../loading/shape-cache.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';

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
}

/** One statement for all rows; compiled once per shape, or each time where there are free expressions. */
export function whereStatement(dialect: Dialect, write: WhereWrite): BoundStatement {
  const { mapper, conditions, changes = [] } = write;
  const values = [
    ...changes.flatMap((each) => (each.kind === 'value' ? [each.encoded] : [])),
    ...conditions.flatMap((condition) => conditionValues(dialect, mapper, condition)),
  ];
  const query = isFree(write)
    ? compileFree(dialect, write)
    : compiledOnce(dialect, mapper, shapeOf(write), () => compilePlain(dialect, write));
  return { statement: query.statement, parameters: bind(query, values) };
}

function isFree({ conditions, changes = [] }: WhereWrite): boolean {
  return [...conditions, ...changes].some(({ kind }) => kind === 'expression');
}

/** Everything that the text depends on, and no value. */
function shapeOf({ conditions, changes, returning }: WhereWrite): string {
  const sets = changes?.map(({ column }) => column.index).join() ?? 'delete';
  return `where ${sets}|${conditions.map(conditionShape).join(';')}|${returning.map(({ index }) => index).join()}`;
}

function compilePlain(dialect: Dialect, write: WhereWrite): CompiledQuery {
  const names = { table: write.mapper.table.name, nameOf: ({ column }: ColumnProperty) => column.name };
  return toCompiledQuery(build(dialect, write, names).compile(), 'write');
}

/** Built throughout with the program's names, which are then all replaced at once. */
function compileFree(dialect: Dialect, write: WhereWrite): CompiledQuery {
  const query = build(dialect, write, { table: 'it', nameOf: ({ property }) => property });
  const node = transformerOf(write.mapper).rename(query.toOperationNode());
  return toCompiledQuery(dialect.kysely.getExecutor().compileQuery(node, createQueryId()), 'write');
}

interface Names {
  readonly table: string;
  readonly nameOf: (column: ColumnProperty) => string;
}

type AddCondition = (eb: Parameters<typeof conditionExpression>[0]) => Expression<SqlBool>;

/** What Kysely's builders of UPDATE and DELETE have in common. */
interface Write {
  where(add: AddCondition): Write;
  returning(names: string[]): Write;
  compile(): KyselyCompiledQuery;
  toOperationNode(): UpdateQueryNode | DeleteQueryNode;
}

function build(dialect: Dialect, { conditions, changes, returning }: WhereWrite, { table, nameOf }: Names): Write {
  const context = { nameOf, next: slots() };
  let query: Write =
    changes === undefined
      ? dialect.kysely.deleteFrom(table)
      : dialect.kysely.updateTable(table).set(setOf(changes, context));
  for (const condition of conditions) {
    const add: AddCondition = (eb) => conditionExpression(eb, condition, context);
    query = query.where(add);
  }
  return returning.length === 0 ? query : query.returning(returning.map(nameOf));
}

function setOf(changes: readonly Change[], { nameOf, next }: ConditionContext): Record<string, unknown> {
  return Object.fromEntries(changes.map((each) => [nameOf(each.column), each.kind === 'value' ? next() : each.build]));
}
