import { removeColumn } from './embedded-value.ts';
import type { ColumnProperty, LinkedRelationship, OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import { liftGuard } from './column-guard.ts';
import { requireState } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';
import { reconcileTouched, unload, withdrawPairs } from './related.ts';
import { assignColumn } from './row-comparer.ts';

/** Forgets everything of an object that has a row but its key; pending edits are lost. The next read of its row is due. */
export function expireAll(state: InstanceState): void {
  expireAttributes(state, state.mapper.attributes.values());
  state.seenIn = -1;
}

/** Forgets columns and relationships of an object that has a row; pending edits of them are lost. Key columns lose edits only. */
export function expireAttributes(state: InstanceState, attributes: Iterable<ColumnProperty | Relationship>): void {
  if (state.committed === undefined) return;
  reconcileTouched();
  liftGuard(state);
  const committed = state.committed.slice();
  for (const attribute of attributes) {
    if (attribute.kind === 'relationship') expireRelationship(state, attribute);
    else expireColumn(state, committed, attribute);
  }
  state.committed = committed;
}

function expireColumn(state: InstanceState, committed: unknown[], column: ColumnProperty): void {
  if (column.isPrimaryKey) return assignColumn(state, column, column.copy(committed[column.index]));
  removeColumn(state.entity, column);
  if (committed[column.index] === ABSENT) return;
  committed[column.index] = ABSENT;
  if (!column.isDeferred) state.absentCount++;
}

function expireRelationship(state: InstanceState, relationship: Relationship): void {
  if (relationship.direction === 'many-to-one') forgetLink(state, relationship);
  else if (relationship.direction === 'one-to-many') forgetMembers(state, relationship);
  else withdrawPairs(state, relationship);
  state.isBorn = false;
  unload(state, relationship);
}

/** Where members do not know their parent, what the collection did to their foreign key was its own edit. */
function forgetMembers(state: InstanceState, relationship: OneToMany): void {
  state.replacing?.delete(relationship);
  if (state.replacing?.size === 0) state.replacing = undefined;
  const slot = state.slot(relationship);
  if (slot === undefined || relationship.inverse !== undefined) return;
  const before = objectsIn(slot.committed);
  for (const member of new Set([...before, ...objectsIn(slot.value)])) {
    const child = requireState(member);
    const parent = child.links?.get(relationship.link);
    if (parent === state || (parent === null && before.includes(member))) forgetLink(child, relationship);
  }
}

function objectsIn(value: unknown): readonly object[] {
  if (value instanceof Collection) return value.items;
  if (Array.isArray(value)) return value as object[];
  return typeof value === 'object' && value !== null ? [value] : [];
}

function forgetLink(child: InstanceState, { link }: LinkedRelationship): void {
  child.links?.delete(link);
  if (child.links?.size === 0) child.links = undefined;
}
