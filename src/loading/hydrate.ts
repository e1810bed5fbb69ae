import { removeColumn } from '../state/embedded-value.ts';
import { DiscriminatorError } from '../errors/family-errors.ts';
import { StaleDataError } from '../errors/flush-errors.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { countAbsent, noteReadInPart } from '../state/absent.ts';
import { constructBare } from '../state/entity-class.ts';
import { requireState } from '../state/entity.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import { assignColumn, hasChangedColumns, valueOf } from '../state/row-comparer.ts';
import { revertToCommitted } from '../state/memento.ts';
import type { ColumnSelection } from './column-selection.ts';
import type { LoadContext } from './load-context.ts';
import type { RowForm } from './row-codec.ts';
import { rowReaders } from './row-readers.ts';

/** Objects whose edits a load has thrown away already: met again, in a circle of relationships, they are left alone. */
export type Overwritten = Set<InstanceState>;

export interface HydrateOptions {
  /** What was selected. Default: all columns but deferred ones. */
  readonly selection?: ColumnSelection | undefined;
  /** Given: also throw away edits of objects that the session already holds. */
  readonly overwritten?: Overwritten | undefined;
  /** What the rows are made of. Default: the driver's values. */
  readonly form?: RowForm;
  /** The rows are locked: an object that the session holds in an older version is refused. */
  readonly isLocking?: boolean;
}

/** Turns rows of one mapper into states, in row order; each row is kept as its object's committed row. */
export function hydrateRows(
  context: LoadContext,
  mapper: Mapper,
  rows: unknown[][],
  { selection, overwritten, form, isLocking = false }: HydrateOptions = {},
): InstanceState[] {
  const readerOf = rowReaders(context.dialect, mapper, { selection, form });
  const known = context.identity.of(mapper);
  const { noteLoaded } = context;
  const states: InstanceState[] = new Array<InstanceState>(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const reader = readerOf(rows[at] as unknown[]);
    const row = reader.decode(rows[at] as unknown[]);
    const key = keyOfRow(mapper, row);
    let state = known.get(key);
    if (state === undefined) {
      state = bear(context, reader.mapper, key, row);
      reader.assign(state.entity, row);
      if (selection?.isNarrow === true) dropLacking(state);
      known.set(key, state);
      noteLoaded?.(state);
      overwritten?.add(state);
    } else {
      if (state.mapper !== reader.mapper) throw DiscriminatorError.changed(String(state), reader.mapper.name);
      if (isLocking && overwritten === undefined) refuseOlder(context, state, row);
      meet(context, state, row, overwritten);
    }
    states[at] = state;
  }
  return groupSiblings(states);
}

/** What is clean and of an earlier transaction is simply brought up to date. @throws {StaleDataError} SESSION_STALE_ROW */
function refuseOlder(context: LoadContext, state: InstanceState, row: readonly unknown[]): void {
  const { version } = state.mapper;
  const held = version === undefined ? ABSENT : state.committed?.[version.index];
  if (version === undefined || held === ABSENT || version.equals(held, row[version.index])) return;
  if (state.seenIn === context.transaction || hasChangedColumns(state)) throw StaleDataError.locked(String(state));
}

/** Brings an object up to date with its row, as any later read does. */
export function meet(context: LoadContext, state: InstanceState, row: unknown[], overwritten?: Overwritten): void {
  if (overwritten?.has(state) === false) overwrite(state, row, overwritten);
  else if (state.seenIn !== context.transaction && countAbsent(state.mapper, row) > 0) return refreshPart(state, row);
  else if (state.seenIn !== context.transaction) refresh(state, row);
  else if (state.absentCount > 0 || state.mapper.deferred.length > 0) fillAbsent(state, row);
  state.seenIn = context.transaction;
}

function bear(context: LoadContext, mapper: Mapper, key: unknown, row: unknown[]): InstanceState {
  const state = requireState(constructBare(mapper.model));
  state.key = key;
  state.committed = row;
  state.owner = context.owner;
  state.seenIn = context.transaction;
  state.moveTo('persistent');
  return state;
}

