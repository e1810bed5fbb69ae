import type { ColumnProperty, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';
import { unload } from './related.ts';

/** Forgets columns and relationships of an object that has a row; pending edits of them are lost. Key columns stay. */
export function expireAttributes(state: InstanceState, attributes: Iterable<ColumnProperty | Relationship>): void {
  if (state.committed === undefined) return;
  const committed = state.committed.slice();
  for (const attribute of attributes) {
    if (attribute.kind === 'relationship') expireRelationship(state, attribute);
    else expireColumn(state, committed, attribute);
  }
  state.committed = committed;
  state.seenIn = -1;
}

function expireColumn(state: InstanceState, committed: unknown[], column: ColumnProperty): void {
  if (column.isPrimaryKey || committed[column.index] === ABSENT) return;
  committed[column.index] = ABSENT;
  state.absentCount++;
  delete (state.entity as Record<string, unknown>)[column.property];
}

function expireRelationship(state: InstanceState, relationship: Relationship): void {
  state.links?.delete(relationship.link);
  state.isBorn = false;
  unload(state, relationship);
}
