import type { ColumnProperty, Mapper } from '../mapping/mapper.ts';
import { requireState } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import { ABSENT } from './instance-state.ts';

const descriptors = new WeakMap<Mapper, PropertyDescriptorMap>();

/** A value that can change in place → its object's state, which lives as long as the program holds the value. */
const anchors = new WeakMap<object, InstanceState>();

/**
 * Turns an object's columns into accessors over the same values, so that the first edit is noticed. Spread, JSON and
 * comparison see no difference.
 *
 * @param lifted - called when an edit, or the reading of a value that can be edited in place, ends the guard.
 */
export function guardColumns(state: InstanceState, weak: WeakRef<InstanceState>, lifted: () => void): void {
  const entity = state.entity as Record<string, unknown>;
  const { mapper } = state;
  const values = mapper.columns.map(({ property }) => (Object.hasOwn(entity, property) ? entity[property] : ABSENT));
  for (const value of values) if (typeof value === 'object' && value !== null) anchors.set(value, state);
  state.guard = { values, weak, lifted };
  if (mapper.deferred.length === 0) Object.defineProperties(entity, descriptorsOf(mapper));
  else guardPresent(entity, descriptorsOf(mapper));
}

/** Makes the columns plain data again. */
export function liftGuard(state: InstanceState): void {
  const { guard } = state;
  if (guard === undefined) return;
  state.guard = undefined;
  for (const { property, index } of state.mapper.columns) {
    if (guard.values[index] === ABSENT) continue;
    Object.defineProperty(state.entity, property, {
      value: guard.values[index],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  guard.lifted();
}

/** Deferred columns that are not loaded stay with the prototype, which lifts the guard when they are set. */
function guardPresent(entity: object, made: PropertyDescriptorMap): void {
  for (const [property, descriptor] of Object.entries(made))
    if (Object.hasOwn(entity, property)) Object.defineProperty(entity, property, descriptor);
}

function descriptorsOf(mapper: Mapper): PropertyDescriptorMap {
  let made = descriptors.get(mapper);
  if (made === undefined) {
    made = Object.fromEntries(mapper.columns.map((column) => [column.property, descriptorOf(column)]));
    descriptors.set(mapper, made);
  }
  return made;
}

function descriptorOf({ property, index, isMutable }: ColumnProperty): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: object) {
      const state = requireState(this);
      const value = state.guard?.values[index];
      if (isMutable && typeof value === 'object' && value !== null) liftGuard(state);
      return value;
    },
    set(this: object, value: unknown) {
      liftGuard(requireState(this));
      (this as Record<string, unknown>)[property] = value;
    },
  };
}
