import type { ForeignKeyLink } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';

/**
 * Copies the keys of linked parents into an object's foreign keys; called once the parents have theirs. A link to an
 * object that came too late for this flush stays for the next.
 */
export function resolveLinks(state: InstanceState): void {
  const { links } = state;
  if (links === undefined) return;
  for (const [link, parent] of links) {
    if (parent !== null && keyOf(link, parent).includes(null)) continue;
    const key = parent === null ? [] : keyOf(link, parent);
    link.childColumns.forEach((column, at) => {
      (state.entity as Record<string, unknown>)[column.property] = key[at] ?? null;
    });
    links.delete(link);
  }
  if (links.size === 0) state.links = undefined;
}

function keyOf(link: ForeignKeyLink, parent: InstanceState): unknown[] {
  return link.parentColumns.map((column) => valueOf(parent, column));
}
