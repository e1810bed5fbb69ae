import type { Relationship } from '../mapping/mapper.ts';
import { stateOf } from '../state/entity.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { loadedMembers } from '../state/related.ts';
import type { Overwritten } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import { eagerSpec, withEager } from './eager.ts';
import { loadObjects, newOverwritten } from './load-objects.ts';
import { loadDescent } from './load-descent.ts';
import type { RelatedLoadOptions } from './load-related.ts';
import { loadRelated, relatedLoad } from './load-related.ts';
import type { LoadStrategy, LoadTree, QuerySpec, RelatedSpec } from './query-spec.ts';
import { isAbsent, readAbsent } from './read-columns.ts';
import { strategyForShape } from './strategy-choice.ts';

/** The objects that a query selects, in its order, with what it and their models have read along. */
export async function loadQuery(context: LoadContext, spec: QuerySpec): Promise<InstanceState[]> {
  const { mapper, limit } = spec;
  const overwritten = newOverwritten(spec.overwrite);
  const paths = withEager(mapper, spec.paths);
  const { dialect } = context.boundTo(mapper);
  const strategy = strategyForShape(dialect, { strategy: spec.strategy, limit, paths });
  const states = await loadObjects(context, { ...spec, paths, strategy }, overwritten);
  await loadPaths(context, states, paths, { overwritten, strategy });
  if (spec.isStrict) makeStrict(states, paths);
  return states;
}

/** Has objects, and those loaded along, refuse lazy loads. */
export function makeStrict(states: readonly InstanceState[], paths: LoadTree): void {
  for (const state of states) state.isStrict = true;
  for (const [property, spec] of paths) {
    const relationship = states[0]?.mapper.attributes.get(property);
    if (relationship?.kind === 'relationship') makeStrict(relatedStates(states, relationship), spec.paths);
  }
}

export interface PathOptions {
  /** Given: also throw away edits of the objects that the paths lead to, except of those in it. */
  readonly overwritten?: Overwritten | undefined;
  /** Where a path does not say how it is to be read. */
  readonly strategy?: LoadStrategy | undefined;
}

/**
 * Loads every relationship of `paths` for all objects at once, as far as it is not loaded: one statement per relationship and
 * 500 keys, which also reads what is to be read in it.
 */
export async function loadPaths(
  context: LoadContext,
  states: readonly InstanceState[],
  paths: LoadTree,
  { overwritten, strategy }: PathOptions = {},
): Promise<void> {
  const mapper = states[0]?.mapper;
  if (mapper === undefined) return;
  for (const [property, asked] of paths) {
    const relationship = mapper.attributes.get(property);
    if (relationship?.kind !== 'relationship') continue;
    await loadAlong(context, states, relationship, {
      spec: { ...asked, strategy: asked.strategy ?? strategy },
      overwritten,
    });
    for (const state of states) state.ask(relationship);
  }
}

/** Loads one relationship, and what belongs to the objects that it leads to: by default, what models have read always. */
export async function loadAlong(
  context: LoadContext,
  states: readonly InstanceState[],
  relationship: Relationship,
  { spec = eagerSpec(relationship), overwritten }: RelatedLoadOptions = {},
): Promise<void> {
  const related = await loadTargets(context, states, relationship, { spec, overwritten });
  if (spec.paths.size === 0 && spec.selection === undefined) return;
  await readSelected(context, related, spec);
  await loadPaths(context, related, spec.paths, { overwritten, strategy: spec.strategy });
}

/** Loads the relationship itself, as deep as it is asked for; gives the objects that it leads to. */
async function loadTargets(
  context: LoadContext,
  states: readonly InstanceState[],
  relationship: Relationship,
  { spec, overwritten }: RelatedLoadOptions & { readonly spec: RelatedSpec },
): Promise<readonly InstanceState[]> {
  if (spec.depth !== undefined && relationship.direction !== 'many-to-many')
    return loadDescent(relatedLoad(context, relationship, { spec, overwritten }), states);
  await loadRelated(context, states, relationship, { spec, overwritten });
  return relatedStates(states, relationship);
}

/** Columns that were asked for, and that objects which were known already do not have. */
async function readSelected(
  context: LoadContext,
  states: readonly InstanceState[],
  { selection }: RelatedSpec,
): Promise<void> {
  const columns = selection?.columns ?? [];
  const lacking = states.filter((state) => columns.some((column) => isAbsent(state, column)));
  if (lacking.length > 0) await readAbsent(context, lacking, new Set(columns));
}

function relatedStates(states: readonly InstanceState[], relationship: Relationship): InstanceState[] {
  const found = new Set<InstanceState>();
  for (const state of states) {
    const value = state.slot(relationship)?.value;
    const members = loadedMembers(state, relationship) ?? (value === null || value === undefined ? [] : [value]);
    for (const member of members) {
      const related = stateOf(member);
      if (related !== undefined) found.add(related);
    }
  }
  return [...found];
}
