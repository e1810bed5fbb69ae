import { associationsTo } from '../mapping/association-index.ts';
import type { ForeignKeyLink, ManyToMany, Mapper } from '../mapping/mapper.ts';
import type { InstanceState, PairChange } from '../state/instance-state.ts';
import type { ClearStep, Pair, PairStep } from './flush-plan.ts';

/** What happens to rows of associations: those of deleted objects go, then those of cut pairs, then new ones come. Pure. */
export function pairSteps(
  states: Iterable<InstanceState>,
  deletes: readonly InstanceState[],
): (PairStep | ClearStep)[] {
  const changes = [...gather(states, new Set(deletes))].sort(([left], [right]) => byTable(left, right));
  return [
    ...clearSteps(deletes),
    ...changes.flatMap(([relationship, pairs]) => pairStep(relationship, 'unlink', pairs.unlink)),
    ...changes.flatMap(([relationship, pairs]) => pairStep(relationship, 'link', pairs.link)),
  ];
}

type PairsByChange = Readonly<Record<PairChange, Pair[]>>;

/** Each changed pair once, although both sides know of it; rows of objects that go are not worth a word. */
function gather(states: Iterable<InstanceState>, deleted: ReadonlySet<InstanceState>): Map<ManyToMany, PairsByChange> {
  const result = new Map<ManyToMany, PairsByChange>();
  const met = new Map<ManyToMany, Map<InstanceState, Set<InstanceState>>>();
  for (const state of states) {
    if (state.pairs === undefined || deleted.has(state)) continue;
    for (const [relationship, changes] of state.pairs) {
      const first = firstSide(relationship);
      for (const [other, change] of changes) {
        if (deleted.has(other)) continue;
        const [source, target] = first === relationship ? [state, other] : [other, state];
        if (!meet(met, first, source, target)) continue;
        if (!result.has(first)) result.set(first, { link: [], unlink: [] });
        result.get(first)?.[change].push({ source, target });
      }
    }
  }
  return result;
}

/** Of two sides of one association, always the same one. */
function firstSide(relationship: ManyToMany): ManyToMany {
  const { inverse, through } = relationship;
  const { links } = through.mapper;
  return inverse !== undefined && links.indexOf(through.source) > links.indexOf(through.target)
    ? inverse
    : relationship;
}

/** Returns false when the pair was met before. */
function meet(
  met: Map<ManyToMany, Map<InstanceState, Set<InstanceState>>>,
  relationship: ManyToMany,
  source: InstanceState,
  target: InstanceState,
): boolean {
  let bySource = met.get(relationship);
  if (bySource === undefined) met.set(relationship, (bySource = new Map()));
  const targets = bySource.get(source);
  if (targets === undefined) bySource.set(source, new Set([target]));
  else if (targets.has(target)) return false;
  else targets.add(target);
  return true;
}

function pairStep(relationship: ManyToMany, action: PairChange, pairs: readonly Pair[]): PairStep[] {
  if (pairs.length === 0) return [];
  const { mapper, through } = relationship;
  return [{ action, mapper, states: [...new Set(pairs.map(({ source }) => source))], through, pairs }];
}

function clearSteps(deletes: readonly InstanceState[]): ClearStep[] {
  const mappers = [...new Set(deletes.map((state) => state.mapper))];
  return mappers.flatMap((mapper) => {
    const states = deletes.filter((state) => state.mapper === mapper);
    return clearedLinks(mapper).map((link) => ({ action: 'clear' as const, mapper, states, link }));
  });
}

/**
 * The foreign keys of associations whose rows go with an object of this class: not those that are left to the database,
 * nor those that a collection of the association's own class looks after.
 */
function clearedLinks(mapper: Mapper): ForeignKeyLink[] {
  const cleared = new Set<ForeignKeyLink>();
  const kept = new Set<ForeignKeyLink>();
  for (const relationship of mapper.relationships) {
    if (relationship.viewonly) continue;
    if (relationship.direction === 'one-to-many') kept.add(relationship.link);
    if (relationship.direction === 'many-to-many')
      (relationship.passiveDeletes === false ? cleared : kept).add(relationship.through.source);
  }
  for (const { viewonly, inverse, through } of associationsTo(mapper))
    if (!viewonly && inverse === undefined && through.mapper.isAssociation) cleared.add(through.target);
  return [...cleared.difference(kept)];
}

function byTable(left: ManyToMany, right: ManyToMany): number {
  const [a, b] = [left, right].map(
    ({ through, mapper, property }) => `${through.mapper.table.name} ${mapper.name} ${property}`,
  );
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
