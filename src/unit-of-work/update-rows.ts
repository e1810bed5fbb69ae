import { NullKeyError, StaleDataError } from '../errors/flush-errors.ts';
import { spansTables } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { tableParts } from '../mapping/table-parts.ts';
import { SqlExpression } from '../sql/sql-expression.ts';
import { keyOfRow, keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { assignColumn, changedColumns, valueOf } from '../state/row-comparer.ts';
import { decodeAnswers, valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import type { MovedRow } from './follow-keys.ts';
import { followKeys, isReferenced } from './follow-keys.ts';
import type { RowUpdate } from './key-order.ts';
import { inKeyOrder } from './key-order.ts';
import { readBack } from './read-back.ts';
import { resolveLinks } from './resolve-links.ts';
import { settleUpdated } from './settle.ts';
import { bumpVersion, matchColumns } from './versions.ts';
import { keepIdentity, normaliseKey, refuseReadOnly } from './writable-values.ts';
import { updateStatement } from './write-statements.ts';

/** Rows in which the same columns changed. */
interface UpdateBatch {
  readonly columns: readonly ColumnProperty[];
  readonly states: readonly InstanceState[];
}

/** Writes the net changes of objects of one mapper; those without any cost nothing. One statement for each set of changed columns. */
export async function updateRows(
  context: FlushContext,
  mapper: Mapper,
  states: readonly InstanceState[],
): Promise<void> {
  const updates: RowUpdate[] = [];
  for (const state of states) {
    context.remember(state);
    const columns = prepareColumns(state);
    if (columns.length > 0) updates.push({ state, columns });
  }
  for await (const wave of inKeyOrder(context, updates)) {
    for (const batch of batches(wave)) await updateBatch(context, mapper, batch);
  }
}

/** The columns to write, in mapper order; gives the row its next version. */
function prepareColumns(state: InstanceState): readonly ColumnProperty[] {
  resolveLinks(state);
  normaliseKey(state);
  keepIdentity(state);
  const changed = changedColumns(state);
  if (changed.length === 0) return changed;
  refuseReadOnly(state, changed);
  const lost = changed.find((column) => column.isPrimaryKey && valueOf(state, column) === null);
  if (lost !== undefined) throw NullKeyError.inStatement('update', state.mapper.table.name, lost.column.name);
  return bumpVersion(state, changed) ? changedColumns(state) : changed;
}

/** SQL as a value makes a statement of its own. */
function batches(updates: readonly RowUpdate[]): UpdateBatch[] {
  const byShape = new Map<string, UpdateBatch & { states: InstanceState[] }>();
  for (const { state, columns } of updates) {
    const isAlone = columns.some((column) => valueOf(state, column) instanceof SqlExpression);
    const key = `${columns.map(({ index }) => index).join()}${isAlone ? ` ${state.serial}` : ''}`;
    const batch = byShape.get(key);
    if (batch === undefined) byShape.set(key, { columns, states: [state] });
    else batch.states.push(state);
  }
  return [...byShape.values()];
}

async function updateBatch(context: FlushContext, mapper: Mapper, batch: UpdateBatch): Promise<void> {
  const { columns, states } = batch;
  const limit = context.dialect.bulk.maxRows(matchColumns(mapper).length + columns.length);
  for (let at = 0; at < states.length; at += limit)
    await updateChunk(context, mapper, { columns, states: states.slice(at, at + limit) });
}

/** One row as it was sent. */
interface SentRow {
  readonly state: InstanceState;
  readonly values: readonly unknown[];
}

async function updateChunk(context: FlushContext, mapper: Mapper, { columns, states }: UpdateBatch): Promise<void> {
  // Copies: the program may go on changing the originals while the statement is on its way.
  const sent = states.map((state) => ({ state, values: columns.map((column) => column.copy(valueOf(state, column))) }));
  const outcome = spansTables(mapper)
    ? await updateTables(context, mapper, { columns, sent })
    : await updateTable(context, mapper, { columns, sent });
  finishChunk(context, sent, outcome);
  await readBack(context, mapper, states);
}

interface SentRows {
  readonly columns: readonly ColumnProperty[];
  readonly sent: readonly SentRow[];
}

async function updateTable(context: FlushContext, mapper: Mapper, { columns, sent }: SentRows): Promise<Outcome> {
  const match = matchColumns(mapper);
  const encode = valueEncoder(context.dialect, mapper);
  const rows = sent.map(({ state, values }) => [
    ...match.map((column) => encode(state, column, state.committed?.[column.index])),
    ...columns.map((column, position) => encode(state, column, values[position])),
  ]);
  const returning = returningOf(mapper, columns, sent);
  const { statement, parameters } = updateStatement(context.dialect, mapper, { match, columns, returning, rows });
  const result = await context.execute(statement, parameters);
  const { affected } = result;
  if (affected !== sent.length)
    throw StaleDataError.of('UPDATE', mapper.table.name, { expected: sent.length, matched: affected });
  const answers = decodeAnswers(context.dialect, mapper, { columns: returning, rows: result.rows });
  return { columns, returning, answerOf: answerFinder(mapper, returning, answers) };
}

/** One statement for each table that has one of the columns; the database carries a new key from the first to the others. */
async function updateTables(context: FlushContext, mapper: Mapper, { columns, sent }: SentRows): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const { mapper: part, columns: held } of tableParts(mapper)) {
    const places = columns.flatMap((column, at) => (held.has(column) ? [at] : []));
    if (places.length === 0) continue;
    const rows = sent.map(({ state, values }) => ({ state, values: places.map((at) => values[at]) }));
    outcomes.push(
      await updateTable(context, part, { columns: columns.filter((column) => held.has(column)), sent: rows }),
    );
  }
  return {
    columns,
    returning: outcomes.flatMap(({ returning }) => returning),
    answerOf: (key) => outcomes.flatMap(({ returning, answerOf }) => answerOf(key) ?? returning.map(() => null)),
  };
}

