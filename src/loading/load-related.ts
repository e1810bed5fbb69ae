import type { ColumnProperty, ManyToOne, OneToMany, Relationship } from '../mapping/mapper.ts';
import { keyOfValues } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { loadedMembers, setLoaded } from '../state/related.ts';
import { Collection } from '../state/collection.ts';
import { stateOf } from '../state/entity.ts';
import { valueOf } from '../state/row-comparer.ts';
import type { Overwritten } from './hydrate.ts';
import type { LoadContext } from './load-context.ts';
import { loadByKeys } from './load-objects.ts';
import type { LoadTree } from './query-spec.ts';
import { isAbsent, readAbsent } from './read-columns.ts';

/**
 * Loads every relationship of `paths` for all objects at once: one statement per relationship and 500 keys.
 *
 * @param overwritten - given: also throw away edits of the objects that it leads to, except of those in it.
 */
export async function loadPaths(
  context: LoadContext,
  states: readonly InstanceState[],
  paths: LoadTree,
  overwritten?: Overwritten,
): Promise<void> {
  const mapper = states[0]?.mapper;
  if (mapper === undefined) return;
  for (const [property, { paths: nested }] of paths) {
    const relationship = mapper.attributes.get(property);
    if (relationship?.kind !== 'relationship') continue;
    await loadRelated(context, states, relationship, overwritten);
    for (const state of states) state.ask(relationship);
    if (nested.size > 0) await loadPaths(context, relatedStates(states, relationship), nested, overwritten);
  }
}

/**
 * Loads one relationship for every object that does not have it from this transaction. Changed ones are left alone, and
 * so are objects whose rows turn out to be gone.
 */
export async function loadRelated(
  context: LoadContext,
  states: readonly InstanceState[],
  relationship: Relationship,
  overwritten?: Overwritten,
): Promise<void> {
  const wanting = states.filter((state) => wants(context, state, relationship));
  if (wanting.length === 0) return;
  const ready = await withColumns(context, wanting, ownColumns(relationship));
  if (relationship.direction === 'many-to-one') await loadParents({ context, relationship, overwritten }, ready);
  else if (relationship.direction === 'one-to-many') await loadChildren({ context, relationship, overwritten }, ready);
}

/** The columns of the class itself by which its related objects are found. */
function ownColumns(relationship: Relationship): readonly ColumnProperty[] {
  if (relationship.direction === 'many-to-many') return relationship.through.source.parentColumns;
  return relationship.direction === 'many-to-one' ? relationship.link.childColumns : relationship.link.parentColumns;
}

interface RelatedLoad<R extends Relationship> {
  readonly context: LoadContext;
  readonly relationship: R;
  readonly overwritten: Overwritten | undefined;
}

