import { defaultSelection } from '../loading/column-selection.ts';
import { loadByKeys } from '../loading/load-objects.ts';
import { loadPaths } from '../loading/load-paths.ts';
import { loadRelated } from '../loading/load-related.ts';
import type { LoadTree } from '../loading/query-spec.ts';
import type { ManyToOne, Mapper, Relationship } from '../mapping/mapper.ts';
import { constructBare } from '../state/entity-class.ts';
import { requireState } from '../state/entity.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { loadedMembers, reconcileTouched, setLoaded } from '../state/related.ts';
import { writeRelated } from '../state/related-access.ts';
import { vanish } from './find-by-key.ts';
import {
  byMapper,
  copyColumns,
  givenDeferred,
  givenRelated,
  keyOfSource,
  mergeGraph,
  requireVersion,
} from './merge-source.ts';
import { isHere } from './merge-unloaded.ts';
import type { SessionCore } from './session-core.ts';

/** How `merge` reads. */
export interface MergeOptions<P extends string = never> {
  /** False: take objects as they are, without SQL and as if they had just been read. Default: true. */
  readonly load?: boolean;
  /** Relationships of the result to load along. */
  readonly with?: readonly P[];
  /** Read rows even if this transaction has seen them, and throw edits of the session's objects away. */
  readonly populateExisting?: boolean;
}

interface Link {
  readonly source: InstanceState;
  readonly relationship: Relationship;
  readonly related: readonly InstanceState[];
}

/**
 * Copies what objects from elsewhere say onto the session's own objects for the same rows, which are read or made as needed,
 * and goes on through `merge` cascades.
 *
 * Works level by level from the roots: one SELECT for the rows of each model in a level, one for each collection that is
 * to be replaced. Pending changes are flushed first if anything may have to be read.
 */
export async function merge(
  core: SessionCore,
  sources: readonly InstanceState[],
  { paths, populateExisting }: { readonly paths: LoadTree; readonly populateExisting: boolean },
): Promise<InstanceState[]> {
  reconcileTouched();
  const reached = mergeGraph(sources, (state) => isHere(core, state));
  if (reached.some((state) => !isHere(core, state) && keyOfSource(state) !== undefined)) await core.autoflush();
  const work = new Merge(core, populateExisting);
  await work.run(sources);
  const targets = sources.map((source) => work.targetOf(source));
  for (const group of byMapper(targets).values()) await loadPaths(core, group, paths);
  return targets;
}

/** One merge on its way through the graph. */
class Merge {
  readonly #core: SessionCore;
  readonly #populateExisting: boolean;
  /** Given object → the session's. */
  readonly #targets = new Map<InstanceState, InstanceState>();
  /** What this merge made or found, so that a key leads to one object however often it is named. */
  readonly #byKey = new Map<Mapper, Map<unknown, InstanceState>>();
  readonly #links: Link[] = [];
  /** Given object → the relationships that led to it. */
  readonly #arrivals = new Map<InstanceState, Set<Relationship>>();

  constructor(core: SessionCore, populateExisting: boolean) {
    this.#core = core;
    this.#populateExisting = populateExisting;
  }

  targetOf(source: InstanceState): InstanceState {
    return this.#targets.get(source) ?? source;
  }

