import { sql } from 'kysely';

import type { ColumnType, ColumnTypeName } from '../../sql/column-type.ts';
import * as expected from '../expected.ts';
import type { JsonElement, JsonRows } from '../json-rows.ts';
import { customElement, plain } from '../json-rows.ts';
import { codec } from './types.ts';

/** Rows as `json_agg` of `json_build_array`, whose functions take a hundred arguments. */
export const jsonRows: JsonRows = Object.freeze<JsonRows>({
  element,
  maxElements: 100,
  row: (elements) => sql`json_build_array(${sql.join(elements)})`,
  rows: (row, order) => sql`json_agg(${row} order by ${order})`,
});

const same = plain((element) => element);
/** NaN and the infinities come as texts. */
const number = plain(Number);

const PLAIN: Partial<Record<ColumnTypeName, JsonElement>> = {
  integer: same,
  text: same,
  varchar: same,
  uuid: same,
  date: same,
  enum: same,
  boolean: same,
  json: same,
  real: number,
  double: number,
};

/** What JSON cannot hold exactly comes as the text that a row would have. */
function element(type: ColumnType): JsonElement {
  if (type.name === 'custom') return customElement(type, element(expected.elementOf(type)));
  return PLAIN[type.name] ?? { write: (column) => sql`${column}::text`, read: codec(type).decode };
}
