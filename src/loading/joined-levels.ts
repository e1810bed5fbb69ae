import type { Dialect } from '../dialects/dialect.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import type { AnySelect } from '../sql/untyped-kysely.ts';
import { isWholeTable } from '../mapping/hierarchy.ts';
import { defaultSelection } from './column-selection.ts';
import { levelStatement } from './level-statement.ts';
import type { Level, LevelPlan } from './levels.ts';
import { nearColumns, parentName, ROOT } from './levels.ts';
import type { NamedRows } from './named-rows.ts';
import type { Ordering } from './query-spec.ts';
import { relatedOrder } from './related-order.ts';
import type { BoundStatement } from './select.ts';
import { ORDINAL } from './select.ts';

/**
 * One row for each combination of an object and what belongs to it, level by level.
 *
 * @example
 * with "level_0" as (select … from "orders" limit 10)
 * select "level_0"."id" as "0.id", …, "level_1"."id" as "1.id", … from "level_0"
 * left join "customers" as "level_1" on "level_0"."customer_id" = "level_1"."id" order by "level_0"."#"
 */
export function joinedStatement(dialect: Dialect, plan: LevelPlan, rows: readonly NamedRows[]): BoundStatement {
  const direct = directLevels(plan);
  const named = rows.filter(({ name }) => !direct.has(name));
  const form = `joined ${plan.levels.map((level) => levelShape(level, direct.has(level.name))).join()}`;
  return levelStatement(dialect, { form, rows: named }, (creator) => {
    const selected = rows.flatMap(({ name, columns }, at) =>
      columns.map((column) => `${name}.${column.name} as ${at}.${column.name}`),
    );
    const root: AnySelect = creator.selectFrom(ROOT).select(selected);
    const joined = plan.levels.reduce((query, level, at) => {
      const { table } = level.relationship.target;
      const source = direct.has(level.name) ? `${table.name} as ${level.name}` : level.name;
      return join(query, { plan, level, source, link: rows[at + 1]?.link ?? [] });
    }, root);
    return orderTerms(plan, direct).reduce((query, [by, direction]) => query.orderBy(by, direction), joined);
  });
}

/** The different rows of each level, in order of their first appearance, from the combinations. */
export function readJoinedLevels(rows: readonly NamedRows[], answer: readonly unknown[][]): unknown[][][] {
  let start = 0;
  return rows.map(({ mapper, columns, link, associated }) => {
    const from = start;
    start += columns.length;
    const names = [...mapper.primaryKey.map(({ column }) => column.name), ...(associated === undefined ? [] : link)];
    const keys = names.map((name) => from + columns.findIndex((column) => column.name === name));
    return distinctRows(answer, { from, end: start, keys });
  });
}

interface Slice {
  readonly from: number;
  readonly end: number;
  /** Where in the whole row are the primary key and, for a member of several, the key of its source. */
  readonly keys: readonly number[];
}

function distinctRows(answer: readonly unknown[][], { from, end, keys }: Slice): unknown[][] {
  const [first = from] = keys;
  const found = new Map<unknown, unknown[]>();
  for (const row of answer) {
    if (row[first] === null) continue;
    const key = keys.length === 1 ? textOf(row[first]) : keys.map((at) => textOf(row[at])).join('\0');
    if (!found.has(key)) found.set(key, row.slice(from, end));
  }
  return [...found.values()];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

/** Levels that are joined as the tables that they are: nothing is asked of their rows, nor of those below. */
function directLevels({ levels }: LevelPlan): Set<string> {
  const direct = new Set<string>();
  levels.toReversed().forEach((level, back) => {
    const at = levels.length - 1 - back;
    const below = levels.filter(({ parent }) => parent === at);
    if (isPlain(level) && below.every(({ name }) => direct.has(name))) direct.add(level.name);
  });
  return direct;
}

function isPlain({ spec, relationship }: Level): boolean {
  const isWhole =
    relationship.direction !== 'many-to-many' &&
    isWholeTable(relationship.target) &&
    spec.conditions.length === 0 &&
    spec.limit === undefined &&
    spec.offset === undefined;
  return isWhole && relatedOrder(relationship, spec).every((ordering) => columnOf(ordering) !== undefined);
}

function columnOf(ordering: Ordering): ColumnProperty | undefined {
  const isPlain = ordering.kind === 'column' && ordering.path === undefined && ordering.nulls === undefined;
  return isPlain ? ordering.column : undefined;
}

interface Join {
  readonly plan: LevelPlan;
  readonly level: Level;
  readonly source: string;
  readonly link: readonly string[];
}

function join(query: AnySelect, { plan, level, source, link }: Join): AnySelect {
  const near = nearColumns(level.relationship);
  const parent = parentName(plan, level);
  return query.leftJoin(source, (on) =>
    near.reduce((built, { column }, at) => {
      return built.onRef(`${parent}.${column.name}`, '=', `${level.name}.${link[at] ?? ''}`);
    }, on),
  );
}

/** First the query's own order; then, for each collection, that of its members. */
function orderTerms(plan: LevelPlan, direct: ReadonlySet<string>): [by: string, direction: 'asc' | 'desc'][] {
  const collections = plan.levels.filter(({ relationship }) => relationship.isCollection);
  const members = collections.flatMap((level): [string, 'asc' | 'desc'][] => {
    if (!direct.has(level.name)) return [[`${level.name}.${ORDINAL}`, 'asc']];
    return relatedOrder(level.relationship, level.spec).flatMap((ordering): [string, 'asc' | 'desc'][] => {
      const column = columnOf(ordering);
      return column === undefined || ordering.kind !== 'column'
        ? []
        : [[`${level.name}.${column.column.name}`, ordering.direction]];
    });
  });
  return plan.root.orderings.length === 0 ? members : [[`${ROOT}.${ORDINAL}`, 'asc'], ...members];
}

function levelShape({ relationship, selection, spec }: Level, isDirect: boolean): string {
  const columns = (selection ?? defaultSelection(relationship.target)).shape;
  const order = relatedOrder(relationship, spec).map((each) => (each.kind === 'column' ? each.direction : ''));
  return `${relationship.mapper.name}.${relationship.property} ${isDirect ? `direct ${columns} ${order.join()}` : ''}`;
}
