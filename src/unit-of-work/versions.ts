import { NullVersionError } from '../errors/flush-errors.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { ABSENT } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';

/** What tells one version of one row: the primary key and the version column. */
export function matchColumns(mapper: Mapper): readonly ColumnProperty[] {
  return mapper.version === undefined ? mapper.primaryKey : [...mapper.primaryKey, mapper.version];
}

/** Gives a new row its first version, where the program gave none. */
export function startVersion(state: InstanceState): void {
  const { version } = state.mapper;
  if (version === undefined || version.isServerGenerated) return;
  if (valueOf(state, version) === null && version.nextVersion !== undefined)
    assignColumn(state, version, version.nextVersion(null));
  requireVersion(state, valueOf(state, version));
}

/**
 * Sets the next version of a row that is about to change; one that the program set stands.
 *
 * @returns whether a version was set that the program had not set.
 */
export function bumpVersion(state: InstanceState, changed: readonly ColumnProperty[]): boolean {
  const { version } = state.mapper;
  if (version === undefined) return false;
  const committed = state.committed?.[version.index];
  requireVersion(state, committed);
  if (changed.includes(version)) requireVersion(state, valueOf(state, version));
  if (changed.includes(version) || version.nextVersion === undefined) return false;
  const next = version.nextVersion(committed);
  requireVersion(state, next);
  assignColumn(state, version, next);
  return true;
}

/** @throws {NullVersionError} SESSION_NULL_VERSION - nothing to tell the row's versions by. */
export function requireVersion(state: InstanceState, value: unknown): void {
  const { version } = state.mapper;
  if (version === undefined) return;
  if (value === null || value === undefined || value === ABSENT)
    throw NullVersionError.of(String(state), version.property);
}
