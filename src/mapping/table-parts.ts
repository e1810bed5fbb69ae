import { lineageOf, ownColumns, ownsTable } from './hierarchy.ts';
import type { ColumnProperty, Mapper } from './mapper.ts';

/** What one of several tables holds of a class's rows. */
export interface TablePart {
  /** The class as if it had this table alone: for statements on it. */
  readonly mapper: Mapper;
  readonly columns: ReadonlySet<ColumnProperty>;
}

const known = new WeakMap<Mapper, readonly TablePart[]>();

/** The tables that a row of the class is in, that of the root first. Each has the primary key too. */
export function tableParts(mapper: Mapper): readonly TablePart[] {
  let parts = known.get(mapper);
  if (parts === undefined) known.set(mapper, (parts = Object.freeze(partsOf(mapper))));
  return parts;
}

/** The class with the table of the root alone, which has its version. */
export function rootPart(mapper: Mapper): Mapper {
  return tableParts(mapper)[0]?.mapper ?? mapper;
}

function partsOf(mapper: Mapper): TablePart[] {
  const lineage = lineageOf(mapper);
  return lineage.filter(ownsTable).map(({ table }) => {
    const columns = new Set(lineage.filter((each) => each.table === table).flatMap(ownColumns));
    const version = mapper.version !== undefined && columns.has(mapper.version) ? mapper.version : undefined;
    const serverUpdated = mapper.serverUpdated.filter((column) => columns.has(column));
    return Object.freeze({ mapper: Object.freeze({ ...mapper, table, version, serverUpdated }), columns });
  });
}
