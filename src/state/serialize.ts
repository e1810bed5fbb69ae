import { Collection } from './collection.ts';
import { stateOf } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { reconcileTouched } from './related.ts';

/** Objects that an outer `toJSON` is inside of: a relationship back to one of them is left out. */
const path: InstanceState[] = [];

/**
 * `JSON.stringify(object)`: the columns and the relationships that are loaded. Never loads anything; a circle is cut
 * where it would come back to an object that encloses it.
 */
export function toJSON(this: object): Record<string, unknown> {
  reconcileTouched();
  const state = stateOf(this);
  const json: Record<string, unknown> = { ...this };
  if (state === undefined) return json;
  path.push(state);
  try {
    for (const relationship of state.mapper.relationships) {
      const value = state.slot(relationship)?.value;
      if (value !== undefined && !encloses(value)) json[relationship.property] = relatedJSON(value);
    }
  } finally {
    path.pop();
  }
  return json;
}

function relatedJSON(value: unknown): unknown {
  if (!(value instanceof Collection)) return value === null ? null : ownJSON(value as object);
  return value.items.map(ownJSON);
}

/** By the object's own method: its class may have replaced this one. */
function ownJSON(entity: object): unknown {
  return (entity as { toJSON(): unknown }).toJSON();
}

/** A collection that holds an enclosing object is left out whole: a part of it would look like all of it. */
function encloses(value: unknown): boolean {
  if (value instanceof Collection) return value.items.some(encloses);
  const state = stateOf(value);
  return state !== undefined && path.includes(state);
}
