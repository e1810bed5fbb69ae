import type { LinkedRelationship } from '../mapping/mapper.ts';
import { valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { attachChildren, attachNothing, attachParents } from './attach-related.ts';
import { withColumns } from './column-selection.ts';
import { hydrateRows } from './hydrate.ts';
import { farColumns, nearColumns } from './levels.ts';
import { KEYS_PER_STATEMENT } from './load-objects.ts';
import { withKeys } from './load-related.ts';
import { byCommittedKey, committedKeyOf } from './related-keys.ts';
import { relatedOrder } from './related-order.ts';
import type { RelatedLoad } from './settle-related.ts';
import { wants } from './settle-related.ts';
import { treeStatement } from './tree-statement.ts';

/**
 * Loads a relationship of a class to itself for some objects, for those that it leads to, and so on, down to the depth that is
 * asked for. One statement for each 500 of the objects.
 *
 * @returns the objects that were found.
 */
export async function loadDescent(
  load: RelatedLoad<LinkedRelationship>,
  states: readonly InstanceState[],
): Promise<readonly InstanceState[]> {
  const roots = await withKeys(load.context, states, nearColumns(load.relationship));
  const found = await readTree(load, roots);
  const loaded = withinDepth(load, roots, found);
  const wanting = loaded.filter((state) => wants(load, state));
  const { relationship } = load;
  if (relationship.direction === 'many-to-one') {
    attachParents({ ...load, relationship }, wanting, found);
    attachNothing(load, wanting);
  } else {
    attachChildren({ ...load, relationship }, byCommittedKey(wanting, nearColumns(relationship)), found);
  }
  for (const state of loaded) state.ask(relationship);
  return found;
}

async function readTree(
  { context: session, relationship, spec, overwritten }: RelatedLoad<LinkedRelationship>,
  states: readonly InstanceState[],
): Promise<InstanceState[]> {
  const { target } = relationship;
  const context = session.boundTo(target);
  const near = nearColumns(relationship);
  const selection = withColumns(target, spec.selection, [...near, ...farColumns(relationship)]);
  const roots = [...byCommittedKey(states, near).values()];
  const found = new Set<InstanceState>();
  for (let at = 0; at < roots.length; at += KEYS_PER_STATEMENT) {
    const chunk = roots.slice(at, at + KEYS_PER_STATEMENT);
    const { statement, parameters } = treeStatement(context.dialect, {
      relationship,
      keys: chunk.map((state) => valuesAt(near, state.committed ?? [])),
      conditions: spec.conditions,
      orderings: relatedOrder(relationship, spec),
      selection,
      depth: spec.depth ?? 1,
      filters: context.filters,
    });
    const { rows } = await context.execute(statement, parameters);
    for (const state of hydrateRows(context, target, rows, { selection, overwritten })) found.add(state);
  }
  return [...found];
}

/** The objects from which the statement has gone on, by what the database knows. */
function withinDepth(
  { relationship, spec }: RelatedLoad<LinkedRelationship>,
  states: readonly InstanceState[],
  found: readonly InstanceState[],
): InstanceState[] {
  const near = nearColumns(relationship);
  const byFarKey = Map.groupBy(found, (state) => committedKeyOf(state, farColumns(relationship)));
  const reached = new Set<InstanceState>();
  let level: readonly InstanceState[] = states;
  for (let depth = 0; level.length > 0 && depth < (spec.depth ?? 1); depth++) {
    for (const state of level) reached.add(state);
    const next = level.flatMap((state) => byFarKey.get(committedKeyOf(state, near)) ?? []);
    level = [...new Set(next)].filter((state) => !reached.has(state));
  }
  return [...reached];
}
