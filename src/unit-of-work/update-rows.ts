import { StaleDataError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { changedColumns, valueOf } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';
import type { FlushStep } from './flush-plan.ts';
import { resolveLinks } from './resolve-links.ts';
import { settleWritten } from './settle.ts';
import { updateStatement } from './write-statements.ts';

/** Rows in which the same columns changed. */
interface UpdateBatch {
  readonly columns: readonly ColumnProperty[];
  readonly states: InstanceState[];
}

/** Writes the net changes of a step; objects without any cost nothing. One statement for each set of changed columns. */
export async function updateRows(context: FlushContext, step: FlushStep): Promise<void> {
  const batches = new Map<string, UpdateBatch>();
  for (const state of step.states) {
    context.remember(state);
    resolveLinks(state);
    const columns = changedColumns(state);
    if (columns.length === 0) continue;
    const key = columns.map(({ index }) => index).join();
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, { columns, states: [state] });
    else batch.states.push(state);
  }
  for (const batch of batches.values()) await updateBatch(context, step.mapper, batch);
}

async function updateBatch(context: FlushContext, mapper: Mapper, batch: UpdateBatch): Promise<void> {
  const { columns, states } = batch;
  const limit = context.dialect.bulk.maxRows(mapper.primaryKey.length + columns.length);
  for (let at = 0; at < states.length; at += limit)
    await updateChunk(context, mapper, { columns, states: states.slice(at, at + limit) });
}

async function updateChunk(context: FlushContext, mapper: Mapper, batch: UpdateBatch): Promise<void> {
  const { columns, states } = batch;
  const codecs = codecsOf(context.dialect, mapper);
  const encode = (column: ColumnProperty, value: unknown): unknown =>
    value === null ? null : codecs[column.index]?.encode(value);
  // Copies: the program may go on changing the originals while the statement is on its way.
  const values = states.map((state) => columns.map((column) => column.copy(valueOf(state, column))));
  const rows = states.map((state, at) => [
    ...mapper.primaryKey.map((column) => encode(column, state.committed?.[column.index] ?? null)),
    ...columns.map((column, position) => encode(column, values[at]?.[position])),
  ]);
  const { statement, parameters } = updateStatement(context.dialect, mapper, { columns, rows });
  const { affected } = await context.execute(statement, parameters);
  if (affected !== states.length)
    throw StaleDataError.of('UPDATE', mapper.table.name, { expected: states.length, matched: affected });
  const rekeyed = states.filter((state, at) => finish(context, state, columns, values[at] ?? []));
  for (const state of rekeyed) context.admit(state);
}

/** Returns whether the object now goes by another key; all old keys leave the map before any new one enters it. */
function finish(
  context: FlushContext,
  state: InstanceState,
  columns: readonly ColumnProperty[],
  values: readonly unknown[],
): boolean {
  const committed = (state.committed ?? []).slice();
  columns.forEach((column, at) => {
    // Expired while the statement was on its way.
    if (committed[column.index] === ABSENT && !Object.hasOwn(state.entity, column.property)) return;
    if (committed[column.index] === ABSENT) state.absentCount--;
    committed[column.index] = values[at];
  });
  settleWritten(context, state, committed);
  const key = keyOfRow(state.mapper, committed);
  if (key === state.key) return false;
  context.identity.delete(state);
  state.key = key;
  return true;
}