  async run(sources: readonly InstanceState[]): Promise<void> {
    let level: readonly InstanceState[] = [...new Set(sources)];
    while (level.length > 0) {
      const arriving = level.filter((source) => !isHere(this.#core, source));
      for (const [mapper, group] of byMapper(arriving)) await this.#read(mapper, group);
      for (const source of arriving) this.#targets.set(source, this.#take(source));
      level = await this.#follow(arriving);
    }
    for (const link of this.#links) this.#link(link);
  }

  /** Reads the rows that the session does not know well enough: one SELECT for each 500. */
  async #read(mapper: Mapper, sources: readonly InstanceState[]): Promise<void> {
    const wanted = new Map<unknown, readonly unknown[]>();
    for (const source of sources) {
      const values = keyOfSource(source);
      if (values !== undefined && !this.#isKnown(mapper, keyOfValues(values))) wanted.set(keyOfValues(values), values);
    }
    if (wanted.size === 0) return;
    const core = this.#core;
    const found = new Set(
      await loadByKeys(core, {
        mapper,
        columns: mapper.primaryKey,
        keys: [...wanted.values()],
        overwrite: this.#populateExisting,
        selection: defaultSelection(mapper, givenDeferred(mapper, sources)),
      }),
    );
    for (const key of wanted.keys()) {
      const state = core.identity.get(mapper, key);
      if (state === undefined) continue;
      if (found.has(state)) this.#known(mapper).set(key, state);
      else vanish(core, state);
    }
  }

  #isKnown(mapper: Mapper, key: unknown): boolean {
    if (this.#known(mapper).has(key)) return true;
    const state = this.#core.identity.get(mapper, key);
    return (
      state !== undefined &&
      state.seenIn === this.#core.transaction &&
      state.absentCount === 0 &&
      !this.#populateExisting
    );
  }

  #known(mapper: Mapper): Map<unknown, InstanceState> {
    let known = this.#byKey.get(mapper);
    if (known === undefined) this.#byKey.set(mapper, (known = new Map()));
    return known;
  }

  /** The session's object for a given one, with the columns copied. */
  #take(source: InstanceState): InstanceState {
    const { mapper } = source;
    const values = keyOfSource(source);
    const key = values === undefined ? undefined : keyOfValues(values);
    const known =
      key === undefined ? undefined : (this.#known(mapper).get(key) ?? this.#core.identity.get(mapper, key));
    const target = known ?? this.#make(mapper);
    if (key !== undefined) this.#known(mapper).set(key, target);
    requireVersion(source, target);
    copyColumns(source, target);
    return target;
  }

  #make(mapper: Mapper): InstanceState {
    const state = requireState(constructBare(mapper.model));
    state.isBorn = true;
    this.#core.objects.add(state);
    return state;
  }

  /** Notes what is to be linked, loads the collections that will be replaced, and gives the objects of the next level. */
  async #follow(sources: readonly InstanceState[]): Promise<InstanceState[]> {
    const next = new Set<InstanceState>();
    for (const [mapper, group] of byMapper(sources)) {
      for (const relationship of mapper.relationships) {
        const links = group.flatMap((source) => {
          const related = this.#cameBack(source, relationship) ? undefined : givenRelated(source, relationship);
          return related === undefined ? [] : [{ source, relationship, related }];
        });
        if (relationship.direction !== 'many-to-one') await this.#loadCollections(relationship, links);
        this.#links.push(...links);
        for (const { related } of links)
          for (const state of related) if (this.#arrive(state, relationship)) next.add(state);
      }
    }
    return [...next];
  }

  /** Returns whether the object is yet to be merged. */
  #arrive(state: InstanceState, relationship: Relationship): boolean {
    if (this.#targets.has(state)) return false;
    const arrivals = this.#arrivals.get(state);
    if (arrivals === undefined) this.#arrivals.set(state, new Set([relationship]));
    else arrivals.add(relationship);
    return true;
  }

  /** Setting one side sets the other; the other side of a given object may hold only what led to it. */
  #cameBack(source: InstanceState, { inverse }: Relationship): boolean {
    return inverse !== undefined && this.#arrivals.get(source)?.has(inverse) === true;
  }

  async #loadCollections(relationship: Relationship, links: readonly Link[]): Promise<void> {
    const owners = links.map(({ source }) => this.targetOf(source)).filter((target) => target.key !== undefined);
    await loadRelated(this.#core, [...new Set(owners)], relationship);
  }

  #link({ source, relationship, related }: Link): void {
    const target = this.targetOf(source);
    const values = related.map((state) => this.targetOf(state));
    if (relationship.direction === 'many-to-one') this.#linkParent(target, relationship, values[0]);
    else if (relationship.isCollection) linkChildren(target, relationship, values);
    else writeRelated(target, relationship, values[0]?.entity ?? null);
  }

  /** The parent that the row names already is no change. */
  #linkParent(child: InstanceState, relationship: ManyToOne, parent: InstanceState | undefined): void {
    const value = parent?.entity ?? null;
    if (!namesParent(child, relationship, parent)) return writeRelated(child, relationship, value);
    if (child.slot(relationship)?.value === value) return;
    setLoaded(child, relationship, value);
    const slot = child.slot(relationship);
    if (slot !== undefined) slot.seenIn = this.#core.transaction;
  }
}

function linkChildren(parent: InstanceState, relationship: Relationship, children: readonly InstanceState[]): void {
  const members = [...new Set(children.map((child) => child.entity))];
  const before = loadedMembers(parent, relationship) ?? [];
  if (members.length === before.length && members.every((member) => before.includes(member))) return;
  writeRelated(parent, relationship, members);
}

function namesParent(child: InstanceState, { link }: ManyToOne, parent: InstanceState | undefined): boolean {
  const { committed } = child;
  if (committed === undefined || child.links?.has(link) === true) return false;
  return link.childColumns.every((column, at) => {
    const source = link.parentColumns[at];
    return column.equals(
      committed[column.index],
      parent === undefined || source === undefined ? null : (parent.committed?.[source.index] ?? undefined),
    );
  });
}
