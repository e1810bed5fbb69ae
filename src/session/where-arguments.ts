import type { ComparisonOperator } from 'kysely';
import { COMPARISON_OPERATORS, isExpression, isOperationNodeSource } from 'kysely';

import { QueryArgumentError } from '../errors/session-errors.ts';
import { isNegation } from '../loading/operators.ts';
import type { Condition, ConditionTerms } from '../loading/query-spec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { AnyExpression, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import type { ColumnTarget } from './attribute-paths.ts';
import { columnTarget } from './attribute-paths.ts';

/** Makes what a free condition may use to speak of related rows. */
export type MakeTerms = (mapper: Mapper, terms: ConditionTerms) => unknown;

const plainly: MakeTerms = (_mapper, terms) => terms;

/** The conditions that the arguments of one `where` call mean. */
export function toConditions(mapper: Mapper, args: readonly unknown[], makeTerms: MakeTerms = plainly): Condition[] {
  const [first, operator, value] = args;
  if (args.length >= 3) return [comparison(mapper, first, String(operator), value)];
  if (typeof first === 'function') return [free(mapper, first as FreeCondition, makeTerms)];
  if (isOperationNodeSource(first)) return [{ kind: 'expression', usesTerms: false, build: () => first as Truth }];
  if (typeof first === 'object' && first !== null)
    return Object.entries(first).map(([name, each]) => equality(mapper, name, each));
  throw QueryArgumentError.of(
    'where',
    'needs (column, operator, value), an object, or a function',
    "Write where('name', '=', value).",
  );
}

type FreeCondition = (expressionBuilder: unknown, terms: unknown) => Truth;

function free(mapper: Mapper, build: FreeCondition, makeTerms: MakeTerms): Condition {
  return {
    kind: 'expression',
    // Who takes one argument has nothing to speak of related rows with.
    usesTerms: build.length !== 1,
    build: (expressionBuilder, terms) => build(expressionBuilder, makeTerms(mapper, terms)),
  };
}

function comparison(mapper: Mapper, left: unknown, operator: string, value: unknown): Condition {
  if (!isOperator(operator)) throw unknownOperator(operator);
  if (typeof left === 'string' && mapper.hybrids.has(left)) return computed(left, operator, value);
  const target = typeof left === 'string' ? columnTarget(mapper, 'where', left) : undefined;
  if (target === undefined || isFree(value) || isTruth(operator, value))
    return freely({ left, target, operator, value });
  const name = String(left);
  if (value === undefined)
    throw QueryArgumentError.of('where', `the value for '${name}' is undefined`, 'Pass null to ask for NULL.');
  if (value === null && !WITH_NULL.has(operator)) {
    throw QueryArgumentError.of(
      'where',
      `'${operator}' on '${name}' cannot be asked of null`,
      "Use '=' or '!=' to ask for NULL.",
    );
  }
  if ((operator === 'in' || operator === 'not in') && !Array.isArray(value))
    throw QueryArgumentError.of('where', `'${operator}' on '${name}' needs a list`, 'Pass an array of values.');
  return { kind: 'column', ...target, operator, value };
}

/** A comparison of what a hybrid attribute means in SQL. */
function computed(name: string, operator: ComparisonOperator, value: unknown): Condition {
  if (value === undefined)
    throw QueryArgumentError.of('where', `the value for '${name}' is undefined`, 'Pass null to ask for NULL.');
  const asked = value === null && WITH_NULL.has(operator) ? (isNegation(operator) ? 'is not' : 'is') : operator;
  return freely({ left: eb.ref(name), target: undefined, operator: asked, value });
}

interface FreeComparison {
  readonly left: unknown;
  readonly target: ColumnTarget | undefined;
  readonly operator: ComparisonOperator;
  readonly value: unknown;
}

/** A comparison with whatever Kysely takes on the right side. */
function freely({ left, target, operator, value }: FreeComparison): Condition {
  return {
    kind: 'expression',
    usesTerms: target?.path !== undefined,
    build: (_, terms) =>
      eb(
        target === undefined ? (left as AnyExpression) : terms.column(target.path ?? [], target.column),
        operator,
        value,
      ),
  };
}

function isOperator(operator: string): operator is ComparisonOperator {
  return OPERATORS.has(operator);
}

const OPERATORS: ReadonlySet<string> = new Set(COMPARISON_OPERATORS);
const WITH_NULL = new Set(['=', '==', '!=', '<>', 'is', 'is not']);

/** `is true`, which databases do not take as a parameter. */
function isTruth(operator: string, value: unknown): boolean {
  return typeof value === 'boolean' && (operator === 'is' || operator === 'is not');
}

function unknownOperator(operator: string): QueryArgumentError {
  return QueryArgumentError.of(
    'where',
    `'${operator}' is no operator`,
    `Use one of: ${COMPARISON_OPERATORS.join(' ')}.`,
  );
}

function equality(mapper: Mapper, name: string, value: unknown): Condition {
  const isArray = !mapper.hybrids.has(name) && columnTarget(mapper, 'where', name).column.type.name === 'array';
  const isList = Array.isArray(value) && !isArray;
  return comparison(mapper, name, isList ? 'in' : '=', value);
}

/** Anything that Kysely turns into SQL by itself, such as a reference or a subquery. */
function isFree(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isFree);
  return typeof value === 'function' || isExpression(value) || isOperationNodeSource(value);
}
