import type { ColumnProperty } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';
import { isUnset, valueOf } from './row-comparer.ts';

/**
 * Whether the program, or the database, has said what this column holds: null counts, a value that the constructor filled
 * in by itself does not.
 */
export function isGiven(state: InstanceState, column: ColumnProperty): boolean {
  if (!Object.hasOwn(state.entity, column.property)) return false;
  if (state.committed !== undefined) return true;
  if (isUnset(state, column)) return false;
  const { filled } = state;
  return filled?.has(column) !== true || !column.equals(valueOf(state, column), filled.get(column));
}
