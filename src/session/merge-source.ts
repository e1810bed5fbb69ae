import { StaleDataError } from '../errors/flush-errors.ts';
import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';
import { Collection } from '../state/collection.ts';
import { requireState } from '../state/entity.ts';
import { isGiven } from '../state/given.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';

/** The primary key that a given object names: that of its row, else the one that it was given. */
export function keyOfSource(source: InstanceState): readonly unknown[] | undefined {
  const { mapper, committed } = source;
  const values = mapper.primaryKey.map((column) => committed?.[column.index] ?? givenValue(source, column));
  return values.includes(null) ? undefined : values;
}

/** @throws {StaleDataError} SESSION_STALE_ROW - the given object is of another version than the session's. */
export function requireVersion(source: InstanceState, target: InstanceState): void {
  const { version } = source.mapper;
  if (version === undefined || target.committed === undefined || !isGiven(source, version)) return;
  const known = target.committed[version.index];
  if (known !== ABSENT && !version.equals(valueOf(source, version), known)) throw StaleDataError.merged(String(source));
}

/** Copies what a given object has onto the session's own; into a new one also what its constructor filled in. */
export function copyColumns(source: InstanceState, target: InstanceState): void {
  const isNew = target.committed === undefined;
  for (const column of source.mapper.columns) {
    if (!column.isWritable) continue;
    if (isGiven(source, column) || (isNew && valueOf(source, column) !== null))
      assignColumn(target, column, column.copy(valueOf(source, column)));
  }
}

/** Deferred columns that are to be compared with what some objects say. */
export function givenDeferred(mapper: Mapper, sources: readonly InstanceState[]): Set<ColumnProperty> {
  return new Set(mapper.deferred.filter((column) => sources.some((source) => isGiven(source, column))));
}

/** What a given object says about a relationship that `merge` follows: undefined when it says nothing. */
export function givenRelated(source: InstanceState, relationship: Relationship): readonly InstanceState[] | undefined {
  const slot = source.slot(relationship);
  // A part of a collection does not say what else is in it.
  if (
    slot === undefined ||
    slot.part !== undefined ||
    relationship.lazy === 'writeonly' ||
    !relationship.cascade.has('merge')
  )
    return undefined;
  const { value } = slot;
  if (!(value instanceof Collection)) return value === null ? [] : [requireState(value)];
  const isUntouched = value.items.length === 0 && !value.isChanged && source.committed === undefined;
  return isUntouched ? undefined : value.items.map(requireState);
}

/** The objects that a merge of `roots` will meet, each once, roots first; it does not go on from those that `isHere`. */
export function mergeGraph(
  roots: readonly InstanceState[],
  isHere: (state: InstanceState) => boolean,
): InstanceState[] {
  const reached = new Set(roots);
  for (const source of reached) {
    if (isHere(source)) continue;
    for (const relationship of source.mapper.relationships) {
      for (const related of givenRelated(source, relationship) ?? []) reached.add(related);
    }
  }
  return [...reached];
}

/** Objects by their mapper, in the order in which they come. */
export function byMapper(states: readonly InstanceState[]): Map<Mapper, InstanceState[]> {
  const groups = new Map<Mapper, InstanceState[]>();
  for (const state of states) {
    const group = groups.get(state.mapper);
    if (group === undefined) groups.set(state.mapper, [state]);
    else group.push(state);
  }
  return groups;
}

function givenValue(source: InstanceState, column: ColumnProperty): unknown {
  return isGiven(source, column) ? valueOf(source, column) : null;
}
