import type { CascadeRule, Relationship } from '../mapping/mapper.ts';
import { requireState } from '../state/entity.ts';
import { Collection } from '../state/collection.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { reconcileTouched } from '../state/related.ts';

/** An object and all that a cascade reaches from it through loaded relationships, each once, itself first. */
export function cascadeFrom(start: InstanceState, rule: CascadeRule): InstanceState[] {
  reconcileTouched();
  const reached = new Set([start]);
  for (const state of reached) {
    for (const relationship of state.mapper.relationships) {
      if (!relationship.cascade.has(rule)) continue;
      for (const related of relatedStates(state, relationship)) reached.add(related);
    }
  }
  return [...reached];
}

/** The objects that a relationship holds, as far as it is loaded. */
export function relatedStates(state: InstanceState, relationship: Relationship): InstanceState[] {
  const value = state.slot(relationship)?.value;
  if (value === undefined || value === null) return [];
  return value instanceof Collection ? value.items.map(requireState) : [requireState(value)];
}
