import { COMPARISON_OPERATORS, isExpression, isOperationNodeSource } from 'kysely';

import { QueryArgumentError } from '../errors/session-errors.ts';
import type { Condition, LoadStrategy, Ordering } from '../loading/query-spec.ts';
import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';

/** The conditions that the arguments of one `where` call mean. */
export function toConditions(mapper: Mapper, args: readonly unknown[]): Condition[] {
  const [first, operator, value] = args;
  if (args.length >= 3) return [comparison(mapper, first, String(operator), value)];
  if (typeof first === 'function') return [{ kind: 'expression', build: first as (eb: unknown) => unknown }];
  if (isOperationNodeSource(first)) return [{ kind: 'expression', build: () => first }];
  if (typeof first === 'object' && first !== null)
    return Object.entries(first).map(([name, each]) => equality(mapper, name, each));
  throw QueryArgumentError.of(
    'where',
    'needs (column, operator, value), an object, or a function',
    "Write where('name', '=', value).",
  );
}

/** The ordering that the arguments of one `orderBy` call mean. */
export function toOrdering(mapper: Mapper, by: unknown, modifiers: unknown): Ordering {
  const column = typeof by === 'string' ? plainColumn(mapper, by) : undefined;
  if (column !== undefined && (modifiers === 'asc' || modifiers === 'desc'))
    return { kind: 'column', column, direction: modifiers };
  if (typeof by === 'string' && column === undefined) throw unknownColumn(mapper, 'orderBy', by);
  return { kind: 'expression', by, modifiers };
}

/** The relationships of a dotted path. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a name of it is none. */
export function wholePath(mapper: Mapper, path: string): Relationship[] {
  let at = mapper;
  return path.split('.').map((name) => {
    const attribute = at.attributes.get(name);
    if (attribute?.kind !== 'relationship') throw unknownPath(at, name);
    at = attribute.target;
    return attribute;
  });
}

const STRATEGIES: readonly LoadStrategy[] = ['selectin', 'joined', 'json'];

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is no such strategy. */
export function strategyOf(name: LoadStrategy): LoadStrategy {
  if (STRATEGIES.includes(name)) return name;
  throw QueryArgumentError.of('strategy', `there is no strategy '${name}'`, `Use one of: ${STRATEGIES.join(', ')}.`);
}

/** Columns by name. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an unknown one. */
export function namedColumns(mapper: Mapper, call: string, names: readonly string[]): ColumnProperty[] {
  return names.map((name) => {
    const attribute = mapper.attributes.get(name);
    if (attribute?.kind !== 'column') throw unknownColumn(mapper, call, name);
    return attribute;
  });
}

/** The deferred columns of a group. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - there is none. */
export function groupColumns(mapper: Mapper, group: string): ColumnProperty[] {
  const columns = mapper.deferred.filter((column) => column.deferredGroup === group);
  if (columns.length > 0) return columns;
  const known = [...new Set(mapper.deferred.map((column) => column.deferredGroup ?? ''))].filter((name) => name !== '');
  throw QueryArgumentError.of(
    'undeferGroup',
    `${mapper.name} has no group '${group}' of deferred columns`,
    known.length === 0
      ? "Name one where the column is declared: deferred('texts')."
      : `Use one of: ${known.join(', ')}.`,
  );
}

export function wholeNumber(call: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw QueryArgumentError.of(call, 'needs a whole number from 0 on', `Write ${call}(10).`);
}

function comparison(mapper: Mapper, left: unknown, operator: string, value: unknown): Condition {
  const column = typeof left === 'string' ? plainColumn(mapper, left) : undefined;
  if (column === undefined && typeof left === 'string' && /^[\w$]+$/.test(left))
    throw unknownColumn(mapper, 'where', left);
  if (!OPERATORS.has(operator)) throw unknownOperator(operator);
  if (column === undefined || isFree(value) || isTruth(operator, value)) {
    return { kind: 'expression', build: (eb) => (eb as (...args: unknown[]) => unknown)(left, operator, value) };
  }
  if (value === undefined)
    throw QueryArgumentError.of(
      'where',
      `the value for '${column.property}' is undefined`,
      'Pass null to ask for NULL.',
    );
  if (value === null && !WITH_NULL.has(operator)) {
    throw QueryArgumentError.of(
      'where',
      `'${operator}' on '${column.property}' cannot be asked of null`,
      "Use '=' or '!=' to ask for NULL.",
    );
  }
  if ((operator === 'in' || operator === 'not in') && !Array.isArray(value)) {
    throw QueryArgumentError.of(
      'where',
      `'${operator}' on '${column.property}' needs a list`,
      'Pass an array of values.',
    );
  }
  return { kind: 'column', column, operator, value };
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
  const isList = Array.isArray(value) && plainColumn(mapper, name)?.type.name !== 'array';
  return comparison(mapper, name, isList ? 'in' : '=', value);
}

/** Anything that Kysely turns into SQL by itself, such as a reference or a subquery. */
function isFree(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isFree);
  return typeof value === 'function' || isExpression(value) || isOperationNodeSource(value);
}

function plainColumn(mapper: Mapper, name: string): ColumnProperty | undefined {
  const attribute = mapper.attributes.get(name.startsWith('it.') ? name.slice(3) : name);
  return attribute?.kind === 'column' ? attribute : undefined;
}

function unknownColumn(mapper: Mapper, call: string, name: string): QueryArgumentError {
  const names = mapper.columns.map((column) => column.property).join(', ');
  return QueryArgumentError.of(call, `${mapper.name} has no column '${name}'`, `Use one of: ${names}.`);
}

function unknownPath(mapper: Mapper, name: string): QueryArgumentError {
  const names = mapper.relationships.map((relationship) => relationship.property).join(', ');
  return QueryArgumentError.of(
    'with',
    `${mapper.name} has no relationship '${name}'`,
    names === '' ? 'It has none.' : `Use one of: ${names}.`,
  );
}
