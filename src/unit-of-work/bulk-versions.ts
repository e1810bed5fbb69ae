import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';

/**
 * How rows that nobody read come to their next version: `count`, SQL adds one; `fresh`, one made from nothing will do, as a
 * UUID or a time does; `unknown`, it would have to be made from the version before; `none`, nothing is to be done.
 */
export type VersionStep = 'none' | 'count' | 'fresh' | 'unknown';

/** @param written - the columns that the rows are about to be written in. */
export function versionStep({ version }: Mapper, written: readonly ColumnProperty[]): VersionStep {
  if (version?.nextVersion === undefined || written.length === 0 || written.includes(version)) return 'none';
  if (version.countsVersions) return 'count';
  return NUMBERS.has(version.type.name) ? 'unknown' : 'fresh';
}

const NUMBERS = new Set(['integer', 'bigint', 'numeric', 'real', 'double']);
