import type { InstanceState } from '../state/instance-state.ts';
import { unload } from '../state/related.ts';
import type { Bind, Binds } from './binds.ts';
import type { TransactionLevel } from './transaction-level.ts';
import type { WorkingSet } from './working-set.ts';

/** Puts objects back to how they were before these levels, innermost first, but for those whose engine has committed. */
export function restoreLevels(objects: WorkingSet, binds: Binds, levels: readonly TransactionLevel[]): void {
  const committedOn = levels.at(-1)?.committedOn;
  for (const level of levels) {
    if (committedOn !== undefined && committedOn.size > 0) keepCommitted(binds, level.journal, committedOn);
    restoreLevel(objects, level);
  }
  if (levels.length === 0) objects.rollBack(new Map());
  if (committedOn !== undefined && committedOn.size > 0) objects.committed();
}

/** The same for one level. */
export function restoreLevel(objects: WorkingSet, level: TransactionLevel): void {
  objects.rollBack(level.journal);
  level.forgetReads();
}

/** When a session closes without a commit: new objects have no row after all, but for those in a caller's transaction. */
export function disownLevels(
  objects: WorkingSet,
  binds: Binds,
  { levels, joined }: { levels: readonly TransactionLevel[]; joined: ReadonlySet<Bind> },
): void {
  for (const { journal } of levels) {
    if (joined.size > 0)
      for (const state of journal.keys()) if (joined.has(binds.of(state.mapper))) journal.delete(state);
    objects.disown(journal);
  }
}

/** Their rows stand; what they hold of engines that have not committed does not. */
function keepCommitted(binds: Binds, journal: Map<InstanceState, unknown>, committedOn: ReadonlySet<Bind>): void {
  for (const state of journal.keys()) {
    if (!committedOn.has(binds.of(state.mapper))) continue;
    journal.delete(state);
    for (const relationship of state.mapper.relationships)
      if (!committedOn.has(binds.of(relationship.target))) unload(state, relationship);
  }
}
