import { mapperOf } from '../mapping/configure.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { KeyOf } from '../model/model-types.ts';
import { requireState } from '../state/entity.ts';
import type { IdentityKey } from '../state/inspect.ts';
import { valueOf } from '../state/row-comparer.ts';
import { keyValues } from './find-by-key.ts';
import { Session } from './session.ts';

/** The session that an object is in, if any. @throws {UnmappedInstanceError} MAPPING_UNMAPPED_INSTANCE */
export function sessionOf(object: object): Session | undefined {
  const session = requireState(object).owner?.session;
  return session instanceof Session ? session : undefined;
}

/**
 * What tells a row from all others: the model's name and the values of its primary key. Of an object it is the key that
 * its row has, or will have; undefined while that is not known. Runs no SQL.
 *
 * @throws {QueryArgumentError} QUERY_BAD_ARGUMENT - the key given for a model is incomplete.
 * @example identityKey(User, 1) // ['User', 1]
 */
export function identityKey<C extends ModelClass>(model: C, key: KeyOf<C>): IdentityKey;
export function identityKey(object: object): IdentityKey | undefined;
export function identityKey(subject: object, key?: unknown): IdentityKey | undefined {
  if (typeof subject === 'function' && key !== undefined) {
    const mapper = mapperOf(subject as ModelClass);
    return [mapper.name, ...keyValues(mapper, key)];
  }
  const state = requireState(subject);
  const { mapper, committed } = state;
  const values = mapper.primaryKey.map((column) => committed?.[column.index] ?? valueOf(state, column));
  return values.includes(null) ? undefined : [mapper.name, ...values];
}
