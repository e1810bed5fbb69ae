import { NullKeyError, StaleDataError } from '../errors/flush-errors.ts';
import { spansTables } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { tableParts } from '../mapping/table-parts.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { EncodeValue } from './encode-values.ts';
import { valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import { matchColumns, requireVersion } from './versions.ts';
import { deleteStatement } from './write-statements.ts';

/** Deletes rows by primary key, and version where there is one; of several tables, that of the root last. */
export async function deleteRows(
  context: FlushContext,
  mapper: Mapper,
  states: readonly InstanceState[],
): Promise<void> {
  for (const state of states) context.remember(state);
  const parts = spansTables(mapper) ? tableParts(mapper).map((part) => part.mapper) : [mapper];
  for (const part of parts.toReversed()) await deleteFromTable(context, part, states);
  for (const state of states) settleDeleted(context, state);
}

async function deleteFromTable(context: FlushContext, mapper: Mapper, states: readonly InstanceState[]): Promise<void> {
  const match = matchColumns(mapper);
  const encode = valueEncoder(context.dialect, mapper);
  const limit = context.dialect.bulk.maxRows(match.length);
  for (let at = 0; at < states.length; at += limit) {
    const chunk = states.slice(at, at + limit);
    const rows = chunk.map((state) => matchRow(state, match, encode));
    const { statement, parameters } = deleteStatement(context.dialect, mapper, { match, rows });
    const { affected } = await context.execute(statement, parameters);
    if (affected !== chunk.length) missed(mapper, { expected: chunk.length, matched: affected });
  }
}

/** The object's row is gone, or has become another object's. */
export function settleDeleted(context: FlushContext, state: InstanceState): void {
  context.identity.delete(state);
  state.links = undefined;
  state.moveTo('deleted');
  context.forget(state);
}

function matchRow(state: InstanceState, match: readonly ColumnProperty[], encode: EncodeValue): unknown[] {
  const { mapper, committed } = state;
  requireVersion(state, mapper.version && committed?.[mapper.version.index]);
  const missing = mapper.primaryKey.find((column) => (committed?.[column.index] ?? null) === null);
  if (missing !== undefined) throw NullKeyError.inStatement('delete from', mapper.table.name, missing.column.name);
  return match.map((column) => encode(state, column, committed?.[column.index]));
}

/** Rows that are gone already are what a DELETE wants: said, not thrown. A version that is not met is another matter. */
function missed(mapper: Mapper, counts: { expected: number; matched: number }): void {
  if (mapper.version !== undefined) throw StaleDataError.of('DELETE', mapper.table.name, counts);
  if (!mapper.confirmDeletedRows) return;
  const { message, code } = StaleDataError.warning(mapper.table.name, counts);
  process.emitWarning(message, { type: 'HermeticWarning', code });
}
