import { StaleDataError } from '../errors/flush-errors.ts';
import { associationsTo } from '../mapping/association-index.ts';
import type { Association, ColumnProperty, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import { Collection } from '../state/collection.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { valuesAt } from '../state/identity-key.ts';
import type { EncodeValue } from './encode-values.ts';
import { valueEncoder } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import type { ClearStep, PairStep } from './flush-plan.ts';
import { outdateCollections } from './outdate.ts';
import { deleteStatement, insertStatement } from './write-statements.ts';

/** Inserts the rows that join pairs of objects. */
export async function linkPairs(context: FlushContext, { through, pairs }: PairStep): Promise<void> {
  const { mapper } = through;
  context.associations.noteWrite(mapper);
  remember(context, pairs);
  const defaults = defaultColumns(through);
  const columns = [...keyColumns(through), ...defaults];
  const encode = valueEncoder(context.dialect, mapper);
  const rows = pairs.map((pair) => {
    const values = defaults.map((column) => encode(pair.source, column, column.makeDefault?.()));
    return [...encodedKeys(through, pair, encode), ...values];
  });
  for (const chunk of chunks(context, columns, rows)) {
    const { statement, parameters } = insertStatement(context.dialect, mapper, { columns, returning: [], rows: chunk });
    await context.execute(statement, parameters);
  }
  outdate(context, mapper);
}

/** Deletes the rows that join pairs of objects. @throws {StaleDataError} SESSION_STALE_ROW - some are gone already. */
export async function unlinkPairs(context: FlushContext, { through, pairs }: PairStep): Promise<void> {
  const { mapper } = through;
  context.associations.noteWrite(mapper);
  remember(context, pairs);
  const match = keyColumns(through);
  const encode = valueEncoder(context.dialect, mapper);
  const rows = pairs.map((pair) => encodedKeys(through, pair, encode));
  for (const chunk of chunks(context, match, rows)) {
    const { statement, parameters } = deleteStatement(context.dialect, mapper, { match, rows: chunk });
    const { affected } = await context.execute(statement, parameters);
    if (affected < chunk.length)
      throw StaleDataError.of('DELETE', mapper.table.name, { expected: chunk.length, matched: affected });
  }
  outdate(context, mapper);
}

/** Deletes every row that joins deleted objects to others. */
export async function clearPairs(context: FlushContext, { states, link }: ClearStep): Promise<void> {
  context.associations.noteWrite(link.child);
  rememberHolders(context, states);
  const encode = valueEncoder(context.dialect, link.child);
  const rows = states.map((state) => encodedLink(link, state, encode));
  for (const chunk of chunks(context, link.childColumns, rows)) {
    const { statement, parameters } = deleteStatement(context.dialect, link.child, {
      match: link.childColumns,
      rows: chunk,
    });
    await context.execute(statement, parameters);
  }
  outdate(context, link.child);
}

/** A rollback brings collections back with the objects that have them. */
function remember(context: FlushContext, pairs: PairStep['pairs']): void {
  for (const { source, target } of pairs) {
    context.remember(source);
    context.remember(target);
  }
}

/** The objects whose loaded collections are about to lose deleted members. */
export function rememberHolders(context: FlushContext, deleted: readonly InstanceState[]): void {
  for (const relationship of deleted.slice(0, 1).flatMap(({ mapper }) => associationsTo(mapper))) {
    for (const holder of context.identity.objectsOf(relationship.mapper)) {
      const value = holder.slot(relationship)?.value;
      if (value instanceof Collection && deleted.some(({ entity }) => value.members.has(entity)))
        context.remember(holder);
    }
  }
}

function* chunks<T>(context: FlushContext, columns: readonly ColumnProperty[], rows: readonly T[]): Generator<T[]> {
  const size = context.dialect.bulk.maxRows(columns.length);
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

function keyColumns({ source, target }: Association): readonly ColumnProperty[] {
  return [...source.childColumns, ...target.childColumns];
}

/** What a class that is the association fills in by itself. */
function defaultColumns(through: Association): ColumnProperty[] {
  const keys = keyColumns(through);
  return through.mapper.columns.filter((column) => column.makeDefault !== undefined && !keys.includes(column));
}

function encodedKeys({ source, target }: Association, pair: PairStep['pairs'][number], encode: EncodeValue): unknown[] {
  return [...encodedLink(source, pair.source, encode), ...encodedLink(target, pair.target, encode)];
}

/** The key of an object's row, as the rows that point at it hold it. */
function encodedLink(
  { childColumns, parentColumns }: ForeignKeyLink,
  state: InstanceState,
  encode: EncodeValue,
): unknown[] {
  const values = valuesAt(parentColumns, state.committed ?? []);
  return childColumns.map((column, at) => encode(state, column, values[at]));
}

/** Objects of the association's class, if it has one, know nothing of these rows. */
function outdate(context: FlushContext, mapper: Mapper): void {
  if (mapper.isAssociation) return;
  outdateCollections(context, mapper);
  for (const state of context.identity.objectsOf(mapper)) state.seenIn = -1;
}
