import type { Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';

/** Object → relationship with `singleParent` → who was last seen to hold the object by it. */
const holders = new WeakMap<InstanceState, Map<Relationship, InstanceState>>();

/** Remembers who holds an object, where there may be only one. */
export function noteHolder(relationship: Relationship | undefined, holder: InstanceState, member: InstanceState): void {
  if (relationship?.singleParent !== true) return;
  const known = holders.get(member);
  if (known === undefined) holders.set(member, new Map([[relationship, holder]]));
  else known.set(relationship, holder);
}

/** Who was last seen to hold an object; it may have let it go since. */
export function lastHolder(relationship: Relationship, member: InstanceState): InstanceState | undefined {
  return holders.get(member)?.get(relationship);
}