/** Reads columns that have expired or are deferred; leaves out objects without a row. */
async function withColumns(
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

function wants(context: LoadContext, state: InstanceState, relationship: Relationship): boolean {
  const slot = state.slot(relationship);
  if (slot === undefined) return relationship.direction === 'many-to-one' || state.key !== undefined;
  return slot.seenIn !== context.transaction && !isChanged(state, relationship) && state.key !== undefined;
}

/** A relationship that the program changed is the program's until the next flush. */
function isChanged(state: InstanceState, relationship: Relationship): boolean {
  if (relationship.direction === 'many-to-one') return state.links?.has(relationship.link) ?? false;
  const value = state.slot(relationship)?.value;
  return value instanceof Collection && value.isChanged;
}

async function loadParents(load: RelatedLoad<ManyToOne>, children: readonly InstanceState[]): Promise<void> {
  const { context, relationship, overwritten } = load;
  const { childColumns, parentColumns } = relationship.link;
  const byKey = groupByKey(children, childColumns);
  const missing: (readonly unknown[])[] = [];
  for (const [key, group] of byKey) {
    const known = knownParent(load, key);
    if (known === undefined) missing.push(group.values);
    else for (const child of group.states) settle(context, child, relationship, known.entity);
  }
  if (missing.length > 0) {
    const parents = await loadByKeys(context, {
      mapper: relationship.target,
      columns: parentColumns,
      keys: missing,
      overwritten,
    });
    for (const parent of parents) {
      const group = byKey.get(committedKeyOf(parent, parentColumns));
      for (const child of group?.states ?? []) settle(context, child, relationship, parent.entity);
    }
  }
  for (const child of children) if (wants(context, child, relationship)) settle(context, child, relationship, null);
}

async function loadChildren(load: RelatedLoad<OneToMany>, parents: readonly InstanceState[]): Promise<void> {
  const { context, relationship, overwritten } = load;
  const { childColumns, parentColumns } = relationship.link;
  const byKey = new Map<unknown, InstanceState>();
  for (const parent of parents) byKey.set(committedKeyOf(parent, parentColumns), parent);
  byKey.delete(undefined);
  const keys = [...byKey.values()].map((parent) => parentColumns.map((column) => parent.committed?.[column.index]));
  const children = await loadByKeys(context, { mapper: relationship.target, columns: childColumns, keys, overwritten });
  const members = new Map<unknown, InstanceState[]>();
  for (const child of children) {
    const key = committedKeyOf(child, childColumns);
    const list = members.get(key);
    if (list === undefined) members.set(key, [child]);
    else list.push(child);
  }
  for (const [key, parent] of byKey) adopt(context, parent, relationship, members.get(key) ?? []);
  applyUnflushed(context, relationship, byKey);
}

/** Gives a parent its members, and the members their parent where they do not know one. */
function adopt(
  context: LoadContext,
  parent: InstanceState,
  relationship: Relationship,
  members: readonly InstanceState[],
): void {
  settle(
    context,
    parent,
    relationship,
    members.map(({ entity }) => entity),
  );
  const { inverse } = relationship;
  if (inverse === undefined) return;
  for (const child of members) if (wants(context, child, inverse)) settle(context, child, inverse, parent.entity);
}

/** What the program has linked otherwise and not flushed counts more than the rows. */
function applyUnflushed(
  context: LoadContext,
  relationship: OneToMany,
  byKey: ReadonlyMap<unknown, InstanceState>,
): void {
  const { link, target } = relationship;
  const parents = new Set(byKey.values());
  // A changed link makes its object held strongly.
  for (const child of [...context.identity.of(target).held.values(), ...context.added]) {
    if (child.links === undefined) continue;
    const parent = child.links.get(link);
    if (parent === undefined) continue;
    const before = byKey.get(committedKeyOf(child, link.childColumns));
    if (before !== parent) noteMove(before, relationship, (collection) => collection.exclude(child.entity));
    if (parent !== null && parents.has(parent))
      noteMove(parent, relationship, (collection) => collection.include(child.entity));
  }
}

function noteMove(
  parent: InstanceState | undefined,
  relationship: Relationship,
  move: (collection: Collection) => boolean,
): void {
  const collection = parent?.slot(relationship)?.value;
  if (collection instanceof Collection && move(collection)) collection.isChanged = true;
}

function settle(
  context: LoadContext,
  state: InstanceState,
  relationship: Relationship,
  value: object | null | object[],
): void {
  setLoaded(state, relationship, value);
  const slot = state.slot(relationship);
  if (slot !== undefined) slot.seenIn = context.transaction;
}

function knownParent(
  { context, relationship, overwritten }: RelatedLoad<ManyToOne>,
  key: unknown,
): InstanceState | undefined {
  const { target, link } = relationship;
  const isPrimary =
    link.parentColumns.length === target.primaryKey.length &&
    link.parentColumns.every((column, at) => column === target.primaryKey[at]);
  const known = isPrimary ? context.identity.get(target, key) : undefined;
  if (known?.seenIn !== context.transaction || known.absentCount > 0) return undefined;
  return overwritten?.has(known) === false ? undefined : known;
}

interface KeyGroup {
  readonly values: readonly unknown[];
  readonly states: InstanceState[];
}

/** Objects by the values of `columns`; those with a null among them are left out. */
function groupByKey(states: readonly InstanceState[], columns: readonly ColumnProperty[]): Map<unknown, KeyGroup> {
  const groups = new Map<unknown, KeyGroup>();
  for (const state of states) {
    const key = keyOf(state, columns);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { values: valuesOf(state, columns), states: [state] });
    else group.states.push(state);
  }
  return groups;
}

function keyOf(state: InstanceState, columns: readonly ColumnProperty[]): unknown {
  return keyOfValues(valuesOf(state, columns));
}

/** The key that the database knows, whatever the program has done to the object since. */
function committedKeyOf(state: InstanceState, columns: readonly ColumnProperty[]): unknown {
  return keyOfValues(columns.map((column) => state.committed?.[column.index]));
}

/** The object's present values, or the committed ones of columns that it does not show. */
function valuesOf(state: InstanceState, columns: readonly ColumnProperty[]): unknown[] {
  return columns.map((column) => {
    if (Object.hasOwn(state.entity, column.property)) return valueOf(state, column);
    const committed = state.committed?.[column.index];
    return committed === ABSENT ? null : committed;
  });
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
