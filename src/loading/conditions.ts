import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { ColumnCondition, Condition, WithinCondition } from './query-spec.ts';
import { codecsOf } from './row-codec.ts';

/** Gives the placeholder of the next value. */
export type NextValue = () => unknown;

/** Kysely's, over any tables. */
export type AnyBuilder = ExpressionBuilder<any, any>;

/** How a condition names its columns and where its placeholders come from. */
export interface ConditionContext {
  readonly nameOf: (column: ColumnProperty) => string;
  readonly next: NextValue;
}

const NEGATIONS = new Set(['!=', '<>', 'is not', 'not in']);
/** Operators whose right side is a text or something else of its own, not a value of the column. */
const PATTERNS = new Set([
  'like',
  'not like',
  'ilike',
  'not ilike',
  '~',
  '~*',
  '!~',
  '!~*',
  '@>',
  '<@',
  '&&',
  '?',
  '?|',
  '?&',
]);

/** The part of a statement's shape that a condition decides. */
export function conditionShape(condition: Condition): string {
  if (condition.kind === 'expression') return '';
  if (condition.kind === 'keys')
    return `${condition.columns.map(({ index }) => index).join()} keys ${listSize(condition.keys.length)}`;
  if (condition.kind === 'within') return withinShape(condition);
  const { column, operator, value } = condition;
  const size = isList(condition) ? listSize((value as unknown[]).length) : value === null ? 'null' : '';
  return `${column.index} ${operator} ${size}`;
}

/** The condition as Kysely has it, asking `next` for each value in the order of `conditionValues`. */
export function conditionExpression(
  eb: AnyBuilder,
  condition: Condition,
  { nameOf, next }: ConditionContext,
): Expression<SqlBool> {
  if (condition.kind === 'expression') return condition.build(eb) as Expression<SqlBool>;
  if (condition.kind === 'keys')
    return keysExpression(eb, condition.columns.map(nameOf), { count: condition.keys.length, next });
  if (condition.kind === 'within') return withinExpression(eb, condition, nameOf);
  const { column, operator, value } = condition;
  const name = nameOf(column);
  if (value === null) return eb(name, NEGATIONS.has(operator) ? 'is not' : 'is', null);
  if (!isList(condition)) return eb(name, operator as '=', next());
  const count = (value as unknown[]).length;
  if (count === 0) return eb.lit(NEGATIONS.has(operator));
  return eb(name, operator as 'in', list(count, next));
}

/** The values of a condition, encoded, in the order of its placeholders. */
export function conditionValues(dialect: Dialect, mapper: Mapper, condition: Condition): unknown[] {
  if (condition.kind === 'expression' || condition.kind === 'within') return [];
  if (condition.kind === 'keys')
    return padded(condition.keys).flatMap((key) => encodeKey(dialect, mapper, condition.columns, key));
  const { column, operator, value } = condition;
  if (value === null) return [];
  const codec = codecsOf(dialect, mapper)[column.index];
  const encode = (each: unknown): unknown => (each === null || PATTERNS.has(operator) ? each : codec?.encode(each));
  return isList(condition) ? padded(value as unknown[]).map(encode) : [encode(value)];
}

function encodeKey(
  dialect: Dialect,
  mapper: Mapper,
  columns: readonly ColumnProperty[],
  key: readonly unknown[],
): unknown[] {
  const codecs = codecsOf(dialect, mapper);
  return columns.map((column, at) => codecs[column.index]?.encode(key[at]));
}

function keysExpression(
  eb: AnyBuilder,
  [first, ...rest]: readonly string[],
  { count, next }: { readonly count: number; readonly next: NextValue },
): Expression<SqlBool> {
  if (first === undefined || count === 0) return eb.lit(false);
  if (rest.length === 0) return count === 1 ? eb(first, '=', next()) : eb(first, 'in', list(count, next));
  const key = (): Expression<SqlBool> => eb.and([first, ...rest].map((name) => eb(name, '=', next())));
  return eb.or(Array.from({ length: listSize(count) }, key));
}

function withinShape({ columns, rows }: WithinCondition): string {
  return `${columns.map(({ index }) => index).join()} within ${rows.table} ${rows.columns.join()}`;
}

function withinExpression(
  eb: AnyBuilder,
  { columns, rows }: WithinCondition,
  nameOf: ConditionContext['nameOf'],
): Expression<SqlBool> {
  const [first = '', second, ...rest] = columns.map(nameOf);
  const values = eb.selectFrom(rows.table).select([...rows.columns]);
  return second === undefined ? eb(first, 'in', values) : eb(eb.refTuple(first, second, ...(rest as [])), 'in', values);
}

function isList(condition: ColumnCondition): boolean {
  return isListOperator(condition.operator);
}

function list(count: number, next: NextValue): unknown[] {
  return Array.from({ length: listSize(count) }, next);
}

export function isNegation(operator: string): boolean {
  return NEGATIONS.has(operator);
}

export function isListOperator(operator: string): boolean {
  return operator === 'in' || operator === 'not in';
}

/** Lists are padded to powers of two by repeating the last value, so that a few shapes serve lists of every length. */
function padded<T>(values: readonly T[]): T[] {
  const size = listSize(values.length);
  return Array.from({ length: size }, (_, at) => values[Math.min(at, values.length - 1)] as T);
}

function listSize(count: number): number {
  return count === 0 ? 0 : 2 ** Math.ceil(Math.log2(count));
}
