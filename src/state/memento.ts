import { removeColumn } from './embedded-value.ts';
import type { ForeignKeyLink, Relationship } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import type { InstanceState, RelatedSlot, StateOwner } from './instance-state.ts';
import { ABSENT, UNLOADED } from './instance-state.ts';
import { forgetPairs } from './pairs.ts';
import type { Lifecycle } from './lifecycle.ts';

/** What an object was when a transaction, or a savepoint, first changed its row: enough to go back. */
export interface Memento {
  readonly lifecycle: Lifecycle;
  readonly owner: StateOwner | undefined;
  readonly key: unknown;
  /** The committed row of then; undefined for an object that had none. */
  readonly committed: unknown[] | undefined;
  readonly absentCount: number;
  /** The object's own values of then, kept for an object that had no row: it goes back to what the program gave it. */
  readonly given: readonly unknown[] | undefined;
  /** By relationship index: what each held according to the database. */
  readonly related: readonly (RelatedSlot['committed'] | undefined)[] | undefined;
  readonly links: ReadonlyMap<ForeignKeyLink, InstanceState | null> | undefined;
  readonly isBorn: boolean;
}

/** Takes the memento; to be called before the first change of the row. */
export function captureMemento(state: InstanceState): Memento {
  const hadRow = state.committed !== undefined;
  return {
    lifecycle: state.lifecycle,
    owner: state.owner,
    key: state.key,
    committed: state.committed,
    absentCount: state.absentCount,
    given: hadRow ? undefined : state.mapper.columns.map((column) => column.copy(given(state, column.property))),
    related: state.related?.map((slot) => slot?.committed),
    links: hadRow || state.links === undefined ? undefined : new Map(state.links),
    isBorn: state.isBorn,
  };
}

/** Puts row, key and relationships back; moving between lifecycles is the session's part. */
export function restoreMemento(state: InstanceState, memento: Memento): void {
  state.key = memento.key;
  state.committed = memento.committed;
  state.absentCount = memento.absentCount;
  state.isBorn = memento.isBorn;
  state.mapper.relationships.forEach((relationship, index) => {
    const slot = state.slot(relationship);
    if (slot !== undefined) slot.committed = memento.related?.[index] ?? UNLOADED;
  });
  if (memento.given === undefined) {
    revertToCommitted(state);
    return;
  }
  forgetPairs(state);
  state.replacing = undefined;
  state.links = memento.links === undefined ? undefined : new Map(memento.links);
  for (const column of state.mapper.columns) setColumn(state, column.property, memento.given[column.index]);
}

/** Throws unflushed edits away: the object shows its committed row and relationships again. */
export function revertToCommitted(state: InstanceState): void {
  const { committed } = state;
  if (committed === undefined) return;
  for (const column of state.mapper.columns) {
    const value = committed[column.index];
    if (value === ABSENT) removeColumn(state.entity, column);
    else setColumn(state, column.property, column.copy(value));
  }
  state.links = undefined;
  state.replacing = undefined;
  forgetPairs(state);
  for (const relationship of state.mapper.relationships) revertRelated(state, relationship);
}

function revertRelated(state: InstanceState, relationship: Relationship): void {
  const slot = state.slot(relationship);
  if (slot === undefined) return;
  const { committed, value } = slot;
  if (committed === UNLOADED) state.setSlot(relationship, undefined);
  else if (!Array.isArray(committed)) slot.value = committed;
  else if (value instanceof Collection) value.reset(committed as object[]);
}

function given({ entity }: InstanceState, property: string): unknown {
  return Object.hasOwn(entity, property) ? (entity as Record<string, unknown>)[property] : undefined;
}

function setColumn(state: InstanceState, property: string, value: unknown): void {
  (state.entity as Record<string, unknown>)[property] = value;
}
