import { FlushCycleError } from '../errors/flush-errors.ts';
import { lineageOf } from '../mapping/hierarchy.ts';
import type { ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { dependencyGroups, dependencyLayers } from '../util/topological.ts';
import type { FlushPlan, FlushStep, FlushWork, PlainStep, Replacements } from './flush-plan.ts';
import { cutSteps, lateLinks } from './plan-post-updates.ts';
import { earlyDeletes } from './plan-early-deletes.ts';
import { pairSteps } from './plan-pairs.ts';
import { isPostUpdate, relationshipsOver } from './resolve-links.ts';
import type { StatesByKey } from './row-dependencies.ts';
import { comingKeys, committedKeys, committedOf, orderingParents } from './row-dependencies.ts';

/**
 * Orders a flush. Pure: reads states, writes nothing.
 *
 * Tables that others point at come first for inserts and updates, last for deletes. Tables that point at each other, or at
 * themselves, are ordered row by row, in as few steps as the rows allow. Within a table updates come before inserts, so that
 * values they give up can be taken, unless they point at the new rows. Within a step inserts keep the order of `add`,
 * updates and deletes go by primary key. Rows of associations follow when both ends are there. Foreign keys with `postUpdate` order nothing: steps of their own write them at the
 * end, and cut them before the deletes. Orphans of one-to-ones make room at the very beginning.
 *
 * @throws {FlushCycleError} SESSION_FLUSH_CYCLE - rows that need each other's keys.
 */
export function planFlush(work: FlushWork): FlushPlan {
  const { replacements = new Map() } = work;
  const replaced = new Set(replacements.values());
  const plan: Planning = {
    replacements,
    inserts: work.inserts.filter((state) => !replacements.has(state)),
    updates: sortedByKey(work.updates, replacements),
    replacing: sortedByKey([...replacements.keys()], replacements),
    deletes: sortedByKey(work.deletes, replacements).filter((state) => !replaced.has(state)),
  };
  const all = [...work.inserts, ...work.updates, ...plan.deletes];
  const groups = dependencyGroups(mappersOf(all), (mapper) => targetsOf(mapper, all));
  const late = lateLinks(plan);
  const saves = groups.flatMap((group) => saveSteps(group, plan, late));
  const lateUpdates = groups.flatMap((group) => plainSteps('update', group, [...late.keys()]));
  const early = earlyDeletes(plan.deletes, [...work.inserts, ...work.updates]);
  const rest = plan.deletes.filter((state) => !early.includes(state));
  const deletes = groups.toReversed().flatMap((group) => deleteSteps(group, rest));
  const pairs = pairSteps(all, work.deletes);
  const cuts = groups.flatMap((group) => cutSteps(group, plan.deletes));
  const first = groups.flatMap((group) => plainSteps('delete', group, early));
  return { steps: [...first, ...saves, ...lateUpdates, ...pairs, ...cuts, ...deletes] };
}

/** The work, sorted, each object under one heading. */
export interface Planning {
  readonly inserts: readonly InstanceState[];
  readonly updates: readonly InstanceState[];
  /** New objects that take over a row. */
  readonly replacing: readonly InstanceState[];
  readonly deletes: readonly InstanceState[];
  readonly replacements: Replacements;
}

type LateLinks = ReadonlyMap<InstanceState, readonly ForeignKeyLink[]>;

/** In order of name, so that unrelated tables are always written in one order. */
function mappersOf(states: readonly InstanceState[]): Mapper[] {
  const mappers = new Set(states.map((state) => state.mapper));
  return [...mappers].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1));
}

function placeOf({ table, inheritance }: Mapper): string {
  return inheritance?.parent === undefined ? table.name : `${table.name} ${inheritance.identity}`;
}

/** The mappers whose tables this one's foreign keys point at. */
function targetsOf(mapper: Mapper, states: readonly InstanceState[]): Mapper[] {
  const targets = orderingTables(mapper);
  return mappersOf(states).filter((other) => isIn(other, targets));
}

/** A row is in the tables of all classes that its own extends. */
function isIn(mapper: Mapper, tables: ReadonlySet<string>): boolean {
  return lineageOf(mapper).some(({ table }) => tables.has(table.name));
}

function orderingTables(mapper: Mapper): Set<string> {
  return new Set(mapper.links.filter((link) => !isPostUpdate(link)).map((link) => link.parent.table.name));
}

function pointsInto(group: readonly Mapper[]): boolean {
  return group.some((mapper) => {
    const targets = orderingTables(mapper);
    return group.some((other) => isIn(other, targets));
  });
}

