import { NullKeyError } from '../errors/flush-errors.ts';
import { spansTables } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, isUnset, valueOf } from '../state/row-comparer.ts';
import { isExact } from './answer-order.ts';
import type { FlushContext } from './flush-context.ts';
import type { InsertStep } from './flush-plan.ts';
import type { InsertBatch, NewRow } from './insert-batch.ts';
import { insertIntoTable, insertIntoTables } from './insert-batch.ts';
import { readBack } from './read-back.ts';
import { resolveLinks } from './resolve-links.ts';
import { settleInserted } from './settle.ts';
import { startVersion } from './versions.ts';
import { keepIdentity, normaliseKey, refuseReadOnly } from './writable-values.ts';

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

/** A member of a value that there is not. */
function isOfNothing({ entity }: InstanceState, { embedded }: ColumnProperty): boolean {
  return embedded?.isNullable === true && (Reflect.get(entity, embedded.property) ?? null) === null;
}

function fillDefaults(state: InstanceState): void {
  for (const column of state.mapper.columns) {
    if (column.makeDefault !== undefined && isUnset(state, column) && !isOfNothing(state, column))
      assignColumn(state, column, column.makeDefault());
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
  const { rows } = batch;
  const { returning, answers } = await (spansTables(mapper)
    ? insertIntoTables(context, mapper, batch)
    : insertIntoTable(context, mapper, batch));
  rows.forEach((row, at) => finish(context, row, { returning, answer: answers[at] ?? [] }));
  const written = rows.map(({ state }) => state);
  await readBack(context, mapper, written);
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
