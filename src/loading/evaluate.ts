import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { ColumnType } from '../sql/column-type.ts';
import { ABSENT } from '../state/instance-state.ts';
import { isListOperator, isNegation } from './conditions.ts';
import type { ColumnCondition, Condition } from './query-spec.ts';

/** SQL's three truth values (null: unknown), and `unsure` where only the database can tell. */
export type Verdict = true | false | null | 'unsure';

/** Whether a decoded full row meets some conditions. */
export type Evaluator = (row: readonly unknown[]) => Verdict;

/**
 * The conditions as a function of a row in memory, or undefined when only the database can evaluate them: free expressions,
 * patterns, the order of texts (collations), types that the database holds finer than the program (numeric, timestamp).
 */
export function evaluatorOf(mapper: Mapper, conditions: readonly Condition[]): Evaluator | undefined {
  const tests: Evaluator[] = [];
  for (const condition of conditions) {
    const test = condition.kind === 'column' ? columnTest(condition) : undefined;
    if (test === undefined) return undefined;
    tests.push(test);
  }
  return (row) => (row.length === mapper.columns.length ? every(tests, row) : 'unsure');
}

/** AND: one false decides; else one unsure; else one unknown. */
function every(tests: readonly Evaluator[], row: readonly unknown[]): Verdict {
  let verdict: Verdict = true;
  for (const test of tests) {
    const next = test(row);
    if (next === false) return false;
    if (next === 'unsure' || (next === null && verdict === true)) verdict = next;
  }
  return verdict;
}

function columnTest({ column, operator, value }: ColumnCondition): Evaluator | undefined {
  if (value === null) return nullTest(column, isNegation(operator));
  const comparable = comparableOf(column.type);
  if (comparable === undefined) return undefined;
  if (isListOperator(operator)) return listTest(column, isNegation(operator), value);
  const compare = COMPARISONS.get(operator);
  if (compare === undefined || (compare.isOrder && comparable !== 'ordered') || !isSure(column.type, value)) return undefined;
  const operand = normal(column.type, value);
  return (row) => known(column, row, (stored) => compare.holds(stored, operand));
}

function nullTest({ index }: ColumnProperty, isNegated: boolean): Evaluator {
  return (row) => (row[index] === ABSENT ? 'unsure' : (row[index] === null) !== isNegated);
}

function listTest(column: ColumnProperty, isNegated: boolean, value: unknown): Evaluator | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0) return () => isNegated;
  if (!list.every((each) => each === null || isSure(column.type, each))) return undefined;
  const operands = list.filter((each) => each !== null).map((each) => normal(column.type, each));
  const rest = operands.length < list.length ? null : isNegated;
  return (row) => known(column, row, (stored) => (operands.some((each) => equals(stored, each)) ? !isNegated : rest));
}

/** Null compares to nothing. */
function known({ index, type }: ColumnProperty, row: readonly unknown[], test: (stored: unknown) => Verdict): Verdict {
  const stored = row[index];
  if (stored === null) return null;
  return stored === ABSENT || stored === undefined || !isSure(type, stored) ? 'unsure' : test(stored);
}

interface Comparison {
  readonly isOrder: boolean;
  holds(stored: unknown, operand: unknown): boolean;
}

const equality = (holds: Comparison['holds']): Comparison => ({ isOrder: false, holds });
const order = (holds: (sign: number) => boolean): Comparison => ({ isOrder: true, holds: (a, b) => holds(compare(a, b)) });

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['=', equality(equals)],
  ['==', equality(equals)],
  ['!=', equality((a, b) => !equals(a, b))],
  ['<>', equality((a, b) => !equals(a, b))],
  ['<', order((sign) => sign < 0)],
  ['<=', order((sign) => sign <= 0)],
  ['>', order((sign) => sign > 0)],
  ['>=', order((sign) => sign >= 0)],
]);

/** Of two values of one comparable type; numbers and bigints mix. */
function compare(left: unknown, right: unknown): number {
  const [a, b] = [left, right] as [number, number];
  return a < b ? -1 : a > b ? 1 : 0;
}

function equals(left: unknown, right: unknown): boolean {
  return left === right || (typeof left !== typeof right && compare(left, right) === 0);
}

type Comparable = 'ordered' | 'equal' | undefined;

const COMPARABLE: Readonly<Partial<Record<ColumnType['name'], Comparable>>> = {
  integer: 'ordered',
  bigint: 'ordered',
  boolean: 'ordered',
  double: 'ordered',
  date: 'ordered',
  text: 'equal',
  varchar: 'equal',
  enum: 'equal',
  uuid: 'equal',
};

function comparableOf({ name }: ColumnType): Comparable {
  return COMPARABLE[name];
}

/** NaN and years of more than four digits compare differently in each database. */
function isSure({ name }: ColumnType, value: unknown): boolean {
  if (name === 'double') return !Number.isNaN(value);
  return name !== 'date' || String(value).length === 'YYYY-MM-DD'.length;
}

function normal({ name }: ColumnType, value: unknown): unknown {
  return name === 'uuid' ? String(value).toLowerCase() : value;
}
