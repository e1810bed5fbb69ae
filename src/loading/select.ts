import type { AliasableExpression, SelectQueryBuilder, SelectQueryNode } from 'kysely';
import { createQueryId, ExpressionWrapper } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { NameTransformer } from '../sql/column-names.ts';
import type { Statement } from '../sql/statement.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import type { AnyBuilder, NextValue } from './conditions.ts';
import { conditionExpression, conditionShape, conditionValues } from './conditions.ts';
import { defaultSelection } from './column-selection.ts';
import { afterPosition, positionValues } from './keyset.ts';
import type { Ordering, QuerySpec, RowLock } from './query-spec.ts';
import { compiledOnce } from './shape-cache.ts';

type Select = SelectQueryBuilder<any, any, any>;

/** The column with the number of a row. */
export const ORDINAL = '#';

/** What a query selects: whole rows, those with their places in the order, how many there are, or one as proof that there is one. */
export type Selection = 'rows' | 'numbered' | 'count' | 'exists';

/** A statement with its parameters. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

/** The SELECT of a query. Compiled by Kysely once per shape; a query with free expressions is compiled each time. */
export function selectStatement(dialect: Dialect, spec: QuerySpec, selection: Selection = 'rows'): BoundStatement {
  const query = isFree(spec)
    ? compile(dialect, spec, selection)
    : compiledOnce(dialect, spec.mapper, shapeOf(spec, selection), () => compile(dialect, spec, selection));
  return { statement: query.statement, parameters: bind(query, selectValues(dialect, spec)) };
}

/**
 * The SELECT of a query's rows as a part of larger statements, in the database's names. Its last column, `#`, counts the
 * rows up in their order. Asks `next` for its placeholders.
 */
export function numberedRows(dialect: Dialect, spec: QuerySpec, next: NextValue): AliasableExpression<object> {
  const node = selectNode(dialect, spec, { selection: 'numbered', next });
  return new ExpressionWrapper<never, never, object>(node);
}

/** What the text of `numberedRows` depends on, with no value in it; undefined when it must be compiled each time. */
export function rowsShape(spec: QuerySpec): string | undefined {
  return isFree(spec) ? undefined : shapeOf(spec, 'numbered');
}

/** The values of a query, in the order of its placeholders. */
export function selectValues(dialect: Dialect, spec: QuerySpec): unknown[] {
  const values = spec.conditions.flatMap((condition) => conditionValues(dialect, spec.mapper, condition));
  values.push(...positionValues(dialect, spec));
  return [...values, ...limitValues(spec)];
}

/** Everything that the text depends on, and no value. */
function shapeOf(spec: QuerySpec, selection: Selection): string {
  const conditions = spec.conditions.map(conditionShape).join(';');
  const orderings = spec.orderings.map(orderingShape).join();
  const columns = `${spec.selection?.shape ?? ''}${lockShape(spec.lock)}${spec.after === undefined ? '' : ' after'}${groupShape(spec)}`;
  return `${selection}|${columns}|${conditions}|${orderings}|${spec.limit === undefined ? '' : 'l'}${spec.offset === undefined ? '' : 'o'}`;
}

function compile(dialect: Dialect, spec: QuerySpec, selection: Selection): CompiledQuery {
  const node = selectNode(dialect, spec, { selection, next: slots() });
  return toCompiledQuery(dialect.kysely.getExecutor().compileQuery(node, createQueryId()), kindOf(spec));
}

/** A query with free expressions is built throughout with the program's names, which are then all replaced at once. */
function selectNode(
  dialect: Dialect,
  spec: QuerySpec,
  { selection, next }: { readonly selection: Selection; readonly next: NextValue },
): SelectQueryNode {
  if (isFree(spec)) {
    const query = select(dialect, spec, { selection, next, table: 'it', nameOf: ({ property }) => property });
    return transformerOf(spec.mapper).rename(query.toOperationNode());
  }
  const { name: table } = spec.mapper.table;
  return select(dialect, spec, { selection, next, table, nameOf: ({ column }) => column.name }).toOperationNode();
}

function select(dialect: Dialect, spec: QuerySpec, options: BuildOptions): Select {
  return spec.limitEach === undefined ? build(dialect, spec, options) : limitedEach(dialect, spec, options);
}

