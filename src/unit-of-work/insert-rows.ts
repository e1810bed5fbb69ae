import { NullKeyError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfRow, keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';
import type { FlushStep } from './flush-plan.ts';
import { resolveLinks } from './resolve-links.ts';
import { settleWritten } from './settle.ts';
import { insertStatement } from './write-statements.ts';

/** New rows that one statement can carry: all have values for the same columns. */
interface InsertBatch {
  readonly columns: readonly ColumnProperty[];
  /** What the database fills in and must tell. */
  readonly returning: readonly ColumnProperty[];
  readonly states: InstanceState[];
}

/** Writes the new rows of a step, as few statements as their shapes and the parameter limit allow. */
export async function insertRows(context: FlushContext, step: FlushStep): Promise<void> {
  for (const state of step.states) {
    context.remember(state);
    resolveLinks(state);
    fillDefaults(state);
  }
  for (const batch of batches(context, step)) await insertBatch(context, step.mapper, batch);
}

function fillDefaults(state: InstanceState): void {
  for (const column of state.mapper.columns) {
    if (column.makeDefault === undefined) continue;
    if ((state.entity as Record<string, unknown>)[column.property] === undefined)
      assignColumn(state, column, column.makeDefault());
  }
}

/** Neighbours of equal shape go together, so that rows keep the order of `add`. */
function batches(context: FlushContext, step: FlushStep): InsertBatch[] {
  const result: InsertBatch[] = [];
  let shape: string | undefined;
  for (const state of step.states) {
    const columns = state.mapper.columns.filter(
      (column) => !column.isServerGenerated || valueOf(state, column) !== null,
    );
    const key = columns.map(({ index }) => index).join();
    const batch = result.at(-1);
    if (batch !== undefined && key === shape && batch.states.length < rowLimit(context, batch))
      batch.states.push(state);
    else result.push(newBatch(state, columns));
    shape = key;
  }
  return result;
}

function newBatch(state: InstanceState, columns: readonly ColumnProperty[]): InsertBatch {
  const returning = state.mapper.columns.filter((column) => !columns.includes(column));
  return { columns, returning, states: [state] };
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

/** Types whose values come back as they were given, so that an answer can be told by its key. */
const EXACT = new Set(['integer', 'bigint', 'text', 'varchar', 'boolean', 'uuid', 'enum']);

function isExact({ type }: ColumnProperty): boolean {
  return EXACT.has(type.name);
}

async function insertBatch(context: FlushContext, mapper: Mapper, batch: InsertBatch): Promise<void> {
  const { columns, states } = batch;
  const codecs = codecsOf(context.dialect, mapper);
  // Copies: the program may go on changing the originals while the statement is on its way.
  const values = states.map((state) => columns.map((column) => column.copy(valueOf(state, column))));
  const rows = values.map((row) =>
    row.map((value, at) => (value === null ? null : codecs[(columns[at] as ColumnProperty).index]?.encode(value))),
  );
  const returning = withKey(mapper, batch);
  const { statement, parameters } = insertStatement(context.dialect, mapper, { columns, returning, rows });
  const result = await context.execute(statement, parameters);
  const answers = decodeAnswers(result.rows, returning, codecs);
  const ordered = returning.length === 0 ? [] : inOrder(mapper, batch, returning, { answers, values });
  states.forEach((state, at) =>
    finish(context, state, batch, { values: values[at] ?? [], returning, answer: ordered[at] ?? [] }),
  );
}

/** The primary key comes along when several answers must be told apart. */
function withKey(mapper: Mapper, batch: InsertBatch): readonly ColumnProperty[] {
  if (batch.returning.length === 0 || batch.states.length === 1) return batch.returning;
  return [...new Set([...mapper.primaryKey, ...batch.returning])];
}

function decodeAnswers(
  rows: unknown[][],
  returning: readonly ColumnProperty[],
  codecs: readonly { decode(value: unknown): unknown }[],
): unknown[][] {
  return rows.map((row) =>
    row.map((value, at) => (value === null ? null : codecs[(returning[at] as ColumnProperty).index]?.decode(value))),
  );
}

/** Puts answers into the order of the rows: by generated key, which the database counts up in row order, or by given key. */
function inOrder(
  mapper: Mapper,
  batch: InsertBatch,
  returning: readonly ColumnProperty[],
  rows: { answers: unknown[][]; values: unknown[][] },
): unknown[][] {
  const { answers, values } = rows;
  if (answers.length < 2) return answers;
  const generated = batch.returning.find((column) => column.isPrimaryKey);
  if (generated !== undefined) {
    const at = returning.indexOf(generated);
    return answers.sort((left, right) => ((left[at] as number) < (right[at] as number) ? -1 : 1));
  }
  const keyAt = (columns: readonly ColumnProperty[], row: unknown[]): unknown =>
    keyOfValues(mapper.primaryKey.map((column) => inOneForm(column, row[columns.indexOf(column)])));
  const byKey = new Map(answers.map((answer) => [keyAt(returning, answer), answer]));
  return values.map((row) => byKey.get(keyAt(batch.columns, row)) ?? []);
}

/** Databases write UUIDs in lower case, whatever they were given. */
function inOneForm({ type }: ColumnProperty, value: unknown): unknown {
  return type.name === 'uuid' ? String(value).toLowerCase() : value;
}

function finish(
  context: FlushContext,
  state: InstanceState,
  batch: InsertBatch,
  row: { values: unknown[]; returning: readonly ColumnProperty[]; answer: unknown[] },
): void {
  const committed: unknown[] = new Array<unknown>(state.mapper.columns.length).fill(null);
  batch.columns.forEach((column, at) => {
    committed[column.index] = row.values[at];
    // What nobody set is null from now on, as it will be when it is read.
    if (row.values[at] === null) assignColumn(state, column, valueOf(state, column));
  });
  row.returning.forEach((column, at) => {
    if (!batch.returning.includes(column)) return;
    committed[column.index] = row.answer[at] ?? null;
    if (valueOf(state, column) === null) assignColumn(state, column, column.copy(row.answer[at] ?? null));
  });
  const key = keyOfRow(state.mapper, committed);
  if (key === undefined)
    throw NullKeyError.after(
      String(state),
      state.mapper.primaryKey.map((column) => column.property),
    );
  state.key = key;
  settleWritten(context, state, committed);
  if (state.owner === context.owner) state.moveTo('persistent');
  // Expunged while the statement was on its way.
  else return state.moveTo('detached');
  context.admit(state);
}
