import { loadByKeys } from '../loading/load-objects.ts';
import type { ForeignKeyLink, ManyToOne } from '../mapping/mapper.ts';
import { keyOfValues, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import type { FlushContext } from './flush-context.ts';
import { relationshipsOver } from './resolve-links.ts';

/** A row without one of its owners goes; an object that was never written, only when it has no owner left. */
export function isOrphan(state: InstanceState): boolean {
  const lost = [...(state.links ?? [])].filter(([link, parent]) => parent === null && ownsChildren(link));
  if (state.lifecycle !== 'pending' || lost.length === 0) return lost.length > 0;
  return [...(state.links ?? [])].every(([link, parent]) => parent === null || !ownsChildren(link));
}

function ownsChildren(link: ForeignKeyLink): boolean {
  return relationshipsOver(link).some((each) => each.direction === 'one-to-many' && each.cascade.has('delete-orphan'));
}

/**
 * The objects that lost the only one that held them, by a many-to-one or many-to-many that deletes orphans. Reads those
 * that a foreign key named before: one SELECT for each relationship.
 */
export async function abandoned(
  context: FlushContext,
  states: readonly InstanceState[],
): Promise<ReadonlySet<InstanceState>> {
  const left = new Set<InstanceState>();
  const held = new Set<InstanceState>();
  const dropped = new Map<ManyToOne, InstanceState[]>();
  for (const state of states) {
    for (const [relationship, changes] of state.pairs ?? []) {
      if (!relationship.cascade.has('delete-orphan')) continue;
      for (const [other, change] of changes) (change === 'link' ? held : left).add(other);
    }
    for (const relationship of ownersByKey(state)) {
      const parent = state.links?.get(relationship.link);
      if (parent !== undefined && parent !== null) held.add(parent);
      const known = dropped.get(relationship);
      if (known === undefined) dropped.set(relationship, [state]);
      else known.push(state);
    }
  }
  for (const [relationship, holders] of dropped)
    for (const state of await namedBefore(context, relationship, holders)) left.add(state);
  return left.difference(held);
}

/** Changed many-to-ones that delete what they leave. */
function ownersByKey({ mapper, links }: InstanceState): ManyToOne[] {
  if (links === undefined) return [];
  return mapper.relationships.filter(
    (each): each is ManyToOne =>
      each.direction === 'many-to-one' && each.cascade.has('delete-orphan') && links.has(each.link),
  );
}

async function namedBefore(
  context: FlushContext,
  { link, target }: ManyToOne,
  holders: readonly InstanceState[],
): Promise<InstanceState[]> {
  const { childColumns, parentColumns } = link;
  const keys = new Map<unknown, readonly unknown[]>();
  for (const { committed } of holders) {
    const values = committed === undefined ? [] : valuesAt(childColumns, committed);
    if (values.length > 0 && !values.includes(ABSENT)) keys.set(keyOfValues(values), values);
  }
  keys.delete(undefined);
  return loadByKeys(context, { mapper: target, columns: parentColumns, keys: [...keys.values()] });
}
