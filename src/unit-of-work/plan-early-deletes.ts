import type { ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { committedKeys, committedOf, parentAmong } from './row-dependencies.ts';

/**
 * Deletes that come before everything else: orphans of one-to-ones, whose foreign keys, unique as a rule, another row is to
 * take. Not those that other rows of the flush still point at. Pure.
 */
export function earlyDeletes(deletes: readonly InstanceState[], written: readonly InstanceState[]): InstanceState[] {
  const orphans = deletes.filter(isCutOff);
  if (orphans.length === 0) return orphans;
  const rows = committedKeys(orphans);
  const needed = new Set<InstanceState | undefined>();
  for (const state of [...written, ...deletes])
    for (const link of state.mapper.links) needed.add(parentAmong(state, link, rows, committedOf));
  return orphans.filter((state) => !needed.has(state));
}

function isCutOff(state: InstanceState): boolean {
  if (isInAssociation(state.mapper)) return false;
  return [...(state.links ?? [])].some(([link, parent]) => parent === null && isOneToOne(link));
}

/** Rows of an association would have to go first. */
function isInAssociation({ relationships }: Mapper): boolean {
  return relationships.some(({ direction }) => direction === 'many-to-many');
}

function isOneToOne(link: ForeignKeyLink): boolean {
  return link.parent.relationships.some(
    (each) => each.direction === 'one-to-many' && !each.isCollection && each.link === link,
  );
}
