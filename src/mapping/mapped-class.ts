import type { ModelClass } from './mapper.ts';

/** Whether `value` is a class that `Model` made, or extends one. */
export function isMappedClass(value: unknown): value is ModelClass {
  if (typeof value !== 'function' || !('table' in value && 'shape' in value)) return false;
  return typeof value.table === 'string' && typeof value.shape === 'object' && value.shape !== null;
}

/** The class's own name; that of its table for a class used just as `Model` made it. */
export function modelName(model: ModelClass): string {
  return isRoot(model) || model.name === '' ? model.table : model.name;
}

/** The mapped class that `model` extends once more than it may; undefined when it extends what `Model` made, or is that. */
export function mappedParent(model: ModelClass): ModelClass | undefined {
  if (isRoot(model)) return undefined;
  const parent: ModelClass = Object.getPrototypeOf(model);
  return isRoot(parent) ? undefined : parent;
}

/** The members of the class body, which would hide attributes of the same name. */
export function ownMembers(model: ModelClass): ReadonlySet<string> {
  return new Set(isRoot(model) ? [] : Object.getOwnPropertyNames(model.prototype));
}

/** The class that `Model` itself made: `model`, or what it extends. */
export function rootOf(model: ModelClass): ModelClass {
  return isRoot(model) ? model : rootOf(Object.getPrototypeOf(model));
}

/** `Model` puts the shape on the class it makes; everything below inherits it. */
function isRoot(model: ModelClass): boolean {
  return Object.hasOwn(model, 'shape');
}
