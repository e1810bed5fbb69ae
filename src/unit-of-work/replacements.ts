import type { Mapper } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { Replacements } from './flush-plan.ts';
import { comingValueOf } from './resolve-links.ts';

/** Finds the pending object that will have the primary key of a deleted one. Pure. */
export type ReplacementOf = (deleted: InstanceState) => InstanceState | undefined;

export function replacementOf(added: Iterable<InstanceState>): ReplacementOf {
  const byKey = new Map<Mapper, Map<unknown, InstanceState>>();
  for (const state of added) {
    const { mapper } = state;
    const key = keyOfValues(mapper.primaryKey.map((column) => comingValueOf(state, column)));
    if (key === undefined) continue;
    if (!byKey.has(mapper)) byKey.set(mapper, new Map());
    byKey.get(mapper)?.set(key, state);
  }
  return (deleted) => byKey.get(deleted.mapper)?.get(deleted.key);
}

/** New object → deleted object of the same row. Pure. */
export function findReplacements(added: ReadonlySet<InstanceState>, deleted: ReadonlySet<InstanceState>): Replacements {
  if (added.size === 0 || deleted.size === 0) return new Map();
  const find = replacementOf(added);
  const pairs = [...deleted].map((old) => [find(old), old] as const);
  return new Map(pairs.filter((pair): pair is readonly [InstanceState, InstanceState] => pair[0] !== undefined));
}
