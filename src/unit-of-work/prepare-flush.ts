import { haveCommonObjects, isKindOf } from '../mapping/hierarchy.ts';
import { wholeSelection } from '../loading/column-selection.ts';
import { loadByKeys } from '../loading/load-objects.ts';
import type { ForeignKeyLink, Relationship } from '../mapping/mapper.ts';
import { liftGuard } from '../state/column-guard.ts';
import { keyOfValues, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { reconcileTouched } from '../state/related.ts';
import { hasChanged } from '../state/row-comparer.ts';
import { cascadeDeletes } from './cascade-deletes.ts';
import type { FlushContext } from './flush-context.ts';
import type { Replacements } from './flush-plan.ts';
import { abandoned, isOrphan } from './orphans.ts';
import { cutReplaced } from './replaced-children.ts';
import { findReplacements, replacementOf } from './replacements.ts';
import { isPostUpdate } from './resolve-links.ts';
import { skipStrangers } from './strangers.ts';

/** What a flush starts from; the sets are the session's own and grow as cascades reach further objects. */
export interface FlushCandidates {
  /** Pending objects, in the order in which they were added. */
  readonly added: Set<InstanceState>;
  /** Objects marked for deletion. */
  readonly deleted: Set<InstanceState>;
  /** Objects with a row whose columns or relationships changed. */
  changed(): InstanceState[];
  /** Takes a pending object out of the session. */
  drop(state: InstanceState): void;
}

/**
 * Works out what the program's marks mean for other objects: orphans are deleted, deletes cascade, links to deleted
 * parents are cut, children of parents with new keys follow. Loads what nobody else can: the children of deleted parents,
 * one statement per relationship, and expired values that the statements need.
 *
 * @returns the new objects that take over rows of deleted ones.
 */
export async function prepareFlush(context: FlushContext, candidates: FlushCandidates): Promise<Replacements> {
  reconcileTouched();
  let changed = candidates.changed();
  if (changed.some((state) => state.replacing !== undefined)) {
    await cutReplaced(context, changed);
    changed = candidates.changed();
  }
  for (const state of [...candidates.added, ...changed]) {
    skipStrangers(context, state);
    if (isOrphan(state)) discard(candidates, state);
  }
  for (const state of await abandoned(context, [...candidates.added, ...changed])) discard(candidates, state);
  const { added, deleted } = candidates;
  if (deleted.size > 0) {
    const deletions = { deleted, drop: (state: InstanceState) => candidates.drop(state) };
    await cascadeDeletes(context, deletions, replacementOf(added));
    changed = candidates.changed();
  }
  const replacements = findReplacements(added, deleted);
  await loadNeeded(context, { deleted, changed }, replacements);
  const relationships = new Set(changed.flatMap((state) => state.mapper.relationships));
  for (const relationship of relationships) await linkChildren(context, changed, relationship);
  return replacements;
}

function discard(candidates: FlushCandidates, state: InstanceState): void {
  if (state.lifecycle === 'pending') candidates.drop(state);
  else if (state.lifecycle === 'persistent') candidates.deleted.add(state);
}

/** Reads expired rows again where a statement depends on them: versions, rows to be taken over, circles to be cut. */
async function loadNeeded(
  context: FlushContext,
  { deleted, changed }: { deleted: ReadonlySet<InstanceState>; changed: readonly InstanceState[] },
  replacements: Replacements,
): Promise<void> {
  const replaced = new Set(replacements.values());
  const needed = [...deleted, ...changed].filter(
    (state) =>
      (replaced.has(state) && state.absentCount > 0) ||
      isAbsent(state, state.mapper.version) ||
      (deleted.has(state) && decidesOrder(state)),
  );
  for (const mapper of new Set(needed.map((state) => state.mapper))) {
    const keys = needed
      .filter((state) => state.mapper === mapper)
      .map((state) => valuesAt(mapper.primaryKey, state.committed ?? []));
    await loadByKeys(context, { mapper, columns: mapper.primaryKey, keys, selection: wholeSelection(mapper) });
  }
}

function isAbsent(state: InstanceState, column: { readonly index: number } | undefined): boolean {
  return column !== undefined && state.committed?.[column.index] === ABSENT;
}

/** Whether rows of the same table, or foreign keys to be cut, put deletes into an order. */
function decidesOrder(state: InstanceState): boolean {
  const decides = (link: ForeignKeyLink): boolean => haveCommonObjects(link.parent, state.mapper) || isPostUpdate(link);
  return state.mapper.links.some(
    (link) => decides(link) && link.childColumns.some((column) => isAbsent(state, column)),
  );
}

/** Where the database does not carry new keys to the children, the flush does: they are linked again. */
async function linkChildren(
  context: FlushContext,
  changed: readonly InstanceState[],
  relationship: Relationship,
): Promise<void> {
  if (relationship.direction !== 'one-to-many' || relationship.passiveUpdates) return;
  const { link, mapper, target } = relationship;
  const parents = new Map<unknown, InstanceState>();
  for (const state of changed) {
    const isMoved = isKindOf(state.mapper, mapper) && link.parentColumns.some((column) => hasChanged(state, column));
    if (isMoved) parents.set(keyOfValues(valuesAt(link.parentColumns, state.committed ?? [])), state);
  }
  parents.delete(undefined);
  const keys = [...parents.values()].map((parent) => valuesAt(link.parentColumns, parent.committed ?? []));
  for (const child of await loadByKeys(context, { mapper: target, columns: link.childColumns, keys })) {
    const parent = parents.get(keyOfValues(valuesAt(link.childColumns, child.committed ?? [])));
    if (parent === undefined || child.links?.has(link) === true) continue;
    liftGuard(child);
    child.links ??= new Map();
    child.links.set(link, parent);
  }
}
