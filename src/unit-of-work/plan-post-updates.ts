import type { ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { CutStep, LinksByState } from './flush-plan.ts';
import { isPostUpdate } from './resolve-links.ts';
import type { StatesByKey } from './row-dependencies.ts';
import { comingKeys, committedKeys, committedOf, parentAmong } from './row-dependencies.ts';

/** Foreign keys with `postUpdate` whose parents are new: they are written when everything else is. Pure. */
export function lateLinks({
  inserts,
  updates,
}: {
  inserts: readonly InstanceState[];
  updates: readonly InstanceState[];
}): LinksByState {
  const states = [...inserts, ...updates].filter((state) => postUpdates(state.mapper).length > 0);
  if (states.length === 0) return new Map();
  const rows = comingKeys(inserts);
  return linksInto(states, (state, link) => parentAmong(state, link, rows));
}

/** What must be set to null before rows that need each other can be deleted. Pure. */
export function cutSteps(group: readonly Mapper[], deletes: readonly InstanceState[]): CutStep[] {
  if (!group.some((mapper) => postUpdates(mapper).length > 0)) return [];
  const rows: StatesByKey = committedKeys(deletes);
  return group.flatMap((mapper) => {
    const links = linksInto(
      deletes.filter((state) => state.mapper === mapper),
      (state, link) => parentAmong(state, link, rows, committedOf),
    );
    return links.size === 0 ? [] : [{ action: 'cut' as const, mapper, states: [...links.keys()], links }];
  });
}

function linksInto(
  states: readonly InstanceState[],
  parentOf: (state: InstanceState, link: ForeignKeyLink) => InstanceState | undefined,
): LinksByState {
  const result = new Map<InstanceState, ForeignKeyLink[]>();
  for (const state of states) {
    const links = postUpdates(state.mapper).filter((link) => parentOf(state, link) !== undefined);
    if (links.length > 0) result.set(state, links);
  }
  return result;
}

function postUpdates(mapper: Mapper): ForeignKeyLink[] {
  return mapper.links.filter(isPostUpdate);
}