/** What the database may have changed, or computed; and the key, to tell several answers apart. */
function returningOf(
  mapper: Mapper,
  columns: readonly ColumnProperty[],
  sent: readonly SentRow[],
): readonly ColumnProperty[] {
  const computed = columns.filter((_, at) => sent.some(({ values }) => values[at] instanceof SqlExpression));
  const wanted = new Set([...mapper.serverUpdated, ...computed]);
  if (wanted.size === 0) return [];
  return sent.length === 1 ? [...wanted] : [...new Set([...mapper.primaryKey, ...wanted])];
}

interface Outcome {
  readonly columns: readonly ColumnProperty[];
  readonly returning: readonly ColumnProperty[];
  /** By the key that the row has now. */
  answerOf(key: unknown): readonly unknown[] | undefined;
}

function answerFinder(
  mapper: Mapper,
  returning: readonly ColumnProperty[],
  answers: readonly unknown[][],
): Outcome['answerOf'] {
  if (answers.length < 2) return () => answers[0];
  const keyAt = mapper.primaryKey.map((column) => returning.indexOf(column));
  const byKey = new Map(answers.map((answer) => [keyOfValues(keyAt.map((at) => answer[at])), answer]));
  return (key) => byKey.get(key);
}

/** All old keys leave the map before any new one enters it. */
function finishChunk(context: FlushContext, sent: readonly SentRow[], outcome: Outcome): void {
  const [first] = sent;
  const isFollowed = outcome.columns.some((column) => first !== undefined && isReferenced(first.state.mapper, column));
  const moved: MovedRow[] = sent.map(({ state }) => ({ state, before: state.committed ?? [] }));
  const rekeyed = sent.filter((row) => finish(context, row, outcome));
  for (const { state } of rekeyed) context.admit(state);
  if (isFollowed) followKeys(context, moved);
}

/** Returns whether the object now goes by another key. */
function finish(context: FlushContext, { state, values }: SentRow, { columns, returning, answerOf }: Outcome): boolean {
  const committed = (state.committed ?? []).slice();
  columns.forEach((column, at) => {
    // Expired while the statement was on its way.
    if (committed[column.index] === ABSENT && !Object.hasOwn(state.entity, column.property)) return;
    committed[column.index] = values[at];
  });
  const answer = answerOf(keyOfRow(state.mapper, committed)) ?? [];
  returning.forEach((column, at) => takeAnswer(state, column, { committed, answer: answer[at] ?? null }));
  settleUpdated(context, state, committed);
  const key = keyOfRow(state.mapper, committed);
  if (key === state.key) return false;
  context.identity.delete(state);
  state.key = key;
  return true;
}

/** What the database made of a column; the program sees it unless it has set the column meanwhile. */
function takeAnswer(
  state: InstanceState,
  column: ColumnProperty,
  { committed, answer }: { committed: unknown[]; answer: unknown },
): void {
  const sent = committed[column.index];
  if (column.isPrimaryKey && !(sent instanceof SqlExpression)) return;
  committed[column.index] = answer;
  const isFree =
    sent === ABSENT ? !Object.hasOwn(state.entity, column.property) : column.equals(valueOf(state, column), sent);
  if (isFree) assignColumn(state, column, column.copy(answer));
}
