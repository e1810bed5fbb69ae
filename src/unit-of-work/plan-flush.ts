import { FlushCycleError } from '../errors/flush-errors.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';
import { dependencyGroups, dependencyLayers } from '../util/topological.ts';
import type { FlushPlan, FlushStep, FlushWork } from './flush-plan.ts';

/**
 * Orders a flush. Pure: reads states, writes nothing.
 *
 * Tables that others point at come first for inserts and updates, last for deletes. Tables that point at each other, or at
 * themselves, are ordered row by row, in as few steps as the rows allow. Within a step inserts keep the order of `add`,
 * updates and deletes go by primary key.
 *
 * @throws {FlushCycleError} SESSION_FLUSH_CYCLE - rows that need each other's keys.
 */
export function planFlush(work: FlushWork): FlushPlan {
  const all = [...work.inserts, ...work.updates, ...work.deletes];
  const groups = dependencyGroups(mappersOf(all), (mapper) => targetsOf(mapper, all));
  const saves = groups.flatMap((group) => [
    ...insertSteps(group, work.inserts),
    ...stepsByMapper('update', group, sortedByKey(work.updates)),
  ]);
  const deletes = groups.toReversed().flatMap((group) => deleteSteps(group, sortedByKey(work.deletes)));
  return { steps: [...saves, ...deletes] };
}

/** In order of name, so that unrelated tables are always written in one order. */
function mappersOf(states: readonly InstanceState[]): Mapper[] {
  const mappers = new Set(states.map((state) => state.mapper));
  return [...mappers].sort((left, right) => (left.table.name < right.table.name ? -1 : 1));
}

/** The mappers whose tables this one's foreign keys point at. */
function targetsOf(mapper: Mapper, states: readonly InstanceState[]): Mapper[] {
  const targets = new Set(mapper.table.foreignKeys.map((key) => key.targetTable));
  return mappersOf(states).filter((other) => targets.has(other.table.name));
}

function pointsInto(group: readonly Mapper[]): boolean {
  const tables = new Set(group.map((mapper) => mapper.table.name));
  return group.some((mapper) => mapper.table.foreignKeys.some((key) => tables.has(key.targetTable)));
}

function insertSteps(group: readonly Mapper[], inserts: readonly InstanceState[]): FlushStep[] {
  const states = inserts.filter((state) => group.includes(state.mapper));
  if (!pointsInto(group)) return stepsByMapper('insert', group, states);
  const byKey = indexByKey(states, (state, column) => valueOf(state, column));
  const { layers, circle } = dependencyLayers(states, (state) => parentsOf(state, byKey));
  if (circle.length > 0) throw FlushCycleError.among('insert', circle.map(String));
  return layers.flatMap((layer) => stepsByMapper('insert', group, layer));
}

function deleteSteps(group: readonly Mapper[], deletes: readonly InstanceState[]): FlushStep[] {
  const states = deletes.filter((state) => group.includes(state.mapper));
  if (!pointsInto(group)) return stepsByMapper('delete', group, states);
  const byKey = indexByKey(states, committedOf);
  const children = new Map<InstanceState, InstanceState[]>(states.map((state) => [state, []]));
  for (const state of states)
    for (const parent of rowsPointedAt(state, byKey, committedOf)) children.get(parent)?.push(state);
  const { layers, circle } = dependencyLayers(states, (state) => children.get(state) ?? []);
  if (circle.length > 0) throw FlushCycleError.among('delete', circle.map(String));
  return layers.flatMap((layer) => stepsByMapper('delete', group, layer));
}

function stepsByMapper(
  action: FlushStep['action'],
  group: readonly Mapper[],
  states: readonly InstanceState[],
): FlushStep[] {
  return group
    .map((mapper) => ({ action, mapper, states: states.filter((state) => state.mapper === mapper) }))
    .filter((step) => step.states.length > 0);
}

type ValueOf = (state: InstanceState, column: ColumnProperty) => unknown;
type StatesByKey = Map<string, Map<unknown, InstanceState>>;

/** Table → primary key → state. */
function indexByKey(states: readonly InstanceState[], read: ValueOf): StatesByKey {
  const index: StatesByKey = new Map();
  for (const state of states) {
    const { table, primaryKey } = state.mapper;
    const key = keyOfValues(primaryKey.map((column) => read(state, column)));
    if (key === undefined) continue;
    if (!index.has(table.name)) index.set(table.name, new Map());
    index.get(table.name)?.set(key, state);
  }
  return index;
}

/** The new rows that a new row points at, through a linked object or through the key's value alone. */
function parentsOf(state: InstanceState, byKey: StatesByKey): Set<InstanceState> {
  const parents = rowsPointedAt(state, byKey, valueOf);
  for (const parent of state.links?.values() ?? []) if (parent !== null && parent !== state) parents.add(parent);
  return parents;
}

/** The rows of the same flush that the values of a row's foreign keys name. */
function rowsPointedAt(state: InstanceState, byKey: StatesByKey, read: ValueOf): Set<InstanceState> {
  const parents = new Set<InstanceState>();
  for (const key of state.mapper.table.foreignKeys) {
    const columns = key.columns.map((name) => state.mapper.byColumn.get(name));
    const values = columns.map((column) => (column === undefined ? null : read(state, column)));
    const parent = byKey.get(key.targetTable)?.get(keyOfValues(values));
    if (parent !== undefined && parent !== state) parents.add(parent);
  }
  return parents;
}

function committedOf(state: InstanceState, column: ColumnProperty): unknown {
  return state.committed?.[column.index];
}

function sortedByKey(states: readonly InstanceState[]): InstanceState[] {
  return [...states].sort(byPrimaryKey);
}

function byPrimaryKey(left: InstanceState, right: InstanceState): number {
  for (const column of left.mapper.primaryKey) {
    const order = compare(committedOf(left, column), committedOf(right, column));
    if (order !== 0) return order;
  }
  return left.serial - right.serial;
}

function compare(left: unknown, right: unknown): number {
  const a = left instanceof Date ? left.getTime() : left;
  const b = right instanceof Date ? right.getTime() : right;
  if (typeof a !== typeof b || a === b) return 0;
  return (a as number) < (b as number) ? -1 : 1;
}
