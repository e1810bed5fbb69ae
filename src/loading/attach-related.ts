import type { ManyToMany, ManyToOne, OneToMany } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { applyPairs } from '../state/pairs.ts';
import { committedKeyOf, groupByKey } from './related-keys.ts';
import type { RelatedLoad } from './settle-related.ts';
import { adopt, applyUnflushed, settle, wants } from './settle-related.ts';

/** Gives children the parents that were read for them. Those whose parent is not among them are left as they are. */
export function attachParents(
  load: RelatedLoad<ManyToOne>,
  children: readonly InstanceState[],
  parents: readonly InstanceState[],
): void {
  const { childColumns, parentColumns } = load.relationship.link;
  const byKey = groupByKey(children, childColumns);
  for (const parent of parents) {
    const group = byKey.get(committedKeyOf(parent, parentColumns));
    for (const child of group?.states ?? []) settle(load, child, parent.entity);
  }
}

/** Gives children of which no parent was found the news that there is none. */
export function attachNothing(load: RelatedLoad, children: readonly InstanceState[]): void {
  for (const child of children) if (wants(load, child)) settle(load, child, null);
}

/** Gives each parent the children that were read for it, in their order. @param parents - by the key that the database knows. */
export function attachChildren(
  load: RelatedLoad<OneToMany>,
  parents: ReadonlyMap<unknown, InstanceState>,
  children: readonly InstanceState[],
): void {
  const members = new Map<unknown, InstanceState[]>();
  for (const child of children) {
    const key = committedKeyOf(child, load.relationship.link.childColumns);
    const list = members.get(key);
    if (list === undefined) members.set(key, [child]);
    else list.push(child);
  }
  for (const [key, parent] of parents) adopt(load, parent, members.get(key) ?? []);
  applyUnflushed(load, parents);
}

/** Gives each object the members that were read for it, and what the program has linked and not flushed. @param sources - by key. */
export function attachMembers(
  load: RelatedLoad<ManyToMany>,
  sources: ReadonlyMap<unknown, InstanceState>,
  members: ReadonlyMap<unknown, ReadonlySet<InstanceState>>,
): void {
  for (const [key, source] of sources) {
    const objects = Array.from(members.get(key) ?? [], ({ entity }) => entity);
    settle(load, source, objects);
    applyPairs(source, load.relationship);
    load.context.associations.noteRead(source, load.relationship);
  }
}
