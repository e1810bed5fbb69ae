import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';

const readInPart = new WeakSet<InstanceState>();

/** An object was read by a query that left columns out. */
export function noteReadInPart(state: InstanceState): void {
  readInPart.add(state);
}

export function wasReadInPart(state: InstanceState): boolean {
  return readInPart.has(state);
}

/** How many values of a full row are missing that should be there: deferred columns may well be. */
export function countAbsent(mapper: Mapper, row: readonly unknown[]): number {
  let count = 0;
  for (const column of mapper.columns) if (row[column.index] === ABSENT && !column.isDeferred) count++;
  return count;
}
