import type { Compilable } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { AnyCreator } from '../sql/untyped-kysely.ts';
import type { CompiledQuery } from './compiled-query.ts';
import { bind, slots, toCompiledQuery } from './compiled-query.ts';
import type { NamedRows } from './named-rows.ts';
import type { BoundStatement } from './select.ts';
import { compiledOnce } from './shape-cache.ts';

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
  const isFree = root === undefined || rows.some(({ shape }) => shape === undefined);
  const query = isFree
    ? compile()
    : compiledOnce(dialect, root.mapper, [form, ...rows.map(rowsText)].join(' + '), compile);
  const values = rows.flatMap((each) => each.values(dialect));
  return { statement: query.statement, parameters: bind(query, values) };
}

function rowsText({ name, mapper, shape = '' }: NamedRows): string {
  return `${name} ${mapper.name} ${shape}`;
}

function withRows(dialect: Dialect, rows: readonly NamedRows[]): AnyCreator {
  const next = slots();
  return rows.reduce<AnyCreator>(
    (creator, each) => creator.with(each.name, () => each.build(dialect, next)),
    dialect.kysely,
  );
}
