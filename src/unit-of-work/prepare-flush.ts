import { loadRelated } from '../loading/load-related.ts';
import type { ForeignKeyLink, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { cutLink, reconcileTouched } from '../state/related.ts';
import { nameOf } from '../state/collection.ts';
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
    skipStrangers(context, state);
    if (!isOrphan(state)) continue;
    if (state.lifecycle === 'pending') candidates.drop(state);
    else candidates.deleted.add(state);
  }
  await cascadeDeletes(context, candidates);
}

/** Links to objects that nobody added cannot be written. */
function skipStrangers(context: FlushContext, state: InstanceState): void {
  for (const [link, parent] of state.links ?? []) {
    if (parent === null || parent.owner === context.owner) continue;
    state.links?.delete(link);
    warnOfStranger(state, link, parent);
  }
  if (state.links?.size === 0) state.links = undefined;
}

function warnOfStranger(state: InstanceState, link: ForeignKeyLink, parent: InstanceState): void {
  const relationships = [...state.mapper.relationships, ...parent.mapper.relationships];
  const by = relationships.find((relationship) => relationship.link === link);
  const path = by === undefined ? 'its foreign key' : nameOf(by);
  const message = `${String(parent)} is not in the session, so ${String(state)} is not linked to it by ${path}. Add it to the session first.`;
  process.emitWarning(message, { type: 'HermeticWarning', code: 'HERMETIC_NOT_IN_SESSION' });
}

/** A row without one of its owners goes; an object that was never written, only when it has no owner left. */
function isOrphan(state: InstanceState): boolean {
  const lost = [...(state.links ?? [])].filter(([link, parent]) => parent === null && ownsChildren(link));
  if (state.lifecycle !== 'pending' || lost.length === 0) return lost.length > 0;
  return [...(state.links ?? [])].every(([link, parent]) => parent === null || !ownsChildren(link));
}

function ownsChildren(link: ForeignKeyLink): boolean {
  return link.parent.relationships.some((each) => each.link === link && each.cascade.has('delete-orphan'));
}

/** Level by level, so that the children of many parents take one statement. */
async function cascadeDeletes(context: FlushContext, candidates: FlushCandidates): Promise<void> {
  const { deleted } = candidates;
  let level = [...deleted];
  while (level.length > 0) {
    const reached: InstanceState[] = [];
    for (const mapper of new Set(level.map((state) => state.mapper))) {
      const parents = level.filter((state) => state.mapper === mapper);
      for (const relationship of mapper.relationships)
        reached.push(...(await cascadeAlong(context, parents, relationship)));
    }
    for (const state of reached) if (state.lifecycle === 'pending') candidates.drop(state);
    level = reached.filter((state) => !deleted.has(state) && state.lifecycle === 'persistent');
    for (const state of level) deleted.add(state);
  }
}

/** The objects that must go too; children that may stay lose their link instead. */
async function cascadeAlong(
  context: FlushContext,
  parents: InstanceState[],
  relationship: Relationship,
): Promise<InstanceState[]> {
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
    if ((child.links?.get(relationship.link) ?? parent) === parent) cutLink(child, relationship);
  }
}
