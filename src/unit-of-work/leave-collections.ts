import { associationsTo } from '../mapping/association-index.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { alignMembership } from '../state/membership.ts';
import type { FlushContext } from './flush-context.ts';
import { rememberHolders } from './pair-rows.ts';

/** Takes objects of one class, whose rows a statement has deleted, out of the loaded collections that they are in. */
export function leaveCollections(context: FlushContext, deleted: readonly InstanceState[]): void {
  const [first] = deleted;
  if (first === undefined) return;
  for (const { through } of associationsTo(first.mapper)) context.associations.noteWrite(through.mapper);
  rememberHolders(context, deleted);
  alignMembership(context.identity, new Set(deleted));
}