function saveSteps(group: readonly Mapper[], plan: Planning, late: LateLinks): FlushStep[] {
  const inserts = plan.inserts.filter((state) => group.includes(state.mapper));
  const updates = plan.updates.filter((state) => group.includes(state.mapper) && !late.has(state));
  const replacing = plan.replacing.filter((state) => group.includes(state.mapper));
  const newRows = comingKeys(pointsInto(group) ? inserts : []);
  const pointsAtNew = (state: InstanceState): boolean =>
    newRows.states.size > 0 && orderingParents(state, newRows).length > 0;
  return [
    ...updateSteps(
      group,
      {
        updates: updates.filter((state) => !pointsAtNew(state)),
        replacing: replacing.filter((state) => !pointsAtNew(state)),
      },
      plan,
    ),
    ...insertSteps(group, inserts, { newRows, late }),
    ...updateSteps(group, { updates: updates.filter(pointsAtNew), replacing: replacing.filter(pointsAtNew) }, plan),
  ];
}

function updateSteps(
  group: readonly Mapper[],
  rows: Pick<Planning, 'updates' | 'replacing'>,
  { replacements }: Planning,
): FlushStep[] {
  const replaces = byMapper(group, rows.replacing).map((step) => ({
    action: 'replace' as const,
    ...step,
    replacements,
  }));
  return [...replaces, ...plainSteps('update', group, rows.updates)];
}

function insertSteps(
  group: readonly Mapper[],
  states: readonly InstanceState[],
  { newRows, late }: { newRows: StatesByKey; late: LateLinks },
): FlushStep[] {
  const steps = (layer: readonly InstanceState[]): FlushStep[] =>
    byMapper(group, layer).map((step) => ({ action: 'insert', ...step, deferred: late }));
  if (!pointsInto(group)) return steps(states);
  const { layers, circle } = dependencyLayers(states, (state) => orderingParents(state, newRows));
  if (circle.length > 0) throw FlushCycleError.among('insert', circle.map(String), relationshipsIn(circle));
  return layers.flatMap(steps);
}

function deleteSteps(group: readonly Mapper[], deletes: readonly InstanceState[]): FlushStep[] {
  const states = deletes.filter((state) => group.includes(state.mapper));
  if (!pointsInto(group)) return plainSteps('delete', group, states);
  const rows = committedKeys(states);
  const children = new Map<InstanceState, InstanceState[]>(states.map((state) => [state, []]));
  for (const state of states)
    for (const parent of orderingParents(state, rows, committedOf)) children.get(parent)?.push(state);
  const { layers, circle } = dependencyLayers(states, (state) => children.get(state) ?? []);
  if (circle.length > 0) throw FlushCycleError.among('delete', circle.map(String), relationshipsIn(circle));
  return layers.flatMap((layer) => plainSteps('delete', group, layer));
}

/** The relationships over foreign keys among these objects' classes that may be null, for the cure of a circle. */
function relationshipsIn(circle: readonly InstanceState[]): string[] {
  const mappers = mappersOf(circle);
  const links = mappers.flatMap((mapper) =>
    mapper.links.filter((link) => link.isNullable && mappers.includes(link.parent)),
  );
  return links
    .flatMap((link) => relationshipsOver(link).slice(0, 1))
    .map(({ mapper, property }) => `${mapper.name}.${property}`);
}

function plainSteps(
  action: PlainStep['action'],
  group: readonly Mapper[],
  states: readonly InstanceState[],
): PlainStep[] {
  return byMapper(group, states).map((step) => ({ action, ...step }));
}

function byMapper(group: readonly Mapper[], states: readonly InstanceState[]): Pick<PlainStep, 'mapper' | 'states'>[] {
  return group
    .map((mapper) => ({ mapper, states: states.filter((state) => state.mapper === mapper) }))
    .filter((step) => step.states.length > 0);
}

function sortedByKey(states: readonly InstanceState[], replacements: Replacements): InstanceState[] {
  const rowOf = (state: InstanceState): InstanceState => replacements.get(state) ?? state;
  return [...states].sort((left, right) => byPrimaryKey(rowOf(left), rowOf(right)));
}

function byPrimaryKey(left: InstanceState, right: InstanceState): number {
  for (const column of left.mapper.primaryKey) {
    const order = compare(committedOf(left, column), committedOf(right, column));
    if (order !== 0) return order;
  }
  return left.serial - right.serial;
}

function compare(left: unknown, right: unknown): number {
  const a = left instanceof Date ? left.getTime() : left;
  const b = right instanceof Date ? right.getTime() : right;
  if (typeof a !== typeof b || a === b) return 0;
  return (a as number) < (b as number) ? -1 : 1;
}
