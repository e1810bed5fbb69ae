import type { InstanceState } from '../state/instance-state.ts';

/** The objects of states, as the model of a query types them. */
export function entitiesOf<E>(states: readonly InstanceState[]): E[] {
  return states.map((state) => state.entity as E);
}
