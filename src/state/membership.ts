import { isKindOf } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink, OneToMany, Relationship } from '../mapping/mapper.ts';
import { Collection } from './collection.ts';
import { stateOf } from './entity.ts';
import { keyOfValues } from './identity-key.ts';
import type { InstanceState, RelatedSlot } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';
import { unload } from './related.ts';

/**
 * Brings what is loaded of relationships in line with the rows of some objects, after these were written, deleted or
 * rolled back: an object is in the collection of the parent that its foreign key names, and in no other.
 *
 * What the program has linked since is left alone.
 *
 * @param attached - every object whose collections may be concerned.
 */
export function alignMembership(attached: Iterable<InstanceState>, changed: ReadonlySet<InstanceState>): void {
  if (changed.size === 0) return;
  for (const state of changed) unloadWrongParents(state);
  const children = new ChildrenByParent(changed);
  const hasLeft = [...changed].some(({ lifecycle }) => lifecycle !== 'persistent');
  const alignment = { changed, hasLeft, children };
  for (const state of attached) {
    if (state.isBorn) state.isBorn = !hasUnknownMembers(state, children);
    state.related?.forEach((slot, at) => {
      const relationship = state.mapper.relationships[at];
      if (slot === undefined || relationship === undefined) return;
      if (slot.value instanceof Collection) align(slot, slot.value, alignment);
      else if (relationship.direction === 'one-to-many') alignChild(state, { slot, relationship }, alignment);
    });
  }
  followMemberKeys(attached);
}

/** Puts members of keyed collections under the keys that they have by now. */
export function followMemberKeys(states: Iterable<InstanceState>): void {
  for (const state of states)
    for (const slot of state.related ?? []) if (slot?.value instanceof Collection) slot.value.followKeys();
}

/** Whether some row names a new object as its parent in a relationship that nobody looked at: it is not known to be empty. */
function hasUnknownMembers(state: InstanceState, children: ChildrenByParent): boolean {
  return state.mapper.relationships.some((relationship) => {
    if (relationship.direction !== 'one-to-many' || state.slot(relationship) !== undefined) return false;
    return children.of(state, relationship.link).length > 0;
  });
}

interface Alignment {
  readonly changed: ReadonlySet<InstanceState>;
  /** Some of them have no row any more. */
  readonly hasLeft: boolean;
  readonly children: ChildrenByParent;
}

function align(slot: RelatedSlot, collection: Collection, { changed, hasLeft, children }: Alignment): void {
  const { parent, relationship } = collection;
  if (relationship.direction === 'many-to-many' && !hasLeft) return;
  const strangers = [...collection.members].filter((member) => {
    const child = stateOf(member);
    return child !== undefined && changed.has(child) && !belongs(child, parent, relationship);
  });
  const missing =
    relationship.direction === 'one-to-many'
      ? children.of(parent, relationship.link).filter((child) => !collection.members.has(child))
      : [];
  if (strangers.length + missing.length === 0) return;
  const committed = new Set(Array.isArray(slot.committed) ? (slot.committed as object[]) : []);
  for (const member of strangers) {
    collection.exclude(member);
    committed.delete(member);
  }
  for (const member of missing) {
    collection.include(member);
    committed.add(member);
  }
  slot.committed = [...committed];
}

/** The side of a one-to-one without the foreign key. */
function alignChild(
  parent: InstanceState,
  { slot, relationship }: { slot: RelatedSlot; relationship: OneToMany },
  { changed, children }: Alignment,
): void {
  if (parent.replacing?.has(relationship) === true) return;
  const child = stateOf(slot.value);
  const isWrong = child !== undefined && changed.has(child) && !belongs(child, parent, relationship);
  const [found] = children.of(parent, relationship.link);
  if (isWrong || (found !== undefined && slot.value === null)) {
    slot.value = found ?? null;
    slot.committed = slot.value;
  }
}

/** After a rollback: rows that showed a new object as their parent, because it had taken the parent's row over, are asked again. */
export function unloadTransient(attached: Iterable<InstanceState>, restored: Iterable<InstanceState>): void {
  const lost = new Set<unknown>(
    [...restored].filter(({ lifecycle }) => lifecycle === 'transient').map(({ entity }) => entity),
  );
  if (lost.size === 0) return;
  for (const state of attached) {
    for (const relationship of state.mapper.relationships) {
      if (relationship.direction !== 'many-to-one') continue;
      const value = state.slot(relationship)?.value;
      if (lost.has(value) && !state.links?.has(relationship.link)) unload(state, relationship);
    }
  }
}

function belongs(child: InstanceState, parent: InstanceState, relationship: Relationship): boolean {
  if (child.owner !== parent.owner || child.lifecycle === 'deleted') return false;
  // What rows of an association say is not in the objects: only those that are gone are surely strangers.
  if (relationship.direction === 'many-to-many') return true;
  const { link } = relationship;
  if (child.links?.has(link) === true) return child.links.get(link) === parent;
  return committedKey(child, link.childColumns) === committedKey(parent, link.parentColumns);
}

/** A to-one that shows another object than the row's foreign key names is forgotten; reading it finds the right one. */
function unloadWrongParents(child: InstanceState): void {
  if (child.lifecycle !== 'persistent') return;
  for (const relationship of child.mapper.relationships) {
    if (relationship.direction !== 'many-to-one') continue;
    const { link } = relationship;
    const value = child.slot(relationship)?.value;
    if (value === undefined || child.links?.has(link) === true) continue;
    const parent = stateOf(value);
    const shown = parent === undefined ? undefined : committedKey(parent, link.parentColumns);
    if (shown !== committedKey(child, link.childColumns)) unload(child, relationship);
  }
}

/** Undefined when a part is null or not known. */
function committedKey(state: InstanceState, columns: readonly ColumnProperty[]): unknown {
  const values = columns.map((column) => state.committed?.[column.index]);
  return values.includes(ABSENT) ? undefined : keyOfValues(values);
}

/** Changed objects by the parent that their row names; an index per foreign key, made when it is first asked for. */
class ChildrenByParent {
  readonly #changed: ReadonlySet<InstanceState>;
  readonly #byLink = new Map<ForeignKeyLink, Map<unknown, object[]>>();

  constructor(changed: ReadonlySet<InstanceState>) {
    this.#changed = changed;
  }

  of(parent: InstanceState, link: ForeignKeyLink): readonly object[] {
    let byKey = this.#byLink.get(link);
    if (byKey === undefined) this.#byLink.set(link, (byKey = this.#index(link)));
    return byKey.get(committedKey(parent, link.parentColumns)) ?? [];
  }

  #index(link: ForeignKeyLink): Map<unknown, object[]> {
    const byKey = new Map<unknown, object[]>();
    for (const state of this.#changed) {
      if (!isKindOf(state.mapper, link.child) || state.lifecycle !== 'persistent' || state.links?.has(link) === true)
        continue;
      const key = committedKey(state, link.childColumns);
      if (key === undefined) continue;
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, [state.entity]);
      else known.push(state.entity);
    }
    return byKey;
  }
}
