import { QueryArgumentError } from '../errors/session-errors.ts';
import type { RowLock } from '../loading/query-spec.ts';

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

/** The lock of a query. @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - both settings at once. */
export function queryLock(lock: RowLock): RowLock {
  if (lock.skipLocked !== true || lock.nowait !== true) return lock;
  throw QueryArgumentError.of('forUpdate', 'skipLocked and nowait exclude each other', 'Choose one of them.');
}
