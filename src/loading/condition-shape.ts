import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';
import type { JoinBranch } from './join-path.ts';
import { joinTree, pathMapper, pathsOf } from './join-path.ts';
import { listed, listSize, padded } from './list-padding.ts';
import { isListOperator, isPattern } from './operators.ts';
import type { ColumnCondition, Condition, JoinPath, Ordering } from './query-spec.ts';
import { codecsOf } from './row-codec.ts';

// What a statement's cache needs of conditions: their shape, and their values in the order in which
// `conditionExpression` asks for placeholders.

/** Whether only the program knows what becomes of a condition, so that its statement cannot be kept. */
export function isFree(condition: Condition): boolean {
  if (condition.kind === 'expression') return true;
  if (condition.kind === 'related') return condition.conditions.some(isFree);
  return condition.kind === 'column' && hasFreeStep(condition.path);
}

export function hasFreeStep(path: JoinPath | undefined): boolean {
  return path !== undefined && path.some(({ conditions }) => conditions.some(isFree));
}

/** The part of a statement's shape that conditions decide. */
export function conditionsShape(conditions: readonly Condition[]): string {
  return conditions.map(conditionShape).join(';');
}

export function pathShape(path: JoinPath | undefined): string {
  if (path === undefined) return '';
  return path.map((step) => `${step.relationship.index}(${conditionsShape(step.conditions)})>`).join('');
}

export function conditionShape(condition: Condition): string {
  switch (condition.kind) {
    case 'expression':
      return '';
    case 'keys':
      return `${condition.columns.map(({ index }) => index).join()} keys ${listSize(condition.keys.length)}`;
    case 'within':
      return `${condition.columns.map(({ index }) => index).join()} within ${condition.rows.table} ${condition.rows.columns.join()}`;
    case 'related': {
      const { relationship, isNegated, conditions } = condition;
      return `${isNegated ? 'no' : 'any'} ${relationship.index}(${conditionsShape(conditions)})`;
    }
    default: {
      const { path, column, operator, value } = condition;
      const size = isListOperator(operator) ? listSize(listed(value).length) : value === null ? 'null' : '';
      return `${pathShape(path)}${column.index} ${operator} ${size}`;
    }
  }
}

/** The part that an ordering decides. */
export function orderingShape(ordering: Ordering): string {
  return ordering.kind === 'column'
    ? `${pathShape(ordering.path)}${ordering.column.index} ${ordering.direction} ${ordering.nulls ?? ''}`
    : '';
}

/** The values of a SELECT's conditions, then those of the tables that it joins. */
export function restrictionValues(
  dialect: Dialect,
  mapper: Mapper,
  conditions: readonly Condition[],
  orderings: readonly Ordering[] = [],
): unknown[] {
  const values = conditionsValues(dialect, mapper, conditions);
  const paths = pathsOf(conditions, orderings);
  return paths.length === 0 ? values : [...values, ...branchValues(dialect, joinTree(paths))];
}

function branchValues(dialect: Dialect, branches: ReadonlyMap<Relationship, JoinBranch>): unknown[] {
  return [...branches.values()].flatMap(({ step, branches: further }) => [
    ...restrictionValues(dialect, step.relationship.target, step.conditions),
    ...branchValues(dialect, further),
  ]);
}

function conditionsValues(dialect: Dialect, mapper: Mapper, conditions: readonly Condition[]): unknown[] {
  return conditions.flatMap((condition) => conditionValues(dialect, mapper, condition));
}

/** The values of one condition, encoded; those of tables joined for it not included. */
export function conditionValues(dialect: Dialect, mapper: Mapper, condition: Condition): unknown[] {
  switch (condition.kind) {
    case 'expression':
    case 'within':
      return [];
    case 'keys':
      return padded(condition.keys).flatMap((key) => encodeKey(dialect, mapper, condition.columns, key));
    case 'related':
      return restrictionValues(dialect, condition.relationship.target, condition.conditions);
    default:
      return columnValues(dialect, pathMapper(mapper, condition.path), condition);
  }
}

function columnValues(dialect: Dialect, mapper: Mapper, { column, operator, value }: ColumnCondition): unknown[] {
  if (value === null) return [];
  const codec = codecsOf(dialect, mapper)[column.index];
  const encode = (each: unknown): unknown => (each === null || isPattern(operator) ? each : codec?.encode(each));
  return isListOperator(operator) ? padded(listed(value)).map(encode) : [encode(value)];
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
