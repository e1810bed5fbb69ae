import { removeColumn } from '../state/embedded-value.ts';
import { isKindOf } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ManyToOne } from '../mapping/mapper.ts';
import { Collection } from '../state/collection.ts';
import { isGiven } from '../state/given.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import { assignColumn } from '../state/row-comparer.ts';
import { settleDeleted } from './delete-rows.ts';
import type { FlushContext } from './flush-context.ts';
import type { ReplaceStep } from './flush-plan.ts';
import { updateRows } from './update-rows.ts';

/**
 * Lets new objects take over the rows of deleted ones: what they were given is written where it differs, what they were not
 * given stays as it is in the row.
 */
export async function replaceRows(context: FlushContext, step: ReplaceStep): Promise<void> {
  for (const state of step.states) {
    const old = step.replacements.get(state);
    if (old !== undefined) takeOver(context, state, old);
  }
  await updateRows(context, step.mapper, step.states);
}

function takeOver(context: FlushContext, state: InstanceState, old: InstanceState): void {
  context.remember(old);
  context.remember(state);
  const { committed, key } = old;
  const open = state.mapper.columns.filter((column) => !isGiven(state, column));
  settleDeleted(context, old);
  state.key = key;
  state.committed = committed;
  state.absentCount = old.absentCount;
  state.isBorn = false;
  state.seenIn = old.seenIn;
  state.moveTo('persistent');
  context.admit(state);
  forgetOld(context, old);
  outdateCollections(state);
  for (const column of open) showCommitted(state, column);
}

/** A deferred column that nobody loaded stays unloaded. */
function showCommitted(state: InstanceState, column: ColumnProperty): void {
  const value = state.committed?.[column.index] ?? null;
  if (value === ABSENT) removeColumn(state.entity, column);
  else assignColumn(state, column, column.copy(value));
}

/** Rows may point at the new object that it was never given: its collections are read again by whoever loads them. */
function outdateCollections(state: InstanceState): void {
  for (const relationship of state.mapper.relationships) {
    const value = state.slot(relationship)?.value;
    if (value instanceof Collection) state.setSlot(relationship, { value, committed: value.items.slice(), seenIn: -1 });
  }
}

/** Children that show the old object as their parent will find the new one. */
function forgetOld(context: FlushContext, old: InstanceState): void {
  for (const mapper of context.identity.mappers()) {
    const relationships = mapper.relationships.filter(
      (each): each is ManyToOne => each.direction === 'many-to-one' && isKindOf(old.mapper, each.target),
    );
    if (relationships.length === 0) continue;
    for (const child of context.identity.objectsOf(mapper)) {
      for (const relationship of relationships) {
        if (child.slot(relationship)?.value === old.entity && !child.links?.has(relationship.link))
          unload(child, relationship);
      }
    }
  }
}
