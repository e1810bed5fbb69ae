import type { SelectQueryBuilder } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { Statement } from '../sql/statement.ts';
import { LruMap } from '../util/lru-map.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import { conditionExpression, conditionShape, conditionValues } from './conditions.ts';
import type { QuerySpec } from './query-spec.ts';

type Select = SelectQueryBuilder<any, any, any>;

/** What a query selects: whole rows, their number, or one row as proof that there is one. */
export type Selection = 'rows' | 'count' | 'exists';

/** A statement with its parameters. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

const SHAPES_PER_MAPPER = 500;
const caches = new WeakMap<Dialect, WeakMap<Mapper, LruMap<string, CompiledQuery>>>();

/** The SELECT of a query. Compiled by Kysely once per shape; a query with free expressions is compiled each time. */
export function selectStatement(dialect: Dialect, spec: QuerySpec, selection: Selection = 'rows'): BoundStatement {
  const values = spec.conditions.flatMap((condition) => conditionValues(dialect, spec.mapper, condition));
  if (spec.limit !== undefined) values.push(spec.limit);
  if (spec.offset !== undefined) values.push(spec.offset);
  const isFree = spec.conditions.some((condition) => condition.kind === 'expression');
  const query = isFree ? compile(dialect, spec, selection) : cached(dialect, spec, selection);
  return { statement: query.statement, parameters: bind(query, values) };
}

function cached(dialect: Dialect, spec: QuerySpec, selection: Selection): CompiledQuery {
  const shapes = shapesOf(dialect, spec.mapper);
  const shape = shapeOf(spec, selection);
  let query = shapes.get(shape);
  if (query === undefined) shapes.set(shape, (query = compile(dialect, spec, selection)));
  return query;
}

function shapesOf(dialect: Dialect, mapper: Mapper): LruMap<string, CompiledQuery> {
  let byMapper = caches.get(dialect);
  if (byMapper === undefined) caches.set(dialect, (byMapper = new WeakMap()));
  let shapes = byMapper.get(mapper);
  if (shapes === undefined) byMapper.set(mapper, (shapes = new LruMap(SHAPES_PER_MAPPER)));
  return shapes;
}

/** Everything that the text depends on, and no value. */
function shapeOf(spec: QuerySpec, selection: Selection): string {
  const conditions = spec.conditions.map(conditionShape).join(';');
  const orderings = spec.orderings.map(({ column, direction }) => `${column.index} ${direction}`).join();
  return `${selection}|${conditions}|${orderings}|${spec.limit === undefined ? '' : 'l'}${spec.offset === undefined ? '' : 'o'}`;
}

function compile(dialect: Dialect, spec: QuerySpec, selection: Selection): CompiledQuery {
  const next = slots();
  let query = dialect.kysely.selectFrom(spec.mapper.table.name) as Select;
  for (const condition of spec.conditions) query = query.where((eb) => conditionExpression(eb, spec.mapper, condition, next));
  if (selection === 'rows') {
    query = query.select(spec.mapper.columns.map(({ column }) => column.name));
    for (const { column, direction } of spec.orderings) query = query.orderBy(column.column.name, direction);
  }
  if (spec.limit !== undefined) query = query.limit(next() as number);
  if (spec.offset !== undefined) query = query.offset(next() as number);
  return toCompiledQuery(aggregated(dialect, query, spec, selection).compile(), 'read');
}

function aggregated(dialect: Dialect, query: Select, spec: QuerySpec, selection: Selection): Select {
  if (selection === 'rows') return query;
  const isSliced = spec.limit !== undefined || spec.offset !== undefined;
  if (selection === 'count' && !isSliced) return query.select((eb) => eb.fn.countAll().as('count'));
  const ones = query.select((eb) => eb.lit(1).as('one'));
  if (selection === 'exists') return isSliced ? ones : ones.limit((eb: any) => eb.lit(1));
  return dialect.kysely.selectFrom(ones.as('sliced')).select((eb) => eb.fn.countAll().as('count'));
}
