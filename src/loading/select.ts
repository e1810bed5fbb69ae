import type { AliasableExpression, OrderByModifiers, RawBuilder } from 'kysely';
import { sql } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { AnyExpression, AnySelect } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { NameTransformer } from '../sql/column-names.ts';
import type { ColumnType } from '../sql/column-type.ts';
import type { Statement } from '../sql/statement.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import { conditionsShape, hasFreeStep, isFree, orderingShape, restrictionValues } from './condition-shape.ts';
import type { NextValue } from './conditions.ts';
import { altered } from './altered-query.ts';
import { restricted } from './conditions.ts';
import { columnsOf } from './column-selection.ts';
import { builtExpression, inDatabaseNames } from './free-expression.ts';
import { needsJoins } from './join-path.ts';
import { afterPosition, positionShape, positionValues } from './keyset.ts';
import { kindConditions } from './kind-conditions.ts';
import type { ColumnOrdering, Condition, Ordering, QuerySpec } from './query-spec.ts';
import { compiledOnce } from './shape-cache.ts';
import type { ColumnExpression } from './sql-scope.ts';
import { SqlScope } from './sql-scope.ts';

/** The column with the number of a row. */
export const ORDINAL = '#';

/** What a query selects: whole rows, those with the values that order them at the end, those with their numbers in the order, how many there are, or one as proof that there is one. */
export type Selection = 'rows' | 'placed' | 'numbered' | 'count' | 'exists';

/** One column of a result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** A statement with its parameters. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

/** The SELECT of a query. Compiled by Kysely once per shape; a query with free expressions is compiled each time. */
export function selectStatement(dialect: Dialect, spec: QuerySpec, selection: Selection = 'rows'): BoundStatement {
  const query = isFreeQuery(spec)
    ? compile(dialect, spec, selection)
    : compiledOnce(dialect, spec.mapper, shapeOf(spec, selection), () => compile(dialect, spec, selection));
  return { statement: query.statement, parameters: bind(query, selectValues(dialect, spec, selection)) };
}

/**
 * The SELECT of a query's rows as a part of larger statements, in the database's names. Its last column, `#`, counts the
 * rows up in their order. Asks `next` for its placeholders.
 */
export function numberedRows(dialect: Dialect, spec: QuerySpec, next: NextValue): AliasableExpression<object> {
  return select(dialect, spec, { selection: 'numbered', next });
}

/** What the text of `numberedRows` depends on, with no value in it; undefined when it must be compiled each time. */
export function rowsShape(spec: QuerySpec): string | undefined {
  return isFreeQuery(spec) ? undefined : shapeOf(spec, 'numbered');
}

/** The values of a query, in the order of its placeholders. */
export function selectValues(dialect: Dialect, spec: QuerySpec, selection: Selection = 'rows'): unknown[] {
  const values = restrictionValues(dialect, spec.mapper, conditionsOf(spec), orderingsOf(spec, selection));
  values.push(...positionValues(dialect, spec));
  return [...values, ...limitValues(spec)];
}

/** Everything that the text depends on, and no value. */
function shapeOf(spec: QuerySpec, selection: Selection): string {
  const conditions = conditionsShape(conditionsOf(spec));
  const orderings = orderingsOf(spec, selection).map(orderingShape).join();
  const read = spec.selection?.shape ?? familyShape(spec.mapper);
  const columns = `${read}${lockShape(spec)}${positionShape(spec)}${groupShape(spec)}`;
  return `${selection}|${columns}|${conditions}|${orderings}|${spec.limit === undefined ? '' : 'l'}${spec.offset === undefined ? '' : 'o'}`;
}

function compile(dialect: Dialect, spec: QuerySpec, selection: Selection): CompiledQuery {
  return toCompiledQuery(select(dialect, spec, { selection, next: slots() }).compile(), kindOf(spec));
}

interface BuildOptions {
  readonly selection: Selection;
  readonly next: NextValue;
}

function select(dialect: Dialect, spec: QuerySpec, options: BuildOptions): AnySelect {
  return spec.limitEach === undefined ? build(dialect, spec, options) : limitedEach(dialect, spec, options);
}

