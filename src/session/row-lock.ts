import { QueryArgumentError } from '../errors/session-errors.ts';
import type { JoinPath, LockMode, QuerySpec, RowLock } from '../loading/query-spec.ts';
import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { relationshipsOn } from './attribute-paths.ts';

/** Whether to lock the row that is read until the end of the transaction; `nowait`: fail if somebody else has locked it. */
export type ForUpdate = boolean | { readonly nowait?: boolean };

/** The lock that an option asks for. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - an object that asks for nothing. */
export function lockOf(call: string, forUpdate: ForUpdate | undefined): RowLock | undefined {
  if (forUpdate === undefined || forUpdate === false) return undefined;
  if (forUpdate === true) return {};
  if (forUpdate.nowait === true) return { nowait: true };
  throw QueryArgumentError.of(
    call,
    'forUpdate is an object that asks for nothing, so it is not clear whether to lock',
    'Write forUpdate: true or forUpdate: { nowait: true }.',
  );
}

/** How a query locks, and whose rows. */
export interface QueryLock extends RowLock {
  /** `'it'` for the rows of the query itself (the default), or a path of to-one relationships that cannot be null; or several. */
  readonly of?: string | readonly string[];
}

/** The lock of a query. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - both settings at once, an unknown mode or path. */
export function queryLock(mapper: Mapper, { of, ...lock }: QueryLock): Pick<QuerySpec, 'lock' | 'lockOf'> {
  if (lock.skipLocked === true && lock.nowait === true)
    throw QueryArgumentError.of('forUpdate', 'skipLocked and nowait exclude each other', 'Choose one of them.');
  if (lock.mode !== undefined && !MODES.includes(lock.mode))
    throw QueryArgumentError.of('forUpdate', `there is no mode '${lock.mode}'`, `Use one of: ${MODES.join(', ')}.`);
  return { lock, lockOf: of === undefined ? undefined : [of].flat().map((path) => lockPath(mapper, path)) };
}

const MODES: readonly LockMode[] = ['update', 'noKeyUpdate', 'share', 'keyShare'];

function lockPath(mapper: Mapper, path: string): JoinPath {
  if (path === 'it') return [];
  return relationshipsOn(mapper, 'forUpdate', path).map((relationship) => {
    if (relationship.direction === 'many-to-one' && relationship.link.childColumns.every(isRequired))
      return { relationship, conditions: [] };
    throw QueryArgumentError.of(
      'forUpdate',
      `'${path}' may lead to no row, or to several, and what may be missing cannot be locked along`,
      `Lock them in a query of their own: find(${relationship.target.name}).…forUpdate().`,
    );
  });
}

function isRequired({ column }: ColumnProperty): boolean {
  return !column.nullable;
}
