import type { Dialect } from '../dialects/dialect.ts';
import { BulkRowError } from '../errors/bulk-errors.ts';
import { QueryArgumentError } from '../errors/session-errors.ts';
import { spansTables } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { BulkRow } from '../unit-of-work/bulk-rows.ts';
import { callOf, propertiesOf, readRows } from '../unit-of-work/bulk-rows.ts';
import { versionStep } from '../unit-of-work/bulk-versions.ts';
import { keyText } from '../unit-of-work/key-text.ts';
import { matchColumns } from '../unit-of-work/versions.ts';
import type { UpsertWork } from '../unit-of-work/upsert-many.ts';

/** What `upsertMany` takes, whatever the model. */
export interface UpsertArguments {
  readonly conflict: readonly string[];
  readonly update?: readonly string[] | 'all' | 'nothing';
  readonly returning?: boolean;
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - no array. @throws {BulkRowError} SESSION_BAD_ROW */
export function readNewRows(dialect: Dialect, mapper: Mapper, call: string, rows: readonly unknown[]): BulkRow[] {
  requireRows(mapper, call, rows);
  return readRows(dialect, mapper, { call, rows, purpose: 'insert' });
}

/** Rows for an update by primary key: each names its own, and no two the same. */
export function readChangedRows(dialect: Dialect, mapper: Mapper, rows: readonly unknown[]): BulkRow[] {
  requireRows(mapper, 'updateMany', rows);
  const read = readRows(dialect, mapper, { call: 'updateMany', rows, purpose: 'update' });
  const call = callOf(mapper, { call: 'updateMany' });
  requireGiven(call, read, matchColumns(mapper), 'by which rows are found');
  refuseDuplicates(call, read, mapper.primaryKey);
  return read;
}

/** @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - a wrong option. @throws {BulkRowError} SESSION_BAD_ROW */
export function readUpsert(
  dialect: Dialect,
  mapper: Mapper,
  rows: readonly unknown[],
  options: UpsertArguments,
): UpsertWork {
  const call = callOf(mapper, { call: 'upsertMany' });
  const conflict = columnsNamed(mapper, call, { option: 'conflict', names: options.conflict });
  if (conflict.length === 0)
    throw QueryArgumentError.of(call, 'conflict names no column', 'Name those of a unique key.');
  const update = updateOf(mapper, call, options.update ?? 'all');
  const read = readNewRows(dialect, mapper, 'upsertMany', rows);
  requireGiven(call, read, conflict, 'which conflict names');
  if (update !== 'given') requireFilled(call, read, update);
  refuseUnknownVersion(mapper, call, update === 'given' ? mapper.primaryKey : update);
  if (update === 'given' || update.length > 0) refuseDuplicates(call, read, conflict);
  return { call, rows: read, conflict, update, returning: options.returning ?? false };
}

function refuseUnknownVersion(mapper: Mapper, call: string, update: readonly ColumnProperty[]): void {
  if (versionStep(mapper, update) !== 'unknown') return;
  const problem = `the version '${mapper.version?.property}' is made from the one before`;
  throw QueryArgumentError.of(call, problem, "Name it in update and give it, or say update: 'nothing'.");
}

function updateOf(mapper: Mapper, call: string, update: NonNullable<UpsertArguments['update']>): UpsertWork['update'] {
  if (update === 'all') return 'given';
  if (update === 'nothing') return [];
  const columns = columnsNamed(mapper, call, { option: 'update', names: update });
  const key = columns.find(({ isPrimaryKey }) => isPrimaryKey);
  if (key === undefined) return columns;
  throw QueryArgumentError.of(call, `update names '${key.property}', a part of the primary key`, 'Leave it out.');
}

function columnsNamed(
  mapper: Mapper,
  call: string,
  { option, names }: { readonly option: string; readonly names: unknown },
): ColumnProperty[] {
  if (!Array.isArray(names))
    throw QueryArgumentError.of(call, `${option} needs a list of columns`, `Write { ${option}: ['…'] }.`);
  return names.map((name) => {
    const column = mapper.columns.find(({ property }) => property === name);
    if (column !== undefined) return column;
    const known = propertiesOf(mapper.columns).join(', ');
    throw QueryArgumentError.of(call, `${mapper.name} has no column '${String(name)}'`, `Use one of: ${known}.`);
  });
}

function requireRows(mapper: Mapper, call: string, rows: unknown): void {
  if (spansTables(mapper))
    throw QueryArgumentError.of(
      callOf(mapper, { call }),
      `rows of ${mapper.name} are in several tables`,
      'Add or change objects in the session instead.',
    );
  if (!Array.isArray(rows))
    throw QueryArgumentError.of(callOf(mapper, { call }), 'needs an array of rows', 'Write [row].');
}

/** A null meets no row in a unique key, and a default is no way to name one. */
function requireGiven(call: string, rows: readonly BulkRow[], columns: readonly ColumnProperty[], why: string): void {
  for (const { position, given, values } of rows) {
    for (const column of columns) {
      if (!given.includes(column)) throw BulkRowError.missing({ call, position }, column.property, why);
      if (values[column.index] === null) throw BulkRowError.isNull({ call, position }, column.property, why);
    }
  }
}

/** A client-side default may stand for what is left out; a null that nobody gave must not overwrite. */
function requireFilled(call: string, rows: readonly BulkRow[], columns: readonly ColumnProperty[]): void {
  for (const { position, given } of rows) {
    for (const column of columns) {
      if (given.includes(column) || column.makeDefault !== undefined) continue;
      throw BulkRowError.missing({ call, position }, column.property, 'which update names');
    }
  }
}

function refuseDuplicates(call: string, rows: readonly BulkRow[], columns: readonly ColumnProperty[]): void {
  const positions = new Map<string, number>();
  for (const { position, encoded } of rows) {
    const key = keyText(columns.map(({ index }) => encoded[index]));
    const other = positions.get(key);
    if (other !== undefined) throw BulkRowError.duplicate({ call, position }, other, propertiesOf(columns));
    positions.set(key, position);
  }
}
