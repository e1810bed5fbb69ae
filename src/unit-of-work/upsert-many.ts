import { BulkRowError } from '../errors/bulk-errors.ts';
import { groupSiblings } from '../loading/hydrate.ts';
import { loadByKeys } from '../loading/load-objects.ts';
import { wholeSelection } from '../loading/column-selection.ts';
import { codecsOf, rowCodecOf } from '../loading/row-codec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { NewValue } from './apply-values.ts';
import { applyValues } from './apply-values.ts';
import type { BulkRow } from './bulk-rows.ts';
import { versionStep } from './bulk-versions.ts';
import { chunks, encodedOf, givenShape, groupRows, propertiesOf } from './bulk-rows.ts';
import type { FlushContext } from './flush-context.ts';
import { isExact, keyText, keyTextOf } from './key-text.ts';
import { outdateCollections } from './outdate.ts';
import { receiveRow } from './receive-rows.ts';
import { inGivenOrder, matchingBy } from './returned-rows.ts';
import { bulkUpsert } from './write-statements.ts';

/** What to do with rows, some of which may be there already. */
export interface UpsertWork {
  /** Such as `upsertMany(User)`, for errors. */
  readonly call: string;
  readonly rows: readonly BulkRow[];
  readonly conflict: readonly ColumnProperty[];
  /** The columns to set in rows that are there; `'given'`: what each row gave, keys aside. */
  readonly update: readonly ColumnProperty[] | 'given';
  readonly returning: boolean;
}

/** Rows with values for the same columns, of which the same are set where a row is there. */
interface UpsertGroup {
  readonly columns: readonly ColumnProperty[];
  readonly update: readonly ColumnProperty[];
  /** The version to count up in rows that are there. */
  readonly increment: ColumnProperty | undefined;
  readonly rows: readonly BulkRow[];
}

/**
 * Inserts rows, and updates those that are there; with `returning`, gives the objects of all in the order of the rows.
 * Held objects whose rows were met follow at once, and are read again by the next query that meets them.
 *
 * @throws {BulkRowError} SESSION_BAD_ROW - rows that came back cannot be told apart.
 */
export async function upsertMany(context: FlushContext, mapper: Mapper, work: UpsertWork): Promise<InstanceState[]> {
  const states = new Array<InstanceState | undefined>(work.rows.length).fill(undefined);
  for (const { columns, rows } of groupRows(mapper, work.rows, shapeOf(mapper))) {
    const group = { columns, rows, ...withVersion(mapper, updateOf(work, rows[0])) };
    if (!work.returning) await upsertGroup(context, mapper, work, group);
    else await upsertReturning(context, mapper, work, { group, states });
  }
  outdateCollections(context, mapper);
  if (work.returning) await loadUntouched(context, mapper, work, states);
  return groupSiblings(states.filter((state) => state !== undefined));
}

/** Rows that gave the same have the same filled in. */
function shapeOf(mapper: Mapper): (row: BulkRow) => string {
  return (row) => (row.given.length === mapper.columns.length ? '' : givenShape(row));
}

function updateOf({ conflict, update }: UpsertWork, row: BulkRow | undefined): readonly ColumnProperty[] {
  if (update !== 'given') return update;
  return (row?.given ?? []).filter((column) => !column.isPrimaryKey && !conflict.includes(column));
}

function withVersion(mapper: Mapper, update: readonly ColumnProperty[]): Pick<UpsertGroup, 'update' | 'increment'> {
  const { version } = mapper;
  const step = versionStep(mapper, update);
  return {
    update: step === 'fresh' && version !== undefined ? [...update, version] : update,
    increment: step === 'count' ? version : undefined,
  };
}

