import { loadRelated } from '../loading/load-related.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { reconcileTouched, setLoaded } from '../state/related.ts';
import { relatedStates } from './cascades.ts';
import type { FlushContext } from './flush-context.ts';

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
 * parents are cut. Loads the children of deleted parents, one statement per relationship, because nobody else can.
 */
export async function prepareFlush(context: FlushContext, candidates: FlushCandidates): Promise<void> {
  reconcileTouched();
  for (const state of [...candidates.added, ...candidates.changed()]) {
    if (!isOrphan(state)) continue;
    if (state.lifecycle === 'pending') candidates.drop(state);
    else candidates.deleted.add(state);
  }
  await cascadeDeletes(context, candidates.deleted);
}

function isOrphan(state: InstanceState): boolean {
  for (const [link, parent] of state.links ?? []) {
    const owners = link.parent.relationships.filter((each) => each.link === link);
    if (parent === null && owners.some((each) => each.cascade.has('delete-orphan'))) return true;
  }
  return false;
}

/** Level by level, so that the children of many parents take one statement. */
async function cascadeDeletes(context: FlushContext, deleted: Set<InstanceState>): Promise<void> {
  let level = [...deleted];
  while (level.length > 0) {
    const reached: InstanceState[] = [];
    for (const mapper of new Set(level.map((state) => state.mapper))) {
      const parents = level.filter((state) => state.mapper === mapper);
      for (const relationship of mapper.relationships) reached.push(...(await cascadeAlong(context, parents, relationship)));
    }
    level = reached.filter((state) => !deleted.has(state) && state.key !== undefined);
    for (const state of level) deleted.add(state);
  }
}

/** The objects that must go too; children that may stay lose their link instead. */
async function cascadeAlong(context: FlushContext, parents: InstanceState[], relationship: Relationship): Promise<InstanceState[]> {
  const isDeleting = relationship.cascade.has('delete');
  if (relationship.direction === 'many-to-one' && !isDeleting) return [];
  await loadRelated(context, parents, relationship);
  const related = parents.flatMap((parent) => relatedStates(parent, relationship));
  if (isDeleting) return related;
  for (const parent of parents) cutChildren(parent, relationship);
  return [];
}

function cutChildren(parent: InstanceState, relationship: Relationship): void {
  for (const child of relatedStates(parent, relationship)) {
    if ((child.links?.get(relationship.link) ?? parent) !== parent) continue;
    child.links ??= new Map();
    child.links.set(relationship.link, null);
    if (relationship.inverse !== undefined) setLoaded(child, relationship.inverse, null);
  }
}
