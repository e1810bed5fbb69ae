import { removeColumn } from '../state/embedded-value.ts';
import { MergeError } from '../errors/session-errors.ts';
import type { Relationship } from '../mapping/mapper.ts';
import { countAbsent } from '../state/absent.ts';
import { constructBare } from '../state/entity-class.ts';
import { requireState } from '../state/entity.ts';
import { isModified } from '../state/inspect.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { reconcileTouched, setLoaded } from '../state/related.ts';
import { assignColumn } from '../state/row-comparer.ts';
import { givenRelated, mergeGraph } from './merge-source.ts';
import type { SessionCore } from './session-core.ts';

/** Whether an object is in the session already, to stay: merging it gives it back. */
export function isHere(core: SessionCore, state: InstanceState): boolean {
  return state.owner === core && state.lifecycle !== 'deleted' && !core.objects.deleted.has(state);
}

/**
 * Takes objects, such as those of a cache, for rows that have just been read: no SQL, nothing to flush afterwards.
 *
 * @throws {MergeError} SESSION_MERGE_WITHOUT_LOAD - one of them has no row, or changes; then nothing is taken.
 */
export function mergeUnloaded(core: SessionCore, roots: readonly InstanceState[]): InstanceState[] {
  reconcileTouched();
  const sources = mergeGraph(roots, (state) => isHere(core, state)).filter((state) => !isHere(core, state));
  for (const source of sources) requireClean(source);
  if (!core.settings.autocommit) core.transactions.ensureLevel();
  const targets = new Map(sources.map((source) => [source, take(core, source)]));
  const targetOf = (state: InstanceState): InstanceState => targets.get(state) ?? state;
  for (const source of sources) {
    for (const relationship of source.mapper.relationships) {
      const related = givenRelated(source, relationship);
      if (related !== undefined) settleRelated(core, targetOf(source), relationship, related.map(targetOf));
    }
  }
  return roots.map(targetOf);
}

function requireClean(source: InstanceState): void {
  if (source.committed === undefined) throw MergeError.transient(String(source));
  if (isModified(source)) throw MergeError.dirty(String(source));
}

/** The session's object, which thereby shows what the given one does. */
function take(core: SessionCore, source: InstanceState): InstanceState {
  const { mapper, key } = source;
  const target = core.identity.get(mapper, key) ?? make(core, source);
  const committed = (target.committed ?? []).slice();
  for (const column of mapper.columns) {
    const value = source.committed?.[column.index];
    if (value === ABSENT) continue;
    committed[column.index] = value;
    assignColumn(target, column, column.copy(value));
  }
  target.committed = committed;
  target.absentCount = countAbsent(mapper, committed);
  target.seenIn = core.transaction;
  return target;
}

function make(core: SessionCore, source: InstanceState): InstanceState {
  const { mapper, key } = source;
  const state = requireState(constructBare(mapper.model));
  state.key = key;
  state.committed = mapper.columns.map(() => ABSENT);
  state.owner = core;
  state.moveTo('persistent');
  core.identity.set(state);
  core.noteLoaded?.(state);
  for (const column of mapper.columns)
    if (source.committed?.[column.index] === ABSENT) removeColumn(state.entity, column);
  return state;
}

function settleRelated(
  core: SessionCore,
  target: InstanceState,
  relationship: Relationship,
  related: readonly InstanceState[],
): void {
  const entities = related.map((state) => state.entity);
  settle(core, target, relationship, relationship.isCollection ? entities : (entities[0] ?? null));
  if (relationship.direction !== 'one-to-many' || relationship.inverse === undefined) return;
  const { inverse } = relationship;
  for (const child of related) if (child.slot(inverse) === undefined) settle(core, child, inverse, target.entity);
}

function settle(
  core: SessionCore,
  state: InstanceState,
  relationship: Relationship,
  value: object | null | object[],
): void {
  if (relationship.direction !== 'many-to-many') state.links?.delete(relationship.link);
  setLoaded(state, relationship, value);
  const slot = state.slot(relationship);
  if (slot !== undefined) slot.seenIn = core.transaction;
}
