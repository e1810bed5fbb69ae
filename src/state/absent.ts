import type { Mapper } from '../mapping/mapper.ts';
import { ABSENT } from './instance-state.ts';

/** How many values of a full row are missing that should be there: deferred columns may well be. */
export function countAbsent(mapper: Mapper, row: readonly unknown[]): number {
  let count = 0;
  for (const column of mapper.columns) if (row[column.index] === ABSENT && !column.isDeferred) count++;
  return count;
}
