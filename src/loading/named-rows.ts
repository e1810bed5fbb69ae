import type { AliasableExpression } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { LinkedRelationship, ManyToMany, Mapper } from '../mapping/mapper.ts';
import type { AssociatedSelect } from './associated-rows.ts';
import { associatedColumns, associatedQuery, associatedShape, associatedValues } from './associated-rows.ts';
import { sourceColumns, sourceName } from './associated-rows.ts';
import type { ColumnSelection } from './column-selection.ts';
import { columnsOf } from './column-selection.ts';
import type { NextValue } from './conditions.ts';
import type { Level, LevelPlan } from './levels.ts';
import { farColumns, nearColumns, parentName, ROOT } from './levels.ts';
import type { QuerySpec, RowSource } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import { relatedOrder } from './related-order.ts';
import type { ResultColumn } from './select.ts';
import { numberedRows, rowsShape, selectValues } from './select.ts';

/** Rows that go by a name in a statement; its last column, `#`, counts them up in their order. */
export interface NamedRows {
  readonly name: string;
  /** Whose rows they are. */
  readonly mapper: Mapper;
  readonly selection: ColumnSelection | undefined;
  /** The objects' columns, then those of an association that point at the parents. */
  readonly columns: readonly ResultColumn[];
  /** The columns, by name, that hold what `nearColumns` of the relationship do in the rows of the parents. */
  readonly link: readonly string[];
  /** Given: rows of a many-to-many, and how to take the association's columns off them. */
  readonly associated: AssociatedSelect | undefined;
  /** What the text depends on, with no value in it; undefined when it must be compiled each time. */
  readonly shape: string | undefined;
  values(dialect: Dialect): unknown[];
  build(dialect: Dialect, next: NextValue): AliasableExpression<object>;
}

/** The rows of a query and of its levels; parents come first. */
export function namedRows(plan: LevelPlan): NamedRows[] {
  return [queryRows(ROOT, plan.root, []), ...plan.levels.map((level) => levelRows(plan, level))];
}

function levelRows(plan: LevelPlan, level: Level): NamedRows {
  const { relationship } = level;
  const rows = {
    table: parentName(plan, level),
    columns: nearColumns(relationship).map(({ column }) => column.name),
  };
  if (relationship.direction === 'many-to-many') return associatedRows(level, relationship, rows);
  const link = farColumns(relationship).map(({ column }) => column.name);
  return queryRows(level.name, linkedQuery(plan, level, { relationship, rows }), link);
}

function queryRows(name: string, spec: QuerySpec, link: readonly string[]): NamedRows {
  return {
    name,
    mapper: spec.mapper,
    selection: spec.selection,
    columns: columnsOf(spec).map(({ column, type }) => ({ name: column.name, type })),
    link,
    associated: undefined,
    shape: rowsShape(spec),
    values: (dialect) => selectValues(dialect, spec),
    build: (dialect, next) => numberedRows(dialect, spec, next),
  };
}

/** The rows of one level, as a query that finds those of its parents in the statement. */
function linkedQuery(
  plan: LevelPlan,
  { spec, selection }: Level,
  { relationship, rows }: { readonly relationship: LinkedRelationship; readonly rows: RowSource },
): QuerySpec {
  const columns = farColumns(relationship);
  const isLimited = spec.limit !== undefined || spec.offset !== undefined;
  return {
    ...queryFor(relationship.target),
    conditions: [{ kind: 'within', columns, rows }, ...spec.conditions],
    orderings: relatedOrder(relationship, spec),
    limit: spec.limit,
    offset: spec.offset,
    limitEach: isLimited ? columns : undefined,
    selection,
    filters: plan.root.filters,
  };
}

function associatedRows({ name, spec, selection }: Level, relationship: ManyToMany, rows: RowSource): NamedRows {
  const columns = sourceColumns(relationship);
  const select = { relationship, spec: { ...spec, selection }, met: { kind: 'within', columns, rows } as const };
  return {
    name,
    mapper: relationship.target,
    selection,
    columns: associatedColumns(select),
    link: columns.map((_, at) => sourceName(at)),
    associated: select,
    shape: associatedShape(select),
    values: (dialect) => associatedValues(dialect, select),
    build: (dialect, next) => associatedQuery(dialect, select, { next, isNumbered: true }),
  };
}
