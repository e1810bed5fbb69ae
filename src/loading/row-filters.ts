import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { evaluatorOf } from './evaluate.ts';
import type { Condition, JoinPath, Ordering, QuerySpec, RelatedSpec, RowFilters, RowsSpec } from './query-spec.ts';

/** A query that sees only what the filters let through, in its own rows and in related ones that it speaks of. */
export function filteredQuery(filters: RowFilters | undefined, spec: QuerySpec): QuerySpec {
  if (filters === undefined) return spec;
  return filteredRows(filters, spec.mapper, spec);
}

/** The same for a relationship that leads to `target`. */
export function filteredRelated(filters: RowFilters | undefined, target: Mapper, spec: RelatedSpec): RelatedSpec {
  return filters === undefined ? spec : filteredRows(filters, target, spec);
}

function filteredRows<S extends RowsSpec>(filters: RowFilters, mapper: Mapper, spec: S): S {
  const own = filters.conditionsOf(mapper);
  const conditions = spec.conditions.map((condition) => filteredCondition(filters, condition));
  const orderings = spec.orderings.map((ordering) => filteredOrdering(filters, ordering));
  return { ...spec, conditions: [...conditions, ...own], orderings, filters };
}

/** What a filter itself asks is asked of all rows: filters that speak of each other's models would never end. */
export function filteredCondition(filters: RowFilters, condition: Condition): Condition {
  if (condition.kind === 'related') {
    const inner = condition.conditions.map((each) => filteredCondition(filters, each));
    return { ...condition, conditions: [...inner, ...filters.conditionsOf(condition.relationship.target)] };
  }
  if (condition.kind !== 'column' || condition.path === undefined) return condition;
  return { ...condition, path: filteredPath(filters, condition.path) };
}

export function filteredPath(filters: RowFilters, path: JoinPath): JoinPath {
  return path.map(({ relationship, conditions }) => ({
    relationship,
    conditions: [...conditions, ...filters.conditionsOf(relationship.target)],
  }));
}

function filteredOrdering(filters: RowFilters, ordering: Ordering): Ordering {
  if (ordering.kind !== 'column' || ordering.path === undefined) return ordering;
  return { ...ordering, path: filteredPath(filters, ordering.path) };
}

/** Whether filters let an object's row through, as far as memory can tell. */
export function isVisible(filters: RowFilters | undefined, state: InstanceState): boolean | 'unsure' {
  const conditions = filters?.conditionsOf(state.mapper) ?? [];
  if (conditions.length === 0) return true;
  const verdict = evaluatorOf(state.mapper, conditions)?.(state.committed ?? []) ?? 'unsure';
  return verdict ?? false;
}
