import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { ColumnType } from '../sql/column-type.ts';
import { ABSENT } from '../state/instance-state.ts';
import { isListOperator, isNegation } from './operators.ts';
import type { ColumnCondition, Condition } from './query-spec.ts';

/** Values of the types that memory can compare. */
type Scalar = number | bigint | boolean | string;

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
    const test = condition.kind === 'column' && condition.path === undefined ? columnTest(condition) : undefined;
    if (test === undefined) return undefined;
    tests.push(test);
  }
  return (row) => (row.length >= mapper.columns.length ? every(tests, row) : 'unsure');
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
  if (compare === undefined || (compare.isOrder && comparable !== 'ordered') || !isSure(column.type, value))
    return undefined;
  const operand = normal(column.type, value);
  return (row) => ofStored(column, row, (stored) => compare.holds(stored, operand));
}

function nullTest({ index }: ColumnProperty, isNegated: boolean): Evaluator {
  return (row) => (row[index] === ABSENT ? 'unsure' : (row[index] === null) !== isNegated);
}

function listTest(column: ColumnProperty, isNegated: boolean, value: unknown): Evaluator | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0) return () => isNegated;
  const known = list.filter((each) => each !== null);
  const operands = known.filter((each) => isSure(column.type, each)).map((each) => normal(column.type, each));
  if (operands.length < known.length) return undefined;
  const rest = known.length < list.length ? null : isNegated;
  return (row) =>
    ofStored(column, row, (stored) => (operands.some((each) => equals(stored, each)) ? !isNegated : rest));
}

/** Null compares to nothing. */
function ofStored(
  { index, type }: ColumnProperty,
  row: readonly unknown[],
  test: (stored: Scalar) => Verdict,
): Verdict {
  const stored = row[index];
  if (stored === null) return null;
  return isSure(type, stored) ? test(stored) : 'unsure';
}

interface Comparison {
  readonly isOrder: boolean;
  holds(stored: Scalar, operand: Scalar): boolean;
}

const equality = (holds: Comparison['holds']): Comparison => ({ isOrder: false, holds });
const order = (holds: (sign: number) => boolean): Comparison => ({
  isOrder: true,
  holds: (a, b) => holds(compare(a, b)),
});

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
function compare(left: Scalar, right: Scalar): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function equals(left: Scalar, right: Scalar): boolean {
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
function isSure({ name }: ColumnType, value: unknown): value is Scalar {
  if (!SCALARS.has(typeof value)) return false;
  if (name === 'double') return !Number.isNaN(value);
  return name !== 'date' || String(value).length === 'YYYY-MM-DD'.length;
}

const SCALARS = new Set<string>(['number', 'bigint', 'boolean', 'string']);

function normal({ name }: ColumnType, value: Scalar): Scalar {
  return name === 'uuid' ? String(value).toLowerCase() : value;
}
