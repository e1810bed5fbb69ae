import type { InstanceState } from '../state/instance-state.ts';
import { valueOf } from '../state/row-comparer.ts';

/** Copies the keys of linked parents into an object's foreign keys; called once the parents have theirs. */
export function resolveLinks(state: InstanceState): void {
  if (state.links === undefined) return;
  for (const [link, parent] of state.links) {
    link.childColumns.forEach((column, at) => {
      const source = link.parentColumns[at];
      if (source === undefined) return;
      (state.entity as Record<string, unknown>)[column.property] = parent === null ? null : valueOf(parent, source);
    });
  }
}
