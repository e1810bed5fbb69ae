import { kindsOf } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';

/**
 * Copies the keys of linked parents into an object's foreign keys; called once the parents have theirs. A link to an
 * object that came too late for this flush stays for the next, one of `without` for a later step.
 */
export function resolveLinks(state: InstanceState, without: readonly ForeignKeyLink[] = []): void {
  const { links } = state;
  if (links === undefined) return;
  for (const [link, parent] of links) {
    const key = parent === null ? [] : link.parentColumns.map((column) => valueOf(parent, column));
    if (without.includes(link) || key.includes(null)) continue;
    link.childColumns.forEach((column, at) => assignColumn(state, column, key[at] ?? null));
    links.delete(link);
  }
  if (links.size === 0) state.links = undefined;
}

/** The value that a column will have once links are resolved; reads only. Null where objects wait for each other. */
export function comingValueOf(state: InstanceState, column: ColumnProperty): unknown {
  const passed = new Set<InstanceState>();
  let at = state;
  let wanted = column;
  for (let next = linkedColumn(at, wanted); next !== undefined; next = linkedColumn(at, wanted)) {
    if (next === null || passed.has(at)) return null;
    passed.add(at);
    [at, wanted] = next;
  }
  return valueOf(at, wanted);
}

/** Where a linked foreign key takes its value from; null for a link that was cut. */
function linkedColumn(
  state: InstanceState,
  column: ColumnProperty,
): readonly [InstanceState, ColumnProperty] | null | undefined {
  for (const [link, parent] of state.links ?? []) {
    const source = link.parentColumns[link.childColumns.indexOf(column)];
    if (source !== undefined) return parent === null ? null : [parent, source];
  }
  return undefined;
}

/** Whether a foreign key is written by an UPDATE of its own when its parent is new. */
export function isPostUpdate(link: ForeignKeyLink): boolean {
  return relationshipsOver(link).some((relationship) => relationship.postUpdate);
}

/** Whether the database carries a parent's new key to the children of this link. */
export function isPassiveUpdate(link: ForeignKeyLink): boolean {
  return relationshipsOver(link).every((relationship) => relationship.passiveUpdates);
}

/** Of links between classes without subclasses, which no later class can add to. */
const settled = new WeakMap<ForeignKeyLink, readonly Relationship[]>();

/** Those of both sides, and of their subclasses. */
export function relationshipsOver(link: ForeignKeyLink): readonly Relationship[] {
  const known = settled.get(link);
  if (known !== undefined) return known;
  const found = findOver(link);
  if (link.child.inheritance === undefined && link.parent.inheritance === undefined) settled.set(link, found);
  return found;
}

function findOver(link: ForeignKeyLink): readonly Relationship[] {
  const both = new Set([...kindsOf(link.child), ...kindsOf(link.parent)].flatMap(({ relationships }) => relationships));
  return [...both].filter((relationship) => isOver(relationship, link));
}

/** Whether a relationship goes over this one foreign key. */
export function isOver(relationship: Relationship, link: ForeignKeyLink): boolean {
  return relationship.direction !== 'many-to-many' && relationship.link === link;
}
