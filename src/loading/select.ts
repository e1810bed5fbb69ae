import type { SelectQueryBuilder } from 'kysely';
import { createQueryId } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { NameTransformer } from '../sql/column-names.ts';
import type { Statement } from '../sql/statement.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import { conditionExpression, conditionShape, conditionValues } from './conditions.ts';
import { defaultSelection } from './column-selection.ts';
import { afterPosition, positionValues } from './keyset.ts';
import type { Ordering, QuerySpec, RowLock } from './query-spec.ts';
import { compiledOnce } from './shape-cache.ts';

type Select = SelectQueryBuilder<any, any, any>;

/** What a query selects: whole rows, their number, or one row as proof that there is one. */
export type Selection = 'rows' | 'count' | 'exists';

/** A statement with its parameters. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

/** The SELECT of a query. Compiled by Kysely once per shape; a query with free expressions is compiled each time. */
export function selectStatement(dialect: Dialect, spec: QuerySpec, selection: Selection = 'rows'): BoundStatement {
  const values = spec.conditions.flatMap((condition) => conditionValues(dialect, spec.mapper, condition));
  values.push(...positionValues(dialect, spec));
  if (spec.limit !== undefined) values.push(spec.limit);
  if (spec.offset !== undefined) values.push(spec.offset);
  const query = isFree(spec)
    ? compile(dialect, spec, selection)
    : compiledOnce(dialect, spec.mapper, shapeOf(spec, selection), () => compile(dialect, spec, selection));
  return { statement: query.statement, parameters: bind(query, values) };
}

/** Everything that the text depends on, and no value. */
function shapeOf(spec: QuerySpec, selection: Selection): string {
  const conditions = spec.conditions.map(conditionShape).join(';');
  const orderings = spec.orderings.map(orderingShape).join();
  const columns = `${spec.selection?.shape ?? ''}${lockShape(spec.lock)}${spec.after === undefined ? '' : ' after'}`;
  return `${selection}|${columns}|${conditions}|${orderings}|${spec.limit === undefined ? '' : 'l'}${spec.offset === undefined ? '' : 'o'}`;
}

/** A query with free expressions is built throughout with the program's names, which are then all replaced at once. */
function compile(dialect: Dialect, spec: QuerySpec, selection: Selection): CompiledQuery {
  if (!isFree(spec)) {
    const query = build(dialect, spec, {
      selection,
      table: spec.mapper.table.name,
      nameOf: ({ column }) => column.name,
    });
    return toCompiledQuery(query.compile(), kindOf(spec));
  }
  const query = build(dialect, spec, { selection, table: 'it', nameOf: ({ property }) => property });
  const node = transformerOf(spec.mapper).rename(query.toOperationNode());
  return toCompiledQuery(dialect.kysely.getExecutor().compileQuery(node, createQueryId()), kindOf(spec));
}

function isFree(spec: QuerySpec): boolean {
  return [...spec.conditions, ...spec.orderings].some((part) => part.kind === 'expression');
}

interface BuildOptions {
  readonly selection: Selection;
  readonly table: string;
  readonly nameOf: (column: ColumnProperty) => string;
}

function build(dialect: Dialect, spec: QuerySpec, { selection, table, nameOf }: BuildOptions): Select {
  const next = slots();
  let query = dialect.kysely.selectFrom(table) as Select;
  for (const condition of spec.conditions)
    query = query.where((eb) => conditionExpression(eb, condition, { nameOf, next }));
  if (spec.after !== undefined) query = query.where((eb) => afterPosition(eb, spec, { nameOf, next }));
  if (selection === 'rows') {
    query = query.select((spec.selection ?? defaultSelection(spec.mapper)).columns.map(nameOf));
    for (const ordering of spec.orderings) query = ordered(query, ordering, nameOf);
  }
  if (spec.limit !== undefined) query = query.limit(next() as number);
  if (spec.offset !== undefined) query = query.offset(next() as number);
  if (selection === 'rows' && dialect.locksRows) query = locked(query, spec.lock);
  return aggregated(dialect, query, spec, selection);
}

/** Turns the names that programs use into the database's, in statements on a table called `it`. */
export function transformerOf(mapper: Mapper): NameTransformer {
  const columnOf = (name: string): string => {
    const attribute = mapper.attributes.get(name);
    return attribute?.kind === 'column' ? attribute.column.name : name;
  };
  return new NameTransformer(columnOf, (table) => (table === 'it' ? mapper.table.name : table));
}

/** Where rows cannot be locked, a locking read counts as a write: it takes the lock that the database has. */
function kindOf({ lock }: QuerySpec): 'read' | 'write' {
  return lock === undefined ? 'read' : 'write';
}

function lockShape(lock: RowLock | undefined): string {
  if (lock === undefined) return '';
  return lock.nowait === true ? ' nowait' : lock.skipLocked === true ? ' skip locked' : ' lock';
}

function locked(query: Select, lock: RowLock | undefined): Select {
  if (lock === undefined) return query;
  const locking = query.forUpdate();
  if (lock.nowait === true) return locking.noWait();
  return lock.skipLocked === true ? locking.skipLocked() : locking;
}

function orderingShape(ordering: Ordering): string {
  return ordering.kind === 'column' ? `${ordering.column.index} ${ordering.direction}` : '';
}

function ordered(query: Select, ordering: Ordering, nameOf: BuildOptions['nameOf']): Select {
  if (ordering.kind === 'column') return query.orderBy(nameOf(ordering.column), ordering.direction);
  return query.orderBy(ordering.by as 'it', ordering.modifiers as 'asc');
}

function aggregated(dialect: Dialect, query: Select, spec: QuerySpec, selection: Selection): Select {
  if (selection === 'rows') return query;
  const isSliced = spec.limit !== undefined || spec.offset !== undefined;
  if (selection === 'count' && !isSliced) return query.select((eb) => eb.fn.countAll().as('count'));
  const ones = query.select((eb) => eb.lit(1).as('one'));
  if (selection === 'exists') return isSliced ? ones : ones.limit((eb: any) => eb.lit(1));
  return dialect.kysely.selectFrom(ones.as('sliced')).select((eb) => eb.fn.countAll().as('count'));
}
