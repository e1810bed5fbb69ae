import { columnNames } from '../mapping/embedded-members.ts';
import { UnknownAttributeError } from '../errors/state-errors.ts';
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

/** One attribute of one object. */
export interface AttributeInspection {
  readonly kind: 'column' | 'relationship';
  /** Whether reading the property gives a value: it was set, loaded, or is known to be empty. */
  readonly isLoaded: boolean;
  /** The value, a collection as an array of its own; undefined where nothing is loaded. */
  readonly loadedValue: unknown;
  readonly history: History;
}

/** Class name and primary key values. */
export type IdentityKey = readonly [model: string, ...key: unknown[]];

/** What is known about one object, read without I/O. */
export interface Inspection {
  readonly state: Lifecycle;
  readonly session: object | undefined;
  /** Undefined while the object has no row. */
  readonly identityKey: IdentityKey | undefined;
  /** Its row was deleted by a flush, and no rollback has brought it back. */
  readonly wasDeleted: boolean;
  /** Columns and relationships that are not loaded, or expired. */
  readonly unloaded: readonly string[];
  /** Whether a column or a relationship differs from what was read. */
  readonly modified: boolean;
  /** By name. */
  readonly attributes: Readonly<Record<string, AttributeInspection>>;
  /** @throws {UnknownAttributeError} STATE_UNKNOWN_ATTRIBUTE */
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
    wasDeleted: state.wasDeleted,
    unloaded: unloadedOf(state),
    modified: isModified(state),
    get attributes() {
      return inspectAll(state);
    },
    history: (attribute) => historyOf(state, attributeOf(state, attribute)),
  };
}

/** What a name means: an attribute, or the columns of an embedded value. @throws {UnknownAttributeError} STATE_UNKNOWN_ATTRIBUTE */
export function attributesOf(state: InstanceState, name: string): (ColumnProperty | Relationship)[] {
  return columnNames(state.mapper, name).map((each) => attributeOf(state, each));
}

/** What came of looking for one attribute of an object. @throws {UnknownAttributeError} STATE_UNKNOWN_ATTRIBUTE */
export function attributeOf(state: InstanceState, name: string): ColumnProperty | Relationship {
  const { mapper } = state;
  const attribute = mapper.attributes.get(name);
  if (attribute === undefined) throw UnknownAttributeError.of(mapper.name, name, [...mapper.attributes.keys()]);
  return attribute;
}

/**
 * Whether a flush would have something to write, or a relationship was changed. An object without a row is modified once
 * anything was set.
 *
 * @param withCollections - also ask whether collections have other members.
 */
export function isModified(state: InstanceState, withCollections = true): boolean {
  if (state.committed === undefined && state.mapper.columns.some((column) => valueOf(state, column) !== null))
    return true;
  return (
    hasChangedColumns(state) ||
    hasChangedLinks(state) ||
    state.pairs !== undefined ||
    state.replacing !== undefined ||
    (withCollections && state.mapper.relationships.some((each) => hasChangedMembers(state, each)))
  );
}

/** A link to the parent that the row has already is no change. */
function hasChangedLinks(state: InstanceState): boolean {
  for (const [link, parent] of state.links ?? []) {
    const isSame = link.childColumns.every((column, at) => {
      const source = link.parentColumns[at];
      const wanted = parent === null || source === undefined ? null : valueOf(parent, source);
      return (parent === null || wanted !== null) && column.equals(wanted, state.committed?.[column.index]);
    });
    if (!isSame) return true;
  }
  return false;
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
  const { mapper } = state;
  const columns = mapper.columns.filter((column) => !isReadable(state, column));
  const relationships = mapper.relationships.filter((relationship) => knownRelated(state, relationship) === UNLOADED);
  return [...columns, ...relationships].map((attribute) => attribute.property);
}

function historyOf(state: InstanceState, attribute: ColumnProperty | Relationship): History {
  return attribute.kind === 'column' ? columnHistory(state, attribute) : relatedHistory(state, attribute);
}

function inspectAll(state: InstanceState): Record<string, AttributeInspection> {
  reconcileTouched();
  const { mapper } = state;
  return Object.fromEntries(
    [...mapper.attributes.values()].map((attribute) => [attribute.property, inspectAttribute(state, attribute)]),
  );
}

function inspectAttribute(state: InstanceState, attribute: ColumnProperty | Relationship): AttributeInspection {
  const { kind } = attribute;
  const history = historyOf(state, attribute);
  if (kind === 'relationship') {
    const value = knownRelated(state, attribute);
    const loadedValue = value instanceof Collection ? value.items.slice() : value === UNLOADED ? undefined : value;
    return { kind, isLoaded: value !== UNLOADED, loadedValue, history };
  }
  const isLoaded = isReadable(state, attribute);
  return { kind, isLoaded, loadedValue: isLoaded ? valueOf(state, attribute) : undefined, history };
}

/** An object without a row has nothing to load. */
function isReadable({ entity, committed }: InstanceState, column: ColumnProperty): boolean {
  return committed === undefined || committed[column.index] !== ABSENT || Object.hasOwn(entity, column.property);
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
