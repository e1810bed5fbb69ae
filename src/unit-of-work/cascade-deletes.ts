import { isKindOf } from '../mapping/hierarchy.ts';
import { loadRelated } from '../loading/load-related.ts';
import type { OneToMany, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { cutLink } from '../state/related.ts';
import { relatedStates } from './cascades.ts';
import type { FlushContext } from './flush-context.ts';
import type { ReplacementOf } from './replacements.ts';

/** What is to be deleted, and how pending objects leave. */
export interface Deletions {
  readonly deleted: Set<InstanceState>;
  readonly drop: (state: InstanceState) => void;
}

/** Follows deletes to the objects that must go too, and cuts off those that stay. Level by level: many parents, one statement. */
export async function cascadeDeletes(
  context: FlushContext,
  { deleted, drop }: Deletions,
  replacementOf: ReplacementOf,
): Promise<void> {
  let level = [...deleted];
  while (level.length > 0) {
    const reached: InstanceState[] = [];
    for (const relationship of new Set(level.flatMap((state) => state.mapper.relationships))) {
      const parents = level.filter((state) => isKindOf(state.mapper, relationship.mapper));
      reached.push(...(await cascadeAlong(context, parents, { relationship, replacementOf })));
    }
    for (const state of reached) if (state.lifecycle === 'pending') drop(state);
    level = reached.filter((state) => !deleted.has(state) && state.lifecycle === 'persistent');
    for (const state of level) deleted.add(state);
  }
}

/** The objects that must go too; children that may stay lose their link instead, unless the parent's row stays for another object. */
async function cascadeAlong(
  context: FlushContext,
  parents: InstanceState[],
  along: { relationship: Relationship; replacementOf: ReplacementOf },
): Promise<InstanceState[]> {
  const { relationship, replacementOf } = along;
  const isDeleting = relationship.cascade.has('delete');
  if (
    relationship.viewonly ||
    (relationship.direction !== 'one-to-many' && !isDeleting) ||
    relationship.passiveDeletes === 'all'
  )
    return [];
  const going = isDeleting ? parents : parents.filter((parent) => replacementOf(parent) === undefined);
  if (!relationship.passiveDeletes) await loadRelated(context, going, relationship, { isUnfiltered: true });
  const related = going.flatMap((parent) => relatedStates(parent, relationship));
  if (isDeleting) return related;
  if (relationship.direction === 'one-to-many') for (const parent of going) cutChildren(parent, relationship);
  return [];
}

function cutChildren(parent: InstanceState, relationship: OneToMany): void {
  for (const child of relatedStates(parent, relationship)) {
    if ((child.links?.get(relationship.link) ?? parent) === parent) cutLink(child, relationship);
  }
}