/** The rows whose number within their group is not past the limit. */
function limitedEach(dialect: Dialect, spec: QuerySpec, options: BuildOptions): Select {
  const { nameOf, next, selection } = options;
  const all = build(dialect, { ...spec, limit: undefined, offset: undefined }, { ...options, selection: 'numbered' });
  const columns = columnsOf(spec).map(nameOf);
  let query: Select = dialect.kysely.selectFrom(all.as('every')).select(columns);
  if (spec.limit !== undefined) query = query.where(ORDINAL, '<=', next());
  if (spec.offset !== undefined) query = query.where(ORDINAL, '>', next());
  return selection === 'numbered' ? query.select(ORDINAL) : query.orderBy(ORDINAL);
}

function limitValues({ limit, offset, limitEach }: QuerySpec): number[] {
  const last = limitEach === undefined || limit === undefined ? limit : limit + (offset ?? 0);
  return [last, offset].filter((value) => value !== undefined);
}

function isFree(spec: QuerySpec): boolean {
  return [...spec.conditions, ...spec.orderings].some((part) => part.kind === 'expression');
}

interface BuildOptions {
  readonly selection: Selection;
  readonly next: NextValue;
  readonly table: string;
  readonly nameOf: (column: ColumnProperty) => string;
}

function build(dialect: Dialect, spec: QuerySpec, { selection, next, table, nameOf }: BuildOptions): Select {
  let query = dialect.kysely.selectFrom(table) as Select;
  for (const condition of spec.conditions)
    query = query.where((eb) => conditionExpression(eb, condition, { nameOf, next }));
  if (spec.after !== undefined) query = query.where((eb) => afterPosition(eb, spec, { nameOf, next }));
  if (isRows(selection)) query = query.select(columnsOf(spec).map(nameOf));
  if (selection === 'numbered') query = numbered(query, spec, nameOf);
  if (selection === 'rows' || (selection === 'numbered' && isSliced(spec))) query = ordered(query, spec, nameOf);
  if (spec.limit !== undefined) query = query.limit(next() as number);
  if (spec.offset !== undefined) query = query.offset(next() as number);
  if (isRows(selection) && dialect.locksRows) query = locked(query, spec.lock);
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

/** The orderings as Kysely's `orderBy` takes them, whatever it orders. */
function orderTerms(spec: QuerySpec, nameOf: BuildOptions['nameOf']): ['it', 'asc'][] {
  return spec.orderings.map((ordering) => {
    const isColumn = ordering.kind === 'column';
    const by = isColumn ? nameOf(ordering.column) : ordering.by;
    return [by, isColumn ? ordering.direction : ordering.modifiers] as ['it', 'asc'];
  });
}

function ordered(query: Select, spec: QuerySpec, nameOf: BuildOptions['nameOf']): Select {
  return orderTerms(spec, nameOf).reduce((built, [by, modifiers]) => built.orderBy(by, modifiers), query);
}

function columnsOf(spec: QuerySpec): readonly ColumnProperty[] {
  return (spec.selection ?? defaultSelection(spec.mapper)).columns;
}

function isRows(selection: Selection): boolean {
  return selection === 'rows' || selection === 'numbered';
}

function isSliced({ limit, offset }: QuerySpec): boolean {
  return limit !== undefined || offset !== undefined;
}

function groupShape({ limitEach }: QuerySpec): string {
  return limitEach === undefined ? '' : ` each ${limitEach.map(({ index }) => index).join()}`;
}

/** The place of each row in the order, as one more column. */
function numbered(query: Select, spec: QuerySpec, nameOf: BuildOptions['nameOf']): Select {
  const groups = spec.limitEach?.map(nameOf) ?? [];
  const terms = orderTerms(spec, nameOf);
  return query.select((eb: AnyBuilder) => {
    const number = eb.fn.agg('row_number').over((over) => {
      const within = groups.length === 0 ? over : over.partitionBy(groups);
      return terms.reduce((built, [by, modifiers]) => built.orderBy(by, modifiers), within);
    });
    return number.as(ORDINAL);
  });
}

function aggregated(dialect: Dialect, query: Select, spec: QuerySpec, selection: Selection): Select {
  if (isRows(selection)) return query;
  if (selection === 'count' && !isSliced(spec)) return query.select((eb) => eb.fn.countAll().as('count'));
  const ones = query.select((eb) => eb.lit(1).as('one'));
  if (selection === 'exists') return isSliced(spec) ? ones : ones.limit((eb: any) => eb.lit(1));
  return dialect.kysely.selectFrom(ones.as('sliced')).select((eb) => eb.fn.countAll().as('count'));
}
