import { loadByKeys } from '../loading/load-objects.ts';
import type { OneToMany } from '../mapping/mapper.ts';
import { stateOf } from '../state/entity.ts';
import { keyOfValues, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { cutLink } from '../state/related.ts';
import type { FlushContext } from './flush-context.ts';

/**
 * Cuts off the objects that one-to-ones held before they were assigned unseen: one SELECT for each relationship. Whoever
 * was linked elsewhere meanwhile is not touched.
 */
export async function cutReplaced(context: FlushContext, changed: readonly InstanceState[]): Promise<void> {
  const parents = new Map<OneToMany, InstanceState[]>();
  for (const state of changed) {
    for (const relationship of state.replacing ?? []) {
      const known = parents.get(relationship);
      if (known === undefined) parents.set(relationship, [state]);
      else known.push(state);
    }
    state.replacing = undefined;
  }
  for (const [relationship, states] of parents) await cutChildren(context, relationship, states);
}

async function cutChildren(
  context: FlushContext,
  relationship: OneToMany,
  parents: readonly InstanceState[],
): Promise<void> {
  const { link, target } = relationship;
  const byKey = new Map(
    parents
      .filter((parent) => parent.committed !== undefined)
      .map((parent) => {
        const values = valuesAt(link.parentColumns, parent.committed ?? []);
        return [keyOfValues(values), { parent, values }] as const;
      }),
  );
  byKey.delete(undefined);
  const keys = [...byKey.values()].map(({ values }) => values);
  for (const child of await loadByKeys(context, { mapper: target, columns: link.childColumns, keys })) {
    const parent = byKey.get(keyOfValues(valuesAt(link.childColumns, child.committed ?? [])))?.parent;
    const slot = parent?.slot(relationship);
    if (slot === undefined || child.links?.has(link) === true) continue;
    slot.committed = child.entity;
    if (stateOf(slot.value) !== child) cutLink(child, relationship);
  }
}
