import { StaleDataError } from '../errors/flush-errors.ts';
import { codecsOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { NewValue } from './apply-values.ts';
import { applyValues } from './apply-values.ts';
import type { BulkRow, RowGroup } from './bulk-rows.ts';
import { chunks, givenShape, groupRows } from './bulk-rows.ts';
import { decodeAnswers } from './encode-values.ts';
import type { FlushContext } from './flush-context.ts';
import { keyText, keyTextOf } from './key-text.ts';
import { outdateCollections } from './outdate.ts';
import { matchColumns } from './versions.ts';
import { updateStatement } from './write-statements.ts';

/** A row to update: by what it is met, and what it is set to, its next version included. */
interface SetRow {
  readonly key: string;
  readonly encoded: readonly unknown[];
  readonly values: readonly NewValue[];
}

/** Rows in which the same columns are set. */
interface SetGroup {
  readonly match: readonly ColumnProperty[];
  readonly columns: readonly ColumnProperty[];
  readonly rows: readonly SetRow[];
}

type Held = ReadonlyMap<string | undefined, InstanceState>;

/**
 * Updates rows by primary key and version, those that change the same columns in as few statements as the database allows.
 * Held objects follow.
 *
 * @throws {StaleDataError} SESSION_STALE_ROW - there is no row with one of the keys, or it has another version.
 */
export async function updateMany(context: FlushContext, mapper: Mapper, rows: readonly BulkRow[]): Promise<void> {
  const held = heldByKey(context, mapper);
  const groups = groupRows(mapper, rows, givenShape).map((group) => setGroup(context, mapper, group));
  for (const group of groups) if (group.columns.length > 0) await updateGroup(context, mapper, { group, held });
  outdateCollections(context, mapper, new Set(groups.flatMap(({ columns }) => columns)));
}

function setGroup(context: FlushContext, mapper: Mapper, { columns, rows }: RowGroup): SetGroup {
  const match = matchColumns(mapper);
  const plain = columns.filter((column) => !match.includes(column));
  const version = plain.length === 0 || mapper.version?.nextVersion === undefined ? undefined : mapper.version;
  const sent = [...match, ...plain];
  const set = rows.map(({ values, encoded }) => {
    const next =
      version === undefined ? [] : [{ column: version, value: version.nextVersion?.(values[version.index]) }];
    return {
      key: keyText(mapper.primaryKey.map(({ index }) => encoded[index])),
      encoded: [...sent.map(({ index }) => encoded[index]), ...next.map((each) => encodedValue(context, mapper, each))],
      values: [...plain.map((column) => ({ column, value: values[column.index] })), ...next],
    };
  });
  return { match, columns: version === undefined ? plain : [...plain, version], rows: set };
}

function encodedValue(context: FlushContext, mapper: Mapper, { column, value }: NewValue): unknown {
  return codecsOf(context.dialect, mapper)[column.index]?.encode(value);
}

async function updateGroup(
  context: FlushContext,
  mapper: Mapper,
  { group, held }: { readonly group: SetGroup; readonly held: Held },
): Promise<void> {
  const { match, columns } = group;
  const isAsked = held.size > 0 && mapper.serverUpdated.length > 0;
  const returning = isAsked ? [...mapper.primaryKey, ...mapper.serverUpdated] : [];
  for (const chunk of chunks(group.rows, context.dialect.bulk.maxRows(match.length + columns.length))) {
    const update = { match, columns, returning, rows: chunk.map(({ encoded }) => encoded) };
    const { statement, parameters } = updateStatement(context.dialect, mapper, update);
    const { rows, affected } = await context.execute(statement, parameters);
    const counts = { expected: chunk.length, matched: affected };
    if (affected !== chunk.length) throw StaleDataError.of('UPDATE', mapper.table.name, counts);
    for (const { key, values } of chunk) apply(context, held.get(key), values);
    const answers = decodeAnswers(context.dialect, mapper, { columns: returning, rows });
    for (const answer of answers) applyAnswer(context, mapper, { held, returning, answer });
  }
}

/** What the database changed by itself. */
function applyAnswer(
  context: FlushContext,
  mapper: Mapper,
  { held, returning, answer }: { held: Held; returning: readonly ColumnProperty[]; answer: readonly unknown[] },
): void {
  const values = returning.map((column, at) => ({ column, value: answer[at] }));
  const key = values.slice(0, mapper.primaryKey.length).map((each) => encodedValue(context, mapper, each));
  apply(context, held.get(keyText(key)), values.slice(key.length));
}

function apply(context: FlushContext, state: InstanceState | undefined, values: readonly NewValue[]): void {
  if (state !== undefined) applyValues(context, state, values);
}

function heldByKey(context: FlushContext, mapper: Mapper): Held {
  const codecs = codecsOf(context.dialect, mapper);
  const held = [...context.identity.objectsOf(mapper)];
  return new Map(held.map((state) => [keyTextOf(codecs, mapper.primaryKey, state.committed ?? []), state]));
}
