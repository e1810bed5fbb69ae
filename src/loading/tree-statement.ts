import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty, LinkedRelationship } from '../mapping/mapper.ts';
import type { AnySelect } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';
import type { ColumnSelection } from './column-selection.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import { conditionsShape, isFree, restrictionValues } from './condition-shape.ts';
import type { NextValue } from './conditions.ts';
import { restricted } from './conditions.ts';
import { farColumns, nearColumns } from './levels.ts';
import type { Condition, QuerySpec, RowFilters } from './query-spec.ts';
import { queryFor } from './query-spec.ts';
import type { BoundStatement } from './select.ts';
import { columnsOf } from './column-selection.ts';
import { numberedRows, ORDINAL, rowsShape, selectValues } from './select.ts';
import { compiledOnce } from './shape-cache.ts';
import { SqlScope } from './sql-scope.ts';

/** Every row that a relationship of a table to itself leads to from some keys, over any number of steps. */
export interface TreeSelect {
  readonly relationship: LinkedRelationship;
  readonly keys: readonly (readonly unknown[])[];
  /** What each row must meet: others are not followed. */
  readonly conditions: readonly Condition[];
  readonly orderings: QuerySpec['orderings'];
  readonly selection: ColumnSelection | undefined;
  /** Most steps; Infinity: all. */
  readonly depth: number;
  readonly filters: RowFilters | undefined;
}

const TREE = 'tree';
const DEPTH = '#';

/**
 * One statement, which ends in circles too: a row that was met is not followed again.
 *
 * @example
 * with recursive "tree" as (select "id" from "nodes" where "parent_id" in ($1)
 * union select "nodes"."id" from "nodes" inner join "tree" on "nodes"."parent_id" = "tree"."id")
 * select … from (select …, row_number() over (order by "id") as "#" from "nodes" where "id" in (select "id" from "tree")) as "found" order by "#"
 */
export function treeStatement(dialect: Dialect, tree: TreeSelect): BoundStatement {
  const rows = rowsOf(tree);
  const first = firstConditions(tree);
  const { target } = tree.relationship;
  const shape = rowsShape(rows);
  const build = (): CompiledQuery => compile(dialect, tree, rows);
  const isKept = shape !== undefined && !tree.conditions.some(isFree);
  const query = isKept
    ? compiledOnce(dialect, target, `${treeShape(tree)} ${conditionsShape(first)} ${shape}`, build)
    : build();
  const values = [
    ...restrictionValues(dialect, target, first),
    ...restrictionValues(dialect, target, tree.conditions),
    ...(tree.depth === Infinity ? [] : [tree.depth]),
    ...selectValues(dialect, rows),
  ];
  return { statement: query.statement, parameters: bind(query, values) };
}

function compile(dialect: Dialect, tree: TreeSelect, rows: QuerySpec): CompiledQuery {
  const next = slots();
  const first = part(dialect, tree, { conditions: firstConditions(tree), next, isFirst: true });
  const steps = part(dialect, tree, { conditions: tree.conditions, next, isFirst: false });
  const creator = dialect.kysely.withRecursive(TREE, () => first.union(steps));
  const found: AnySelect = creator.selectFrom(numberedRows(dialect, rows, next).as('found'));
  const query = found.select(columnsOf(rows).map(({ column }) => column.name)).orderBy(ORDINAL);
  return toCompiledQuery(query.compile(), 'read');
}

interface Part {
  readonly conditions: readonly Condition[];
  readonly next: NextValue;
  readonly isFirst: boolean;
}

/** The rows of the first step, or those of a step from rows that are there. */
function part(dialect: Dialect, tree: TreeSelect, { conditions, next, isFirst }: Part): AnySelect {
  const { relationship, filters, depth } = tree;
  const scope = SqlScope.root(relationship.target, true);
  const from: AnySelect = dialect.kysely.selectFrom(scope.source);
  const linked = isFirst ? from : linkedTo(from, relationship, scope);
  const query = restricted(linked, conditions, { context: { dialect, scope, next, filters } });
  const selected = query.select(treeColumns(relationship).map((column) => scope.listed(column)));
  if (depth === Infinity) return selected;
  if (isFirst) return selected.select(eb.lit(1).as(DEPTH));
  const above = eb.ref(`${TREE}.${DEPTH}`);
  return selected.select(eb(above, '+', eb.lit(1)).as(DEPTH)).where(above, '<', next());
}

function linkedTo(query: AnySelect, relationship: LinkedRelationship, scope: SqlScope): AnySelect {
  const near = nearColumns(relationship);
  const met = farColumns(relationship).map((column, at) =>
    eb(scope.ref(column), '=', eb.ref(`${TREE}.${near[at]?.column.name ?? ''}`)),
  );
  return query.innerJoin(TREE, (on) => on.on(eb.and(met)));
}

/** By what rows are found again, and by what the next step goes on from them. */
function treeColumns(relationship: LinkedRelationship): ColumnProperty[] {
  return [...new Set([...relationship.target.primaryKey, ...nearColumns(relationship)])];
}

function firstConditions({ relationship, keys, conditions }: TreeSelect): Condition[] {
  return [{ kind: 'keys', columns: farColumns(relationship), keys }, ...conditions];
}

function rowsOf({ relationship: { target }, orderings, selection, filters }: TreeSelect): QuerySpec {
  const { primaryKey } = target;
  const rows = { table: TREE, columns: primaryKey.map(({ column }) => column.name) };
  const conditions = [{ kind: 'within', columns: primaryKey, rows } as const];
  return { ...queryFor(target), conditions, orderings, selection, filters };
}

function treeShape({ relationship, conditions, depth }: TreeSelect): string {
  return `tree ${relationship.property} ${depth === Infinity ? '' : 'depth'} ${conditionsShape(conditions)}`;
}
