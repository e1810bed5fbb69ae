import type { ColumnProperty, Relationship } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import { requireState } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT, UNLOADED } from './instance-state.ts';
import type { Lifecycle } from './lifecycle.ts';
import { knownRelated, reconcileTouched } from './related.ts';
import { hasChangedColumns, valueOf } from './row-comparer.ts';

/** What changed of one attribute since its object's row was last read or written. */
export interface History {
  readonly added: readonly unknown[];
  readonly unchanged: readonly unknown[];
  readonly deleted: readonly unknown[];
}

/** What is known about one object, read without I/O. */
export interface Inspection {
  readonly state: Lifecycle;
  readonly session: object | undefined;
  /** Class name and primary key values; undefined while the object has no row. */
  readonly identityKey: readonly [model: string, ...key: unknown[]] | undefined;
  /** Columns and relationships that are not loaded, or expired. */
  readonly unloaded: readonly string[];
  /** Whether a column or a relationship differs from what was read. */
  readonly modified: boolean;
  history(attribute: string): History;
}

/**
 * Looks at an object's state. Runs no SQL.
 *
 * @throws {UnmappedInstanceError} MAPPING_UNMAPPED_INSTANCE - `value` is not an object of a mapped class.
 * @example inspect(user).state // 'persistent'
 */
export function inspect(value: object): Inspection {
  const state = requireState(value);
  reconcileTouched();
  return {
    state: state.lifecycle,
    session: state.owner?.session,
    identityKey: identityOf(state),
    unloaded: unloadedOf(state),
    modified: isModified(state),
    history: (attribute) => historyOf(state, attribute),
  };
}

/** Whether a flush would have something to write, or a relationship was changed. */
export function isModified(state: InstanceState): boolean {
  return (
    hasChangedColumns(state) ||
    (state.links !== undefined && state.links.size > 0) ||
    state.mapper.relationships.some((each) => hasChangedMembers(state, each))
  );
}

function hasChangedMembers(state: InstanceState, relationship: Relationship): boolean {
  const { added, deleted } = relatedHistory(state, relationship);
  return added.length + deleted.length > 0;
}

function identityOf(state: InstanceState): Inspection['identityKey'] {
  const { committed, mapper } = state;
  if (committed === undefined) return undefined;
  return [mapper.name, ...mapper.primaryKey.map((column) => committed[column.index])];
}

function unloadedOf(state: InstanceState): string[] {
  const { committed, mapper } = state;
  const columns = committed === undefined ? [] : mapper.columns.filter((column) => committed[column.index] === ABSENT);
  const relationships = mapper.relationships.filter((relationship) => knownRelated(state, relationship) === UNLOADED);
  return [...columns, ...relationships].map((attribute) => attribute.property);
}

function historyOf(state: InstanceState, attribute: string): History {
  const known = state.mapper.attributes.get(attribute);
  if (known === undefined) return { added: [], unchanged: [], deleted: [] };
  return known.kind === 'column' ? columnHistory(state, known) : relatedHistory(state, known);
}

function columnHistory(state: InstanceState, column: ColumnProperty): History {
  const current = valueOf(state, column);
  const committed = state.committed?.[column.index];
  const isSet = Object.hasOwn(state.entity, column.property);
  if (committed === undefined || committed === ABSENT)
    return { added: isSet && current !== null ? [current] : [], unchanged: [], deleted: [] };
  if (!isSet || column.equals(current, committed)) return { added: [], unchanged: [committed], deleted: [] };
  return { added: [current], unchanged: [], deleted: [committed] };
}

function relatedHistory(state: InstanceState, relationship: Relationship): History {
  const before = new Set(members(state.slot(relationship)?.committed));
  const now = new Set(members(state.slot(relationship)?.value));
  return {
    added: [...now.difference(before)],
    unchanged: [...now.intersection(before)],
    deleted: [...before.difference(now)],
  };
}

function members(value: unknown): readonly unknown[] {
  if (value === UNLOADED || value === null || value === undefined) return [];
  if (value instanceof Collection) return value.items;
  return Array.isArray(value) ? value : [value];
}
