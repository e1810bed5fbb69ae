import { ObjectDeletedError, ObjectStateError } from '../errors/session-errors.ts';
import { eagerSpec, withEager } from '../loading/eager.ts';
import { loadByKeys } from '../loading/load-objects.ts';
import { loadPaths } from '../loading/load-paths.ts';
import type { LoadTree, RowLock } from '../loading/query-spec.ts';
import { NO_PATHS } from '../loading/query-spec.ts';
import { isAbsent, readAbsent, readColumns } from '../loading/read-columns.ts';
import type { ColumnProperty, Relationship } from '../mapping/mapper.ts';
import { valuesAt } from '../state/identity-key.ts';
import { expireAll, expireAttributes } from '../state/expiry.ts';
import { attributesOf } from '../state/inspect.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { hasChangedColumns, valueOf } from '../state/row-comparer.ts';
import { dropOrphans, refreshReach, requirePersistent } from './expire.ts';
import { byMapper } from './merge-source.ts';
import { toLoadTree } from './related-query.ts';
import type { SessionCore } from './session-core.ts';

/**
 * Reads objects' rows again, with what the `refresh-expire` cascade reaches from them; edits and loaded relationships are
 * forgotten, deferred columns stay away. One SELECT for each model and 500 objects.
 */
export async function refreshRows(core: SessionCore, states: readonly InstanceState[], lock?: RowLock): Promise<void> {
  for (const state of states) requirePersistent(core, state, 'refresh');
  await core.autoflush();
  for (const state of states) requirePersistent(core, state, 'refresh');
  const reached = [...new Set([...states, ...states.flatMap((state) => refreshReach(core, state))])];
  dropOrphans(core, reached);
  const asked = new Set(states);
  const groups = byMapper(reached.filter((state) => state.lifecycle === 'persistent'));
  for (const group of groups.values()) {
    const found = await readRows(core, group, lock);
    for (const state of group) {
      if (found.has(state)) continue;
      if (asked.has(state)) throw ObjectDeletedError.of(String(state));
      expireAll(state);
    }
  }
  // Last: to read an object again is to forget its relationships. Edits of objects that the cascade does not reach stay.
  for (const [mapper, group] of groups)
    await loadPaths(
      core,
      group.filter((state) => state.lifecycle === 'persistent'),
      withEager(mapper, NO_PATHS),
    );
}

/** Reads some attributes again; edits of them are lost, others stay. One SELECT for the columns, one for each relationship. */
export async function refreshAttributes(
  core: SessionCore,
  state: InstanceState,
  { names, lock }: { readonly names: readonly string[]; readonly lock: RowLock | undefined },
): Promise<void> {
  requirePersistent(core, state, 'refresh');
  const attributes = names.flatMap((name) => attributesOf(state, name));
  await core.autoflush();
  requirePersistent(core, state, 'refresh');
  const { columns, relationships } = sorted(attributes);
  refusePendingKey(state, columns);
  if (columns.size > 0 || lock !== undefined) {
    const found = await readColumns(core, [state], { columns, lock });
    if (!found.has(state)) throw ObjectDeletedError.of(String(state));
  }
  expireAttributes(state, relationships);
  await loadPaths(core, [state], treeOf(relationships));
}

/** Loads what is not there: the named attributes, or all expired columns. What is loaded or was set stays. */
export async function loadAttributes(
  core: SessionCore,
  states: readonly InstanceState[],
  names: readonly string[],
): Promise<void> {
  for (const state of states) requirePersistent(core, state, 'load');
  for (const group of byMapper(states).values()) {
    const [first] = group;
    if (first === undefined) continue;
    const dotted = names.filter((name) => name.includes('.'));
    const plain = names.filter((name) => !name.includes('.')).flatMap((name) => attributesOf(first, name));
    const { columns, relationships } = sorted(plain);
    const paths = toLoadTree(first.mapper, treeOf(relationships), dotted);
    const lacking = group.filter((state) => lacksColumns(state, names.length === 0 ? undefined : columns));
    if (lacking.length + paths.size > 0) await core.autoflush();
    await fill(core, lacking, columns);
    await loadPaths(core, group, paths);
  }
}

/** Relationships as they are read by themselves. */
function treeOf(relationships: readonly Relationship[]): LoadTree {
  return new Map(relationships.map((relationship) => [relationship.property, eagerSpec(relationship)]));
}

async function fill(
  core: SessionCore,
  lacking: readonly InstanceState[],
  columns: ReadonlySet<ColumnProperty>,
): Promise<void> {
  const found = await readAbsent(core, lacking, columns);
  for (const state of lacking) if (!found.has(state)) throw ObjectDeletedError.of(String(state));
}

function lacksColumns(state: InstanceState, columns: ReadonlySet<ColumnProperty> | undefined): boolean {
  const wanted = columns ?? state.mapper.columns.filter((column) => !column.isDeferred);
  return [...wanted].some((column) => isAbsent(state, column));
}

async function readRows(
  core: SessionCore,
  group: readonly InstanceState[],
  lock?: RowLock,
): Promise<Set<InstanceState>> {
  const [first] = group;
  if (first === undefined) return new Set();
  const { mapper } = first;
  const keys = group.map((state) => valuesAt(mapper.primaryKey, state.committed ?? []));
  return new Set(await loadByKeys(core, { mapper, columns: mapper.primaryKey, keys, lock, overwrite: true }));
}

function sorted(attributes: readonly (ColumnProperty | Relationship)[]): {
  columns: Set<ColumnProperty>;
  relationships: Relationship[];
} {
  return {
    columns: new Set(attributes.filter((attribute) => attribute.kind === 'column')),
    relationships: attributes.filter((attribute) => attribute.kind === 'relationship'),
  };
}

function refusePendingKey(state: InstanceState, columns: ReadonlySet<ColumnProperty>): void {
  if (!hasChangedColumns(state)) return;
  const changed = state.mapper.primaryKey.filter(
    (column) => !columns.has(column) && !column.equals(valueOf(state, column), state.committed?.[column.index]),
  );
  if (changed.length === 0) return;
  throw ObjectStateError.pendingKey(
    String(state),
    changed.map((column) => column.property),
  );
}
