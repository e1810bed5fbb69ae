import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { isKindOf, kindsOf, lineageOf, ownColumns, ownsTable } from '../mapping/hierarchy.ts';
import type { AnySelect, Truth } from '../sql/untyped-kysely.ts';
import { eb } from '../sql/untyped-kysely.ts';

/**
 * The rows of a class whose columns are in several tables, as one: those of the classes that it extends are joined, those of its
 * subclasses as far as there are any.
 *
 * @param purpose - rows of an outer join cannot be locked: `locking` reads the columns of subclasses by subqueries.
 * @example
 * select "employees"."id", "employees"."type", "employees"."name", "engineers"."language"
 * from "employees" left join "engineers" on "engineers"."id" = "employees"."id"
 */
export function familyRows(mapper: Mapper, purpose: 'reading' | 'locking'): AnySelect {
  const isLocking = purpose === 'locking';
  const [root = mapper, ...inner] = lineageOf(mapper).filter(ownsTable);
  const outer = kindsOf(mapper).filter((kind) => kind !== mapper && ownsTable(kind));
  let rows: AnySelect = eb.selectFrom(root.table.name);
  for (const each of inner) rows = rows.innerJoin(each.table.name, (on) => on.on(eb.and(sameKey(each, root))));
  if (!isLocking)
    for (const each of outer) rows = rows.leftJoin(each.table.name, (on) => on.on(eb.and(sameKey(each, root))));
  const kinds = [...lineageOf(mapper), ...kindsOf(mapper).filter((kind) => kind !== mapper)];
  for (const kind of kinds) {
    const home = homeOf(kind);
    const isRead = !isLocking || isKindOf(mapper, home);
    for (const column of ownColumns(kind))
      rows = isRead ? rows.select(placed(column, home)) : readApart(rows, column, { home, root });
  }
  return rows;
}

function readApart(rows: AnySelect, column: ColumnProperty, { home, root }: { home: Mapper; root: Mapper }): AnySelect {
  const value = eb
    .selectFrom(home.table.name)
    .select(placed(column, home))
    .where(eb.and(sameKey(home, root)));
  return rows.select(value.as(column.column.name));
}

/** The class whose table has the columns that a class declares. */
function homeOf(mapper: Mapper): Mapper {
  const { inheritance } = mapper;
  return inheritance?.parent === undefined || ownsTable(mapper) ? mapper : homeOf(inheritance.parent);
}

function placed({ column }: ColumnProperty, { table }: Mapper): string {
  return `${table.name}.${column.name}`;
}

function sameKey(left: Mapper, right: Mapper): Truth[] {
  return left.primaryKey.map((column) => eb(eb.ref(placed(column, left)), '=', eb.ref(placed(column, right))));
}