/** The rows whose number within their group is not past the limit. */
function limitedEach(dialect: Dialect, spec: QuerySpec, options: BuildOptions): AnySelect {
  const { next, selection } = options;
  const all = build(dialect, { ...spec, limit: undefined, offset: undefined }, { ...options, selection: 'numbered' });
  const columns = columnsOf(spec).map(({ column }) => column.name);
  let query: AnySelect = dialect.kysely.selectFrom(all.as('every')).select(columns);
  if (spec.limit !== undefined) query = query.where(ORDINAL, '<=', next());
  if (spec.offset !== undefined) query = query.where(ORDINAL, '>', next());
  return selection === 'numbered' ? query.select(ORDINAL) : query.orderBy(ORDINAL);
}

function limitValues({ limit, offset, limitEach }: QuerySpec): number[] {
  const last = limitEach === undefined || limit === undefined ? limit : limit + (offset ?? 0);
  return [last, offset].filter((value) => value !== undefined);
}

/** A family may grow, and so may what a SELECT reads when nothing is said. */
function familyShape({ inheritance }: Mapper): string {
  return inheritance === undefined ? '' : `all ${inheritance.family.members.length}`;
}

/** Those that the rows of the mapper's own classes meet, and those of the query. */
function conditionsOf({ mapper, conditions }: QuerySpec): readonly Condition[] {
  const kinds = kindConditions(mapper);
  return kinds.length === 0 ? conditions : [...kinds, ...conditions];
}

/** Whether a query's statement cannot be kept. */
export function isFreeQuery({
  alterations,
  lockOf,
  conditions,
  orderings,
}: Pick<QuerySpec, 'alterations' | 'lockOf' | 'conditions' | 'orderings'>): boolean {
  return (
    alterations !== undefined ||
    lockOf !== undefined ||
    conditions.some(isFree) ||
    orderings.some((each) => each.kind === 'expression' || hasFreeStep(each.path))
  );
}

/** Only rows need an order. */
function orderingsOf({ orderings }: QuerySpec, selection: Selection): readonly Ordering[] {
  return isRows(selection) ? orderings : [];
}

function build(dialect: Dialect, spec: QuerySpec, { selection, next }: BuildOptions): AnySelect {
  const orderings = orderingsOf(spec, selection);
  const isAltered = spec.alterations !== undefined;
  const isLocking = isRows(selection) && dialect.locksRows && spec.lock !== undefined;
  const required = (isLocking ? spec.lockOf : undefined) ?? [];
  const scope = SqlScope.root(spec.mapper, isAltered || required.length > 0 || needsJoins(spec.conditions, orderings));
  const from = dialect.kysely.selectFrom(spec.lock === undefined ? scope.source : scope.lockedSource);
  let query = restricted(from, conditionsOf(spec), {
    context: { dialect, scope, next, filters: spec.filters },
    orderings,
    required,
  });
  if (spec.after !== undefined) query = query.where(afterPosition(spec, scope, { dialect, next }));
  if (isRows(selection) || isAltered) query = query.select(columnsOf(spec).map((column) => scope.listed(column)));
  const groups = spec.limitEach?.map((column) => scope.listed(column));
  if (selection === 'placed') query = placed(query, spec, scope);
  if (selection === 'numbered') query = numbered(query, spec.orderings, { scope, groups });
  if (selection === 'rows' || selection === 'placed' || (selection === 'numbered' && isSliced(spec)))
    query = ordered(query, orderings, scope);
  if (spec.limit !== undefined) query = query.limit(numeric(next()));
  if (spec.offset !== undefined) query = query.offset(numeric(next()));
  if (isLocking) query = locked(query, spec, scope);
  if (spec.alterations !== undefined) query = altered(dialect, query, { scope, alterations: spec.alterations });
  return aggregated(dialect, query, spec, selection);
}

