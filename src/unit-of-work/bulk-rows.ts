import { columnValues } from '../mapping/embedded-members.ts';
import type { Codec, Dialect } from '../dialects/dialect.ts';
import type { RowPlace } from '../errors/bulk-errors.ts';
import { BulkRowError } from '../errors/bulk-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { stateOf } from '../state/entity.ts';

/** One row of the program, checked and encoded. Values are by column index, undefined where there is none. */
export interface BulkRow {
  /** Counts from 0. */
  readonly position: number;
  readonly values: readonly unknown[];
  readonly encoded: readonly unknown[];
  /** What the row itself gave, as against what defaults filled in. */
  readonly given: readonly ColumnProperty[];
}

/** Rows with values for the same columns. */
export interface RowGroup {
  readonly columns: readonly ColumnProperty[];
  readonly rows: BulkRow[];
}

/** What came in, and what becomes of columns that a row leaves out. */
export interface RowsGiven {
  /** Such as `insertMany`, for errors. */
  readonly call: string;
  readonly rows: readonly unknown[];
  /** `insert`: defaults and nulls stand for what is left out. `update`: it stays as it is. */
  readonly purpose: 'insert' | 'update';
}

/** @throws {BulkRowError} SESSION_BAD_ROW - the first row that cannot be written, by position and name. */
export function readRows(dialect: Dialect, mapper: Mapper, given: RowsGiven): BulkRow[] {
  const codecs = codecsOf(dialect, mapper);
  const call = callOf(mapper, given);
  return given.rows.map((row, position) => readRow(mapper, row, { call, position, codecs, purpose: given.purpose }));
}

/** `insertMany(User)`. */
export function callOf(mapper: Mapper, { call }: { readonly call: string }): string {
  return `${call}(${mapper.name})`;
}

/** Rows of one shape together, whatever stands between them; groups and rows keep the order of the call. */
export function groupRows(mapper: Mapper, rows: readonly BulkRow[], shapeOf: (row: BulkRow) => string): RowGroup[] {
  const groups = new Map<string, RowGroup>();
  for (const row of rows) {
    const shape = shapeOf(row);
    const group = groups.get(shape);
    if (group !== undefined) group.rows.push(row);
    else
      groups.set(shape, {
        columns: mapper.columns.filter(({ index }) => row.encoded[index] !== undefined),
        rows: [row],
      });
  }
  return [...groups.values()];
}

/** The columns that a row gives, as a key. */
export function givenShape(row: BulkRow): string {
  return row.given.map(({ index }) => index).join();
}

export function* chunks<T>(rows: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.length <= size ? rows : rows.slice(at, at + size);
}

/** The encoded values of `columns`, row by row. */
export function encodedOf(rows: readonly BulkRow[], columns: readonly ColumnProperty[]): unknown[][] {
  return rows.map(({ encoded }) => columns.map(({ index }) => encoded[index]));
}

interface Reading extends RowPlace {
  readonly codecs: readonly Codec[];
  readonly purpose: RowsGiven['purpose'];
}

function readRow(mapper: Mapper, row: unknown, reading: Reading): BulkRow {
  const values = valuesOf(mapper, row, reading);
  const given = mapper.columns.filter(({ index }) => values[index] !== undefined);
  keepIdentity(mapper, values, reading);
  if (reading.purpose === 'insert') for (const column of mapper.columns) fill(values, column, reading);
  const encoded = mapper.columns.map((column) => encode(column, values[column.index], reading));
  return { position: reading.position, values, encoded, given };
}

function valuesOf(mapper: Mapper, row: unknown, place: Reading): unknown[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw BulkRowError.of(place, 'is no object', 'Give an object of column values.');
  }
  if (stateOf(row) !== undefined) {
    throw BulkRowError.of(place, 'is a mapped object', 'Give plain rows here, or the object to session.add().');
  }
  const values = new Array<unknown>(mapper.columns.length).fill(undefined);
  const given = Object.entries(row).flatMap(([name, value]) => columnValues(mapper, name, value));
  for (const [name, value] of given) {
    const attribute = mapper.attributes.get(name);
    if (attribute?.kind !== 'column') throw BulkRowError.unknownColumn(place, name, propertiesOf(mapper.columns));
    const isRead = place.purpose === 'update' && attribute === mapper.version;
    if (!attribute.isWritable && value !== undefined && !isRead)
      throw BulkRowError.of(place, `gives '${name}', which the database computes`, 'Leave it out.');
    values[attribute.index] = value;
  }
  return values;
}

/** Of which class a row is an object, the call has said. */
function keepIdentity({ inheritance }: Mapper, values: unknown[], place: Reading): void {
  if (inheritance === undefined) return;
  const { identity, family } = inheritance;
  const { index, property } = family.discriminator;
  if (values[index] !== undefined && values[index] !== identity)
    throw BulkRowError.of(place, `gives '${property}', which says of which class a row is`, 'Leave it out.');
  if (place.purpose === 'insert') values[index] = identity;
}

function fill(
  values: unknown[],
  { column, index, property, makeDefault, nextVersion, isServerGenerated }: ColumnProperty,
  place: RowPlace,
): void {
  if (values[index] !== undefined) return;
  if (makeDefault !== undefined) values[index] = makeDefault();
  else if (nextVersion !== undefined) values[index] = nextVersion(null);
  else if (column.nullable && !isServerGenerated) values[index] = null;
  else if (!isServerGenerated) throw BulkRowError.missing(place, property, 'which has neither null nor a default');
}

function encode(column: ColumnProperty, value: unknown, reading: Reading): unknown {
  if (value === undefined) return undefined;
  if (value === null) {
    if (column.column.nullable) return null;
    throw BulkRowError.isNull(reading, column.property, 'which cannot be null');
  }
  try {
    return reading.codecs[column.index]?.encode(value);
  } catch (error) {
    throw refused(column, error, reading);
  }
}

function refused(column: ColumnProperty, error: unknown, place: RowPlace): BulkRowError {
  return BulkRowError.of(place, `has ${wrongValue(column, error)}`, 'Correct the value.', error);
}

/** What a codec's error says of a value. The words of a codec of the program's own may hold it, and are left out. */
export function wrongValue({ property, type }: ColumnProperty, error: unknown): string {
  const isOwn = type.name !== 'custom' && error instanceof TypeError;
  return `a wrong value for '${property}': ${isOwn ? error.message : 'its codec refused it'}`;
}

export function propertiesOf(columns: readonly ColumnProperty[]): string[] {
  return columns.map(({ property }) => property);
}
