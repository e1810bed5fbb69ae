import { ObjectDeletedError, ObjectStateError, QueryArgumentError } from '../errors/session-errors.ts';
import { loadByKeys } from '../loading/load-objects.ts';
import { loadRelated } from '../loading/load-related.ts';
import type { ColumnProperty, Relationship } from '../mapping/mapper.ts';
import { valuesAt } from '../state/identity-key.ts';
import { expireAttributes } from '../state/expiry.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { cascadeFrom } from '../unit-of-work/cascades.ts';
import type { SessionCore } from './session-core.ts';

/**
 * Reads an object's row again, and the relationships named; edits of what is read are lost. One SELECT for the row, one
 * more for each relationship.
 */
export async function refresh(core: SessionCore, state: InstanceState, names: readonly string[]): Promise<void> {
  requirePersistent(core, state, 'refresh');
  const attributes = attributesOf(state, names);
  await core.autoflush();
  const relationships = attributes.filter((attribute) => attribute.kind === 'relationship');
  expireAttributes(state, attributes);
  if (names.length === 0 || attributes.length > relationships.length) await readRow(core, state, names.length === 0);
  for (const relationship of relationships) await loadRelated(core, [state], relationship);
}

/** Forgets columns and relationships, all of them when none are named; follows the `refresh-expire` cascade. */
export function expire(core: SessionCore, start: InstanceState, names: readonly string[]): void {
  requirePersistent(core, start, 'expire');
  if (names.length > 0) return expireAttributes(start, attributesOf(start, names));
  for (const state of cascadeFrom(start, 'refresh-expire')) {
    if (state.owner === core && state.lifecycle === 'persistent')
      expireAttributes(state, state.mapper.attributes.values());
  }
}

async function readRow(core: SessionCore, state: InstanceState, overwrite: boolean): Promise<void> {
  const { mapper } = state;
  const key = valuesAt(mapper.primaryKey, state.committed ?? []);
  const found = await loadByKeys(core, { mapper, columns: mapper.primaryKey, keys: [key], overwrite });
  if (found.length === 0) throw ObjectDeletedError.of(String(state));
}

function requirePersistent(core: SessionCore, state: InstanceState, verb: string): void {
  if (state.owner !== core || state.lifecycle !== 'persistent')
    throw ObjectStateError.notPersistent(String(state), verb);
}

function attributesOf(state: InstanceState, names: readonly string[]): (ColumnProperty | Relationship)[] {
  return names.map((name) => {
    const attribute = state.mapper.attributes.get(name);
    if (attribute !== undefined) return attribute;
    const known = [...state.mapper.attributes.keys()].join(', ');
    throw QueryArgumentError.of(
      'refresh or expire',
      `${state.mapper.name} has no attribute '${name}'`,
      `Use one of: ${known}.`,
    );
  });
}