function overwrite(state: InstanceState, row: unknown[], overwritten: Overwritten): void {
  overwritten.add(state);
  state.committed = row;
  state.absentCount = countAbsent(state.mapper, row);
  revertToCommitted(state);
  for (const relationship of state.mapper.relationships) unload(state, relationship);
}

/** The row was read in an earlier transaction: attributes without edits take the new values. */
function refresh(state: InstanceState, row: unknown[]): void {
  const before = state.committed ?? [];
  keepDeferred(state.mapper, row, before);
  keepEditedVersion(state, row);
  state.committed = row;
  state.absentCount = countAbsent(state.mapper, row);
  state.isBorn = false;
  for (const column of state.mapper.columns) {
    const value = row[column.index];
    if (value !== ABSENT && !isEdited(state, column, before[column.index]))
      assignColumn(state, column, column.copy(value));
  }
  forgetMoved(state, (column) => !column.equals(before[column.index], row[column.index]));
}

/** Some columns of a row that was read in an earlier transaction: the object as a whole is as old as it was. */
function refreshPart(state: InstanceState, row: unknown[]): void {
  const { seenIn } = state;
  const before = state.committed ?? [];
  state.mapper.columns.forEach(({ index }) => {
    if (row[index] === ABSENT) row[index] = before[index];
  });
  refresh(state, row);
  state.seenIn = seenIn;
}

/** Takes away what the constructor made of columns that were not read. */
function dropLacking(state: InstanceState): void {
  const row = state.committed ?? [];
  state.absentCount = countAbsent(state.mapper, row);
  if (state.absentCount === 0) return;
  noteReadInPart(state);
  for (const column of state.mapper.columns) if (row[column.index] === ABSENT) removeColumn(state.entity, column);
}

/** What was not read again stays as it was. */
function keepDeferred(mapper: Mapper, row: unknown[], before: readonly unknown[]): void {
  for (const { index } of mapper.deferred) if (row[index] === ABSENT) row[index] = before[index];
}

/** Edits were made of an older version, and that is the one their UPDATE must meet: or somebody's change would be lost. */
function keepEditedVersion(state: InstanceState, row: unknown[]): void {
  const { version } = state.mapper;
  const before = version === undefined ? ABSENT : state.committed?.[version.index];
  if (version !== undefined && before !== ABSENT && (state.isRelinked || hasChangedColumns(state)))
    row[version.index] = before;
}

function fillAbsent(state: InstanceState, row: readonly unknown[]): void {
  const missing = state.mapper.columns.filter(
    ({ index }) => state.committed?.[index] === ABSENT && row[index] !== ABSENT,
  );
  if (missing.length === 0) return;
  const committed = (state.committed ?? []).slice();
  for (const column of missing) {
    committed[column.index] = row[column.index];
    if (!Object.hasOwn(state.entity, column.property)) assignColumn(state, column, column.copy(row[column.index]));
  }
  state.committed = committed;
  state.absentCount = countAbsent(state.mapper, committed);
  forgetMoved(state, (column) => missing.includes(column));
}

/** A parent whose key the row may not hold any more is loaded again, unless the program linked another. */
export function forgetMoved(state: InstanceState, isMoved: (column: ColumnProperty) => boolean): void {
  for (const relationship of state.mapper.relationships) {
    if (relationship.direction !== 'many-to-one' || state.links?.has(relationship.link) === true) continue;
    if (relationship.link.childColumns.some(isMoved)) unload(state, relationship);
  }
}

/** Whether the program changed a column since its row was read or written. */
export function isEdited(state: InstanceState, column: ColumnProperty, committed: unknown): boolean {
  if (!Object.hasOwn(state.entity, column.property)) return false;
  return committed === ABSENT || !column.equals(valueOf(state, column), committed);
}

/** Objects of one result know each other, so that one lazy load can serve them all. */
export function groupSiblings(states: InstanceState[]): InstanceState[] {
  if (states.length > 1) for (const state of states) state.siblings = states;
  return states;
}