async function upsertGroup(
  context: FlushContext,
  mapper: Mapper,
  { conflict }: UpsertWork,
  group: UpsertGroup,
): Promise<void> {
  const { decode } = rowCodecOf(context.dialect, mapper, wholeSelection(mapper));
  const isAsked = isComputed(mapper, group) && !context.identity.of(mapper).isEmpty;
  const returning = isAsked ? mapper.columns : [];
  for (const rows of chunks(group.rows, context.dialect.bulk.maxRows(group.columns.length))) {
    const insert = { ...group, conflict, returning, rows: encodedOf(rows, group.columns) };
    const { statement, parameters } = bulkUpsert(context.dialect, mapper, insert);
    for (const row of (await context.execute(statement, parameters)).rows) {
      decode(row);
      const isHeld = context.identity.get(mapper, keyOfRow(mapper, row)) !== undefined;
      if (isHeld) receiveRow(context, mapper, { row, given: undefined });
    }
  }
  if (!isAsked && group.update.length > 0) followHeld(context, mapper, conflict, group);
}

/** Whether rows that are there get values that only the database knows. */
function isComputed(mapper: Mapper, { update, increment }: UpsertGroup): boolean {
  return update.length > 0 && (increment !== undefined || mapper.serverUpdated.length > 0);
}

/** Objects that the session holds take over what their rows were set to; what else they became is read when they are next met. */
function followHeld(
  context: FlushContext,
  mapper: Mapper,
  conflict: readonly ColumnProperty[],
  { update, rows }: UpsertGroup,
): void {
  const held = context.identity.of(mapper);
  if (held.isEmpty) return;
  const codecs = codecsOf(context.dialect, mapper);
  const isTold = conflict.every(({ type }) => isExact(type));
  const byKey = new Map(rows.map((row) => [keyText(conflict.map(({ index }) => row.encoded[index])), row]));
  for (const state of context.identity.objectsOf(mapper)) {
    const row = isTold ? byKey.get(keyTextOf(codecs, conflict, state.committed ?? []) ?? '') : undefined;
    if (row !== undefined) applyValues(context, state, newValues(update, row));
    if (row !== undefined || !isTold) state.seenIn = -1;
  }
}

function newValues(columns: readonly ColumnProperty[], { values }: BulkRow): NewValue[] {
  return columns.map((column) => ({ column, value: values[column.index] }));
}

async function upsertReturning(
  context: FlushContext,
  mapper: Mapper,
  { call, conflict }: UpsertWork,
  { group, states }: { readonly group: UpsertGroup; readonly states: (InstanceState | undefined)[] },
): Promise<void> {
  const { columns, update } = group;
  const codecs = codecsOf(context.dialect, mapper);
  const { decode } = rowCodecOf(context.dialect, mapper, wholeSelection(mapper));
  const matching = matchingBy(conflict, columns);
  const isSure = update.length === 0;
  for (const rows of chunks(group.rows, matching === undefined ? 1 : context.dialect.bulk.maxRows(columns.length))) {
    const insert = { ...group, conflict, returning: mapper.columns, rows: encodedOf(rows, columns) };
    const { statement, parameters } = bulkUpsert(context.dialect, mapper, insert);
    const answers = (await context.execute(statement, parameters)).rows;
    for (const answer of answers) decode(answer);
    const ordered = inGivenOrder(matching, codecs, { rows, answers });
    rows.forEach(({ position, values }, at) => {
      const row = ordered[at];
      if (row !== undefined)
        states[position] = receiveRow(context, mapper, { row, given: isSure ? values : undefined });
      else if (!isSure) throw BulkRowError.unmatched({ call, position }, propertiesOf(conflict));
    });
  }
}

/** Rows that were there and to be left alone did not come back: they are read. */
async function loadUntouched(
  context: FlushContext,
  mapper: Mapper,
  { call, rows, conflict }: UpsertWork,
  states: (InstanceState | undefined)[],
): Promise<void> {
  const missing = rows.filter(({ position }) => states[position] === undefined);
  if (missing.length === 0) return;
  const keys = missing.map(({ values }) => conflict.map(({ index }) => values[index]));
  const codecs = codecsOf(context.dialect, mapper);
  const found = await loadByKeys(context, { mapper, columns: conflict, keys });
  const byKey = new Map(found.map((state) => [keyTextOf(codecs, conflict, state.committed ?? []), state]));
  for (const { position, encoded } of missing) {
    const state = byKey.get(keyText(conflict.map(({ index }) => encoded[index])));
    if (state === undefined) throw BulkRowError.unmatched({ call, position }, propertiesOf(conflict));
    states[position] = state;
  }
}
