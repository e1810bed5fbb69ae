import { NotLoadedError } from '../errors/state-errors.ts';
import { nameOf } from '../state/collection.ts';
import type { ColumnProperty, ManyToMany, ManyToOne, OneToMany, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { loadAssociated } from './load-associated.ts';
import { withColumns } from './column-selection.ts';
import type { Overwritten } from './hydrate.ts';
import { nearColumns } from './levels.ts';
import type { LoadContext } from './load-context.ts';
import { evaluatorOf } from './evaluate.ts';
import type { KeyedLoad } from './load-objects.ts';
import { loadByKeys } from './load-objects.ts';
import type { RelatedSpec } from './query-spec.ts';
import { WHOLE } from './query-spec.ts';
import { isAbsent, readAbsent } from './read-columns.ts';
import { attachChildren, attachMembers, attachNothing, attachParents } from './attach-related.ts';
import { relatedOrder } from './related-order.ts';
import { byCommittedKey, committedKeys, groupByKey } from './related-keys.ts';
import { partOf } from './related-part.ts';
import { filteredRelated } from './row-filters.ts';
import type { RelatedLoad } from './settle-related.ts';
import { settle, wants } from './settle-related.ts';

export interface RelatedLoadOptions {
  /** Which of the related objects, and how. Default: all. */
  readonly spec?: RelatedSpec;
  /** Given: also throw away edits of the objects that it leads to, except of those in it. */
  readonly overwritten?: Overwritten | undefined;
  /** Also what global filters hide. */
  readonly isUnfiltered?: boolean;
}

/**
 * Loads one relationship for every object that does not have it from this transaction: one statement for each 500 keys.
 * Changed ones are left alone, and so are objects whose rows turn out to be gone.
 */
export async function loadRelated(
  context: LoadContext,
  states: readonly InstanceState[],
  relationship: Relationship,
  options: RelatedLoadOptions = {},
): Promise<void> {
  if (relationship.lazy === 'writeonly') throw NotLoadedError.writeOnly(nameOf(relationship), relationship.property);
  const load = relatedLoad(context, relationship, options);
  const wanting = states.filter((state) => wants(load, state));
  if (wanting.length === 0) return;
  const ready = await withKeys(context, wanting, nearColumns(relationship));
  if (relationship.direction === 'many-to-one') await loadParents({ ...load, relationship }, ready);
  else if (relationship.direction === 'one-to-many') await loadChildren({ ...load, relationship }, ready);
  else await loadMembers({ ...load, relationship }, ready);
}

/** Which part of a relationship is to be loaded, as far as global filters let it through. */
export function relatedLoad<R extends Relationship>(
  context: LoadContext,
  relationship: R,
  { spec: given = WHOLE, overwritten, isUnfiltered = false }: RelatedLoadOptions,
): RelatedLoad<R> {
  const spec = isUnfiltered ? given : filteredRelated(context.filters, relationship.target, given);
  return { context, relationship, spec, overwritten, ...partOf(context.dialect, relationship.target, spec) };
}

/** Reads keys that have expired or are deferred; leaves out objects without a row. */
export async function withKeys(
  context: LoadContext,
  states: readonly InstanceState[],
  columns: readonly ColumnProperty[],
): Promise<readonly InstanceState[]> {
  const lacks = (state: InstanceState): boolean => columns.some((column) => isAbsent(state, column));
  const lacking = states.filter(lacks);
  if (lacking.length === 0) return states;
  await readAbsent(context, lacking, new Set(columns));
  return states.filter((state) => !lacks(state));
}

async function loadParents(load: RelatedLoad<ManyToOne>, children: readonly InstanceState[]): Promise<void> {
  const { childColumns, parentColumns } = load.relationship.link;
  const missing: (readonly unknown[])[] = [];
  const findKnown = knownParents(load);
  for (const [key, group] of groupByKey(children, childColumns)) {
    const known = findKnown(key);
    if (known === undefined) missing.push(group.values);
    else for (const child of group.states) settle(load, child, known.entity);
  }
  if (missing.length > 0) {
    const parents = await loadByKeys(load.context, keyedLoad(load, parentColumns, missing));
    attachParents(load, children, parents);
  }
  attachNothing(load, children);
}

async function loadChildren(load: RelatedLoad<OneToMany>, parents: readonly InstanceState[]): Promise<void> {
  const { childColumns, parentColumns } = load.relationship.link;
  const byKey = byCommittedKey(parents, parentColumns);
  const keys = committedKeys(byKey.values(), parentColumns);
  const children = await loadByKeys(load.context, keyedLoad(load, childColumns, keys));
  attachChildren(load, byKey, children);
}

async function loadMembers(load: RelatedLoad<ManyToMany>, sources: readonly InstanceState[]): Promise<void> {
  const { parentColumns } = load.relationship.through.source;
  const byKey = byCommittedKey(sources, parentColumns);
  attachMembers(load, byKey, await loadAssociated(load, committedKeys(byKey.values(), parentColumns)));
}

function keyedLoad(
  { relationship, spec, overwritten }: RelatedLoad,
  columns: readonly ColumnProperty[],
  keys: readonly (readonly unknown[])[],
): KeyedLoad {
  const { target } = relationship;
  const selection = withColumns(target, spec.selection, columns);
  const part = { ...spec, orderings: relatedOrder(relationship, spec) };
  return { mapper: target, columns, keys, selection, overwritten, part };
}

/** Finds parents by key, where memory can tell that they are what is asked for. */
function knownParents({ context, relationship, overwritten, part, spec }: RelatedLoad<ManyToOne>): FindKnown {
  const { target, link } = relationship;
  const isPrimary =
    link.parentColumns.length === target.primaryKey.length &&
    link.parentColumns.every((column, at) => column === target.primaryKey[at]);
  const isMet = part === undefined ? () => true : evaluatorOf(target, spec.conditions);
  if (!isPrimary || isMet === undefined) return () => undefined;
  return (key) => {
    const known = context.identity.get(target, key);
    if (known?.seenIn !== context.transaction || known.absentCount > 0) return undefined;
    return overwritten?.has(known) === false || isMet(known.committed ?? []) !== true ? undefined : known;
  };
}

type FindKnown = (key: unknown) => InstanceState | undefined;
