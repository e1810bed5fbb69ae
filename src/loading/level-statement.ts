import type { Compilable } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { AnyCreator } from '../sql/untyped-kysely.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import type { LevelPlan } from './levels.ts';
import { levelQuery, ROOT } from './levels.ts';
import type { QuerySpec } from './query-spec.ts';
import type { BoundStatement } from './select.ts';
import { numberedRows, rowsShape, selectValues } from './select.ts';
import { compiledOnce } from './shape-cache.ts';

/** Rows that go by a name in a statement. */
export interface NamedRows {
  readonly name: string;
  readonly spec: QuerySpec;
}

/** The rows of a query and of its levels; parents come first. */
export function namedRows(plan: LevelPlan): NamedRows[] {
  const levels = plan.levels.map((level) => ({ name: level.name, spec: levelQuery(plan, level) }));
  return [{ name: ROOT, spec: plan.root }, ...levels];
}

/**
 * A statement on named rows, compiled once for each shape: `with "level_0" as (select …), "level_1" as (select …) …`.
 *
 * @param form - tells apart what `build` makes of the same rows.
 * @param build - what follows.
 */
export function levelStatement(
  dialect: Dialect,
  { form, rows }: { readonly form: string; readonly rows: readonly NamedRows[] },
  build: (creator: AnyCreator) => Compilable,
): BoundStatement {
  const compile = (): CompiledQuery => toCompiledQuery(build(withRows(dialect, rows)).compile(), 'read');
  const [root] = rows;
  const shapes = rows.map(({ spec }) => rowsShape(spec));
  const isFree = root === undefined || shapes.includes(undefined);
  const query = isFree
    ? compile()
    : compiledOnce(dialect, root.spec.mapper, [form, ...rows.map(rowsText)].join(' + '), compile);
  const values = rows.flatMap(({ spec }) => selectValues(dialect, spec));
  return { statement: query.statement, parameters: bind(query, values) };
}

function rowsText({ spec }: NamedRows): string {
  return `${spec.mapper.table.name} ${rowsShape(spec) ?? ''}`;
}

function withRows(dialect: Dialect, rows: readonly NamedRows[]): AnyCreator {
  const next = slots();
  return rows.reduce<AnyCreator>(
    (creator, { name, spec }) => creator.with(name, () => numberedRows(dialect, spec, next)),
    dialect.kysely,
  );
}
