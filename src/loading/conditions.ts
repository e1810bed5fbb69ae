import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { AnySelect, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import { conditionValues, restrictionValues } from './condition-shape.ts';
import { inDatabaseNames } from './free-expression.ts';
import { needsJoins, pathsOf } from './join-path.ts';
import { listed, listSize } from './list-padding.ts';
import { isListOperator, isNegation } from './operators.ts';
import type {
  ColumnCondition,
  Condition,
  ConditionTerms,
  JoinPath,
  KeysCondition,
  Ordering,
  RelatedCondition,
  RowFilters,
  WithinCondition,
} from './query-spec.ts';
import { isLinked, relatedRows } from './related-rows.ts';
import { filteredCondition, filteredPath } from './row-filters.ts';
import type { ColumnExpression, JoinedTable, SqlScope } from './sql-scope.ts';

/** Gives the placeholder of the next value. */
export type NextValue = () => unknown;

/** Where a condition stands and where its placeholders come from. */
export interface ConditionContext {
  readonly dialect: Dialect;
  readonly scope: SqlScope;
  readonly next: NextValue;
  /** For what free conditions say of related rows. */
  readonly filters?: RowFilters | undefined;
}

interface RestrictOptions {
  readonly context: ConditionContext;
  readonly orderings?: readonly Ordering[];
  /** Paths whose rows must be there. */
  readonly required?: readonly JoinPath[];
}

/**
 * Adds conditions to a SELECT, and the joins that they and the orderings need. Asks `next` for values in the order of
 * `restrictionValues`.
 */
export function restricted(
  select: AnySelect,
  conditions: readonly Condition[],
  { context, orderings = [], required = [] }: RestrictOptions,
): AnySelect {
  const { scope } = context;
  for (const path of pathsOf(conditions, orderings)) scope.reach(path);
  const known = new Set(scope.allJoins());
  let query = select;
  for (const condition of conditions) query = query.where(conditionExpression(condition, context));
  const inner = new Set(required.flatMap((path) => path.map((_, at) => scope.reach(path.slice(0, at + 1)))));
  for (const join of scope.allJoins()) {
    // What a free expression has joined nobody knew when the values were listed.
    const next = known.has(join) ? context.next : inline(stepValues(context.dialect, join));
    const isJoined = eb.and([
      ...isLinked(join.step.relationship, join.outer, join.scope),
      ...unjoined(join.step.conditions, { ...context, scope: join.scope, next }),
    ]);
    const { source } = join.scope;
    query = inner.has(join.scope)
      ? query.innerJoin(source, (on) => on.on(isJoined))
      : query.leftJoin(source, (on) => on.on(isJoined));
  }
  return query;
}

/**
 * Conditions of a statement that cannot join, such as an UPDATE, as expressions to be joined by AND.
 *
 * @param mapper - the class that they are about, where the statement is on one of its several tables.
 */
export function unjoined(
  conditions: readonly Condition[],
  context: ConditionContext,
  mapper: Mapper = context.scope.mapper,
): Truth[] {
  const isDirect = mapper === context.scope.mapper && !needsJoins(conditions);
  if (isDirect) return conditions.map((condition) => conditionExpression(condition, context));
  const scope = context.scope.another(mapper);
  const same = mapper.primaryKey.map((column) => eb(scope.ref(column), '=', context.scope.outerRef(column)));
  const rows: AnySelect = eb.selectFrom(scope.source);
  const ones = rows.select(eb.lit(1).as('one')).where(eb.and(same));
  return [eb.exists(restricted(ones, conditions, { context: { ...context, scope } }))];
}

/** One condition as Kysely has it. */
export function conditionExpression(condition: Condition, context: ConditionContext): Truth {
  switch (condition.kind) {
    case 'expression':
      return inDatabaseNames(condition.build(eb, termsOf(context)), context.scope);
    case 'keys':
      return keysExpression(condition, context);
    case 'within':
      return withinExpression(condition, context.scope);
    case 'related':
      return relatedExpression(condition, context);
    default:
      return columnExpression(condition, context);
  }
}

function columnExpression({ path = [], column, operator, value }: ColumnCondition, context: ConditionContext): Truth {
  const left = columnAt(path, column, context);
  if (value === null) return eb(left, isNegation(operator) ? 'is not' : 'is', null);
  if (!isListOperator(operator)) return eb(left, operator, context.next());
  const count = listed(value).length;
  if (count === 0) return eb.lit(isNegation(operator));
  return eb(left, operator, list(count, context.next));
}

function columnAt(path: JoinPath, column: ColumnProperty, { scope }: ConditionContext): ColumnExpression {
  return scope.reach(path).ref(column);
}

function keysExpression({ columns, keys }: KeysCondition, { scope, next }: ConditionContext): Truth {
  const [first, ...rest] = columns.map((column) => scope.ref(column));
  if (first === undefined || keys.length === 0) return eb.lit(false);
  if (rest.length === 0) return keys.length === 1 ? eb(first, '=', next()) : eb(first, 'in', list(keys.length, next));
  const key = (): Truth => eb.and([first, ...rest].map((column) => eb(column, '=', next())));
  return eb.or(Array.from({ length: listSize(keys.length) }, key));
}

function relatedExpression(
  { relationship, isNegated, conditions }: RelatedCondition,
  context: ConditionContext,
): Truth {
  const { rows, scope } = relatedRows(context.scope, relationship);
  const exists = eb.exists(restricted(rows, conditions, { context: { ...context, scope } }));
  return isNegated ? eb.not(exists) : exists;
}

function withinExpression({ columns, rows }: WithinCondition, scope: SqlScope): Truth {
  const [first = '', second, ...rest] = columns.map((column) => scope.listed(column));
  const values = eb.selectFrom(rows.table).select([...rows.columns]);
  return second === undefined ? eb(first, 'in', values) : eb(eb.refTuple(first, second, ...(rest as [])), 'in', values);
}

/** What free expressions may say of related rows; the values go into the text's parameters at once. */
function termsOf(context: ConditionContext): ConditionTerms {
  const { dialect, scope, filters } = context;
  return {
    condition(given) {
      const condition = filters === undefined ? given : filteredCondition(filters, given);
      const values = conditionValues(dialect, scope.mapper, condition);
      return conditionExpression(condition, { ...context, next: inline(values) });
    },
    column: (path, column) => columnAt(filters === undefined ? path : filteredPath(filters, path), column, context),
  };
}

function stepValues(dialect: Dialect, { step }: JoinedTable): unknown[] {
  return restrictionValues(dialect, step.relationship.target, step.conditions);
}

/** Values themselves in the place of placeholders. */
function inline(values: readonly unknown[]): NextValue {
  const rest = values.values();
  return () => rest.next().value;
}

function list(count: number, next: NextValue): unknown[] {
  return Array.from({ length: listSize(count) }, next);
}
