import type { Expression } from 'kysely';
import { sql } from 'kysely';

import type { Dialect } from '../dialects/dialect.ts';
import type { AnyCreator } from '../sql/untyped-kysely.ts';
import type { NamedRows } from './named-rows.ts';
import { levelStatement } from './level-statement.ts';
import type { BoundStatement } from './select.ts';
import { ORDINAL } from './select.ts';

/**
 * All rows of a query and of its levels, one row of the answer for each level: its number and its rows as a JSON text.
 *
 * @example
 * with "level_0" as (select … from "orders"), "level_1" as (select … from "lines" where "order_id" in (select "id" from "level_0"))
 * select 0 as "level", json_agg(json_build_array("id", …) order by "#") as "rows" from "level_0"
 * union all select 1 as "level", json_agg(json_build_array("id", …) order by "#") as "rows" from "level_1"
 */
export function jsonStatement(dialect: Dialect, rows: readonly NamedRows[]): BoundStatement {
  return levelStatement(dialect, { form: 'json', rows }, (creator) => {
    // The WITH clause stands before the first SELECT, and the others are parts of that.
    const selects = rows.map((each, at) => levelSelect(dialect, at === 0 ? creator : dialect.kysely, { each, at }));
    return selects.reduce((query, other) => query.unionAll(other));
  });
}

/** The rows of each level, as arrays of JSON elements, from the rows of the answer. */
export function readJsonLevels(
  dialect: Dialect,
  rows: readonly NamedRows[],
  answer: readonly unknown[][],
): unknown[][][] {
  const levels: unknown[][][] = rows.map(() => []);
  for (const [level, text] of answer) levels[Number(level)] = parseRows(text);
  return levels.map((found, at) => {
    const isChunked = (rows[at]?.columns.length ?? 0) > dialect.json.maxElements;
    return isChunked ? found.map((chunks) => chunks.flat()) : found;
  });
}

function parseRows(text: unknown): unknown[][] {
  const rows: unknown[][] | null = JSON.parse(String(text));
  return rows ?? [];
}

function levelSelect(
  dialect: Dialect,
  creator: AnyCreator,
  { each: { name, columns }, at }: { readonly each: NamedRows; readonly at: number },
) {
  const elements = columns.map((column) => {
    const reference = sql.ref(column.name);
    return dialect.json.element(column.type).write?.(reference) ?? reference;
  });
  const all = dialect.json.rows(rowOf(dialect, elements), sql.ref(ORDINAL));
  return creator.selectFrom(name).select([sql.lit(at).as('level'), all.as('rows')]);
}

/** Functions take so many arguments and no more: wider rows become rows of rows. */
function rowOf({ json }: Dialect, elements: readonly Expression<unknown>[]): Expression<unknown> {
  if (elements.length <= json.maxElements) return json.row(elements);
  const count = Math.ceil(elements.length / json.maxElements);
  const chunks = Array.from({ length: count }, (_, at) =>
    json.row(elements.slice(at * json.maxElements, (at + 1) * json.maxElements)),
  );
  return json.row(chunks);
}
