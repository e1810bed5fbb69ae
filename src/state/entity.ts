import { UnmappedInstanceError } from '../errors/state-errors.ts';
import type { InstanceState } from './instance-state.ts';

/**
 * The root of every mapped class: one private slot for the object's state.
 *
 * A private slot is invisible to spread, JSON, `structuredClone`, `console.log` and deep equality, and costs no lookup.
 */
export class Entity {
  #state: InstanceState | undefined = undefined;

  static stateOf(value: object): InstanceState | undefined {
    return #state in value ? value.#state : undefined;
  }

  static setState(entity: Entity, state: InstanceState): void {
    entity.#state = state;
  }
}

/** The state of a mapped object; undefined for anything else. */
export function stateOf(value: unknown): InstanceState | undefined {
  return typeof value === 'object' && value !== null ? Entity.stateOf(value) : undefined;
}

/** @throws {UnmappedInstanceError} MAPPING_UNMAPPED_INSTANCE - `value` is not an object of a mapped class. */
export function requireState(value: unknown): InstanceState {
  const state = stateOf(value);
  if (state === undefined) throw UnmappedInstanceError.for(value);
  return state;
}