function numeric(placeholder: unknown): RawBuilder<number> {
  return sql`${placeholder}`;
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

function lockShape({ lock, lockOf }: QuerySpec): string {
  if (lock === undefined) return '';
  return ` lock ${lock.mode ?? ''}${lock.nowait === true ? ' nowait' : lock.skipLocked === true ? ' skip locked' : ''}${lockOf === undefined ? '' : ' of'}`;
}

const LOCKS = {
  update: 'forUpdate',
  noKeyUpdate: 'forNoKeyUpdate',
  share: 'forShare',
  keyShare: 'forKeyShare',
} as const;

/** Rows that may be missing cannot be locked, so of several tables only those that are meant are named. */
function locked(query: AnySelect, { lock = {}, lockOf }: QuerySpec, scope: SqlScope): AnySelect {
  const hasJoins = !scope.allJoins().next().done;
  const tables = lockOf?.map((path) => scope.reach(path).name) ?? (hasJoins ? [scope.name] : []);
  const method = LOCKS[lock.mode ?? 'update'];
  const locking = tables.length === 0 ? query[method]() : query[method](tables);
  if (lock.nowait === true) return locking.noWait();
  return lock.skipLocked === true ? locking.skipLocked() : locking;
}

interface OrderTerm {
  readonly by: ColumnExpression | AnyExpression;
  readonly modifiers: OrderByModifiers;
}

/** An ordering as Kysely's `orderBy` takes it, whatever it orders. */
function orderTerm(ordering: Ordering, scope: SqlScope): OrderTerm {
  if (ordering.kind === 'expression')
    return { by: inDatabaseNames(builtExpression(ordering.by), scope), modifiers: ordering.modifiers as 'asc' };
  const { path = [], column, direction, nulls } = ordering;
  const by = scope.reach(path).ref(column);
  if (nulls === undefined) return { by, modifiers: direction };
  return {
    by,
    modifiers(order) {
      const directed = direction === 'asc' ? order.asc() : order.desc();
      return nulls === 'first' ? directed.nullsFirst() : directed.nullsLast();
    },
  };
}

/** In the order of these, column by column. */
export function ordered(query: AnySelect, orderings: readonly Ordering[], scope: SqlScope): AnySelect {
  return orderings.reduce((built, ordering) => {
    const { by, modifiers } = orderTerm(ordering, scope);
    return built.orderBy(by, modifiers);
  }, query);
}

/** The columns that a query selects. */
export function isRows(selection: Selection): boolean {
  return selection === 'rows' || selection === 'placed' || selection === 'numbered';
}

function isSliced({ limit, offset }: QuerySpec): boolean {
  return limit !== undefined || offset !== undefined;
}

function groupShape({ limitEach }: QuerySpec): string {
  return limitEach === undefined ? '' : ` each ${limitEach.map(({ index }) => index).join()}`;
}

/** The values that order the rows, as far as they are not among the columns: more columns. */
function placed(query: AnySelect, spec: QuerySpec, scope: SqlScope): AnySelect {
  const places = placesOf(spec).filter(({ at }) => at >= columnsOf(spec).length);
  return query.select(
    places.map(({ ordering, at }) =>
      scope
        .reach(ordering.path ?? [])
        .ref(ordering.column)
        .as(`#${at}`),
    ),
  );
}

/** Where in a row that is selected as `placed` the value of each ordering is. */
export function placesOf(spec: QuerySpec): { readonly ordering: ColumnOrdering; readonly at: number }[] {
  const columns = columnsOf(spec);
  let width = columns.length;
  return spec.orderings
    .filter((ordering) => ordering.kind === 'column')
    .map((ordering) => {
      const own = ordering.path === undefined ? columns.indexOf(ordering.column) : -1;
      return { ordering, at: own < 0 ? width++ : own };
    });
}

/** The number of each row in the order, as one more column; within each group where there are `groups`. */
export function numbered(
  query: AnySelect,
  orderings: readonly Ordering[],
  { scope, groups = [] }: { readonly scope: SqlScope; readonly groups?: readonly string[] | undefined },
): AnySelect {
  const number = eb.fn.agg('row_number').over((over) => {
    const within = groups.length === 0 ? over : over.partitionBy(groups);
    return orderings.reduce((built, ordering) => {
      const { by, modifiers } = orderTerm(ordering, scope);
      return built.orderBy(by, modifiers);
    }, within);
  });
  return query.select(number.as(ORDINAL));
}

function aggregated(dialect: Dialect, query: AnySelect, spec: QuerySpec, selection: Selection): AnySelect {
  if (isRows(selection)) return query;
  if (spec.alterations !== undefined) return aggregatedApart(dialect, query, selection);
  if (selection === 'count' && !isSliced(spec)) return query.select((eb) => eb.fn.countAll().as('count'));
  const ones = query.select((eb) => eb.lit(1).as('one'));
  if (selection === 'exists') return isSliced(spec) ? ones : ones.limit(() => eb.lit(1));
  return dialect.kysely.selectFrom(ones.as('sliced')).select((eb) => eb.fn.countAll().as('count'));
}

/** Of rows that may be distinct, grouped or joined. */
function aggregatedApart(dialect: Dialect, query: AnySelect, selection: Selection): AnySelect {
  const rows = dialect.kysely.selectFrom(query.as('altered'));
  if (selection === 'count') return rows.select((eb) => eb.fn.countAll().as('count'));
  return rows.select((eb) => eb.lit(1).as('one')).limit(() => eb.lit(1));
}
