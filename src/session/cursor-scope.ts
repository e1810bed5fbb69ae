import type { Condition, JoinPath, Ordering, QuerySpec } from '../loading/query-spec.ts';

/** What a cursor belongs to: model, order and the conditions without their values, in words that outlive the process. */
export function scopeOf({ mapper, conditions, orderings, alterations = [] }: QuerySpec): string {
  const asked = conditions.map(conditionWords).toSorted().join(' and ');
  return `${mapper.name} where ${asked} order by ${orderings.map(orderingWords).join()}${' using'.repeat(alterations.length)}`;
}

function conditionWords(condition: Condition): string {
  switch (condition.kind) {
    case 'column':
      return `${pathWords(condition.path)}${condition.column.property} ${condition.operator}${condition.value === null ? ' null' : ''}`;
    case 'related': {
      const inner = condition.conditions.map(conditionWords).toSorted().join(' and ');
      return `${condition.isNegated ? 'no' : 'any'} ${condition.relationship.property}(${inner})`;
    }
    default:
      return condition.kind;
  }
}

function orderingWords(ordering: Ordering): string {
  if (ordering.kind === 'expression') return ordering.kind;
  return `${pathWords(ordering.path)}${ordering.column.property} ${ordering.direction} ${ordering.nulls ?? ''}`;
}

function pathWords(path: JoinPath = []): string {
  return path.map(({ relationship }) => `${relationship.property}.`).join('');
}
