import { StaleDataError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { applyValues } from './apply-values.ts';
import type { BulkRow, RowGroup } from './bulk-rows.ts';
import { chunks, encodedOf, givenShape, groupRows } from './bulk-rows.ts';
import type { FlushContext } from './flush-context.ts';
import { keyText, keyTextOf } from './key-text.ts';
import { outdateCollections } from './outdate.ts';
import { newValues } from './upsert-many.ts';
import { updateStatement } from './write-statements.ts';

/**
 * Updates rows by primary key, those that change the same columns in as few statements as the database allows. Held objects follow.
 *
 * @throws {StaleDataError} SESSION_STALE_ROW - there is no row with one of the keys.
 */
export async function updateMany(context: FlushContext, mapper: Mapper, rows: readonly BulkRow[]): Promise<void> {
  const groups = groupRows(mapper, rows, givenShape);
  for (const group of groups) await updateGroup(context, mapper, group);
  const held = heldByKey(context, mapper);
  for (const group of groups) follow(context, mapper, group, held);
  outdateCollections(context, mapper, new Set(groups.flatMap(({ columns }) => columns)));
}

async function updateGroup(context: FlushContext, mapper: Mapper, { columns, rows }: RowGroup): Promise<void> {
  const changed = columns.filter((column) => !column.isPrimaryKey);
  const all = [...mapper.primaryKey, ...changed];
  if (changed.length === 0) return;
  for (const chunk of chunks(rows, context.dialect.bulk.maxRows(all.length))) {
    const update = { match: mapper.primaryKey, columns: changed, returning: [], rows: encodedOf(chunk, all) };
    const { statement, parameters } = updateStatement(context.dialect, mapper, update);
    const { affected } = await context.execute(statement, parameters);
    const counts = { expected: chunk.length, matched: affected };
    if (affected !== chunk.length) throw StaleDataError.of('UPDATE', mapper.table.name, counts);
  }
}

function heldByKey(context: FlushContext, mapper: Mapper): Map<string | undefined, InstanceState> {
  const codecs = codecsOf(context.dialect, mapper);
  const held = [...context.identity.of(mapper).values()];
  return new Map(held.map((state) => [keyTextOf(codecs, mapper.primaryKey, state.committed ?? []), state]));
}

function follow(
  context: FlushContext,
  mapper: Mapper,
  { columns, rows }: RowGroup,
  held: ReadonlyMap<string | undefined, InstanceState>,
): void {
  const changed = columns.filter((column) => !column.isPrimaryKey);
  for (const row of held.size === 0 ? [] : rows) {
    const state = held.get(keyText(mapper.primaryKey.map(({ index }) => row.encoded[index])));
    if (state !== undefined) applyValues(context, state, newValues(changed, row));
  }
}
