import type { ColumnProperty } from '../mapping/mapper.ts';
import type { Collection } from './collection.ts';
import { liftGuard } from './column-guard.ts';
import { requireState } from './entity.ts';
import { assignColumn, valueOf } from './row-comparer.ts';

/**
 * Gives the members of a numbered collection their places, as edits of their own that the next flush writes. Called for
 * what the program does; what comes from rows keeps the numbers that it has.
 *
 * @param from - the first place that may have another member than before.
 */
export function numberMembers({ relationship, items }: Collection, from: number): void {
  const { numberedBy } = relationship;
  if (numberedBy === undefined) return;
  // Numbers rise, so that one which is its place has no gaps before it.
  const isSound = from > 0 && numberOf(items[from - 1], numberedBy) === from - 1;
  for (let at = isSound ? from : 0; at < items.length; at++) setNumber(items[at], numberedBy, at);
}

/** What has left and may have none does not keep its number. */
export function forgetNumber({ relationship: { numberedBy } }: Collection, member: object): void {
  if (numberedBy?.column.nullable === true) setNumber(member, numberedBy, null);
}

function numberOf(member: unknown, column: ColumnProperty): unknown {
  return valueOf(requireState(member), column);
}

function setNumber(member: unknown, column: ColumnProperty, value: number | null): void {
  const state = requireState(member);
  if (column.equals(valueOf(state, column), value)) return;
  liftGuard(state);
  assignColumn(state, column, value);
}
