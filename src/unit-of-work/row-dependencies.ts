import { lineageOf } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { comingValueOf, isPostUpdate } from './resolve-links.ts';

type ValueOf = (state: InstanceState, column: ColumnProperty) => unknown;

/** Some rows by table and by primary key, and whether an object is among them. Pure data. */
export interface StatesByKey {
  readonly states: ReadonlySet<InstanceState>;
  readonly byTable: ReadonlyMap<string, ReadonlyMap<unknown, InstanceState>>;
}

/** By the keys that rows will have. */
export function comingKeys(states: readonly InstanceState[]): StatesByKey {
  return index(states, comingValueOf);
}

/** By the keys that rows have in the database. */
export function committedKeys(states: readonly InstanceState[]): StatesByKey {
  return index(states, committedOf);
}

export function committedOf(state: InstanceState, column: ColumnProperty): unknown {
  return state.committed?.[column.index];
}

/** The rows among `rows` that must be there before this one: those it points at, but for foreign keys with `postUpdate`. */
export function orderingParents(
  state: InstanceState,
  rows: StatesByKey,
  read: ValueOf = comingValueOf,
): InstanceState[] {
  const parents = new Set<InstanceState>();
  for (const link of state.mapper.links) {
    const parent = isPostUpdate(link) ? undefined : parentAmong(state, link, rows, read);
    if (parent !== undefined && parent !== state) parents.add(parent);
  }
  return [...parents];
}

/** The row among `rows` that a foreign key points at, through a linked object or through the key's value alone. */
export function parentAmong(
  state: InstanceState,
  link: ForeignKeyLink,
  rows: StatesByKey,
  read: ValueOf = comingValueOf,
): InstanceState | undefined {
  const linked = read === comingValueOf ? state.links?.get(link) : undefined;
  if (linked !== undefined && linked !== null) return rows.states.has(linked) ? linked : undefined;
  const byKey = rows.byTable.get(link.parent.table.name);
  const isPrimary = link.parentColumns.every((column, at) => column === link.parent.primaryKey[at]);
  if (byKey === undefined || !isPrimary || linked === null) return undefined;
  return byKey.get(keyOfValues(link.childColumns.map((column) => read(state, column))));
}

function index(states: readonly InstanceState[], read: ValueOf): StatesByKey {
  const byTable = new Map<string, Map<unknown, InstanceState>>();
  for (const state of states) {
    const { primaryKey } = state.mapper;
    const key = keyOfValues(primaryKey.map((column) => read(state, column)));
    if (key === undefined) continue;
    for (const { table } of lineageOf(state.mapper)) {
      if (!byTable.has(table.name)) byTable.set(table.name, new Map());
      byTable.get(table.name)?.set(key, state);
    }
  }
  return { states: new Set(states), byTable };
}
