import { MissingRowsError, NullKeyError } from '../errors/flush-errors.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, isUnset, valueOf } from '../state/row-comparer.ts';
import { answersInOrder, isExact } from './answer-order.ts';
import { decodeAnswers, valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import type { InsertStep } from './flush-plan.ts';
import { readBack } from './read-back.ts';
import { resolveLinks } from './resolve-links.ts';
import { settleInserted } from './settle.ts';
import { startVersion } from './versions.ts';
import { keepIdentity, normaliseKey, refuseReadOnly } from './writable-values.ts';
import { insertStatement } from './write-statements.ts';

/** One new row, ready to be written. */
interface NewRow {
  readonly state: InstanceState;
  readonly columns: readonly ColumnProperty[];
  readonly values: readonly unknown[];
  /** Written later, by an update. */
  readonly deferred: readonly ForeignKeyLink[];
}

/** New rows that one statement can carry: all have values for the same columns. */
interface InsertBatch {
  readonly columns: readonly ColumnProperty[];
  /** What the database fills in and must tell. */
  readonly returning: readonly ColumnProperty[];
  readonly rows: NewRow[];
}

/** Writes the new rows of a step, as few statements as their shapes and the parameter limit allow. */
export async function insertRows(context: FlushContext, step: InsertStep): Promise<void> {
  const rows = step.states.map((state) => prepareRow(context, state, step.deferred?.get(state) ?? []));
  for (const batch of batches(context, rows)) await insertBatch(context, step.mapper, batch);
}

function prepareRow(context: FlushContext, state: InstanceState, deferred: readonly ForeignKeyLink[]): NewRow {
  context.remember(state);
  resolveLinks(state, deferred);
  fillDefaults(state);
  startVersion(state);
  normaliseKey(state);
  keepIdentity(state);
  refuseReadOnly(
    state,
    state.mapper.serverUpdated.filter((column) => valueOf(state, column) !== null),
  );
  const columns = state.mapper.columns.filter(
    (column) => column.isWritable && (!column.isServerGenerated || valueOf(state, column) !== null),
  );
  const empty = new Set(deferred.flatMap((link) => link.childColumns));
  // Copies: the program may go on changing the originals while the statement is on its way.
  const values = columns.map((column) => (empty.has(column) ? null : column.copy(valueOf(state, column))));
  const missing = columns.filter((column, at) => column.isPrimaryKey && values[at] === null);
  if (missing.length > 0)
    throw NullKeyError.after(
      String(state),
      missing.map((column) => column.property),
    );
  return { state, columns, values, deferred };
}

function fillDefaults(state: InstanceState): void {
  for (const column of state.mapper.columns) {
    if (column.makeDefault !== undefined && isUnset(state, column)) assignColumn(state, column, column.makeDefault());
  }
}

/** Neighbours of equal shape go together, so that rows keep the order of `add`; a row with SQL in it goes alone. */
function batches(context: FlushContext, rows: readonly NewRow[]): InsertBatch[] {
  const result: InsertBatch[] = [];
  let shape: string | undefined;
  for (const row of rows) {
    const isAlone = row.values.some((value) => value instanceof SqlExpression);
    const key = isAlone ? undefined : row.columns.map(({ index }) => index).join();
    const batch = result.at(-1);
    if (batch !== undefined && key !== undefined && key === shape && batch.rows.length < rowLimit(context, batch))
      batch.rows.push(row);
    else result.push(newBatch(row));
    shape = key;
  }
  return result;
}

function newBatch(row: NewRow): InsertBatch {
  const { columns, values } = row;
  const isKnown = (column: ColumnProperty): boolean =>
    columns.includes(column) && !column.isServerUpdated && !(values[columns.indexOf(column)] instanceof SqlExpression);
  return { columns, returning: row.state.mapper.columns.filter((column) => !isKnown(column)), rows: [row] };
}

/** Rows whose keys could not be told apart in the answer go one by one. */
function rowLimit(context: FlushContext, batch: InsertBatch): number {
  const [generatedKey, ...more] = batch.returning.filter((column) => column.isPrimaryKey);
  const isSortable =
    generatedKey === undefined
      ? batch.returning.length === 0 || batch.columns.every((column) => !column.isPrimaryKey || isExact(column))
      : more.length === 0 && generatedKey.column.autoIncrement;
  return isSortable && batch.columns.length > 0 ? context.dialect.bulk.maxRows(batch.columns.length) : 1;
}

async function insertBatch(context: FlushContext, mapper: Mapper, batch: InsertBatch): Promise<void> {
  const { columns, rows } = batch;
  const encode = valueEncoder(context.dialect, mapper);
  const encoded = rows.map(({ state, values }) => columns.map((column, at) => encode(state, column, values[at])));
  const returning = withKey(mapper, batch);
  const { statement, parameters } = insertStatement(context.dialect, mapper, { columns, returning, rows: encoded });
  const result = await context.execute(statement, parameters);
  const returned = returning.length === 0 ? result.affected : result.rows.length;
  if (returned !== rows.length) throw MissingRowsError.after(mapper.table.name, { expected: rows.length, returned });
  const answers = decodeAnswers(context.dialect, mapper, { columns: returning, rows: result.rows });
  const given = rows.map((row) => mapper.primaryKey.map((column) => row.values[columns.indexOf(column)]));
  const ordered = answersInOrder(mapper, answers, {
    returning,
    given,
    generated: batch.returning.find((column) => column.isPrimaryKey),
  });
  rows.forEach((row, at) => finish(context, row, { returning, answer: ordered[at] ?? [] }));
  const written = rows.map(({ state }) => state);
  await readBack(context, mapper, written);
}

/** The primary key comes along when several answers must be told apart. */
function withKey(mapper: Mapper, batch: InsertBatch): readonly ColumnProperty[] {
  if (batch.returning.length === 0 || batch.rows.length === 1) return batch.returning;
  return [...new Set([...mapper.primaryKey, ...batch.returning])];
}

function finish(context: FlushContext, row: NewRow, { returning, answer }: Answer): void {
  const { state, columns, values, deferred } = row;
  const committed: unknown[] = new Array<unknown>(state.mapper.columns.length).fill(null);
  const later = new Set(deferred.flatMap((link) => link.childColumns));
  columns.forEach((column, at) => {
    committed[column.index] = values[at];
    // What nobody set is null from now on, as it will be when it is read.
    if (values[at] === null && !later.has(column)) assignColumn(state, column, valueOf(state, column));
  });
  returning.forEach((column, at) => {
    const sent = columns.includes(column) ? values[columns.indexOf(column)] : null;
    if (column.isPrimaryKey && sent !== null && !(sent instanceof SqlExpression)) return;
    committed[column.index] = answer[at] ?? null;
    // What the program has set meanwhile stands.
    if (column.equals(valueOf(state, column), sent)) assignColumn(state, column, column.copy(answer[at] ?? null));
  });
  const key = keyOfRow(state.mapper, committed);
  if (key === undefined)
    throw NullKeyError.after(
      String(state),
      state.mapper.primaryKey.map((column) => column.property),
    );
  state.key = key;
  settleInserted(context, state, committed);
  if (state.owner === context.owner) state.moveTo('persistent');
  // Expunged while the statement was on its way.
  else return state.moveTo('detached');
  context.admit(state);
}

interface Answer {
  readonly returning: readonly ColumnProperty[];
  readonly answer: readonly unknown[];
}
