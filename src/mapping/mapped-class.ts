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

/** The members of the class body, and of mixins below it, which would hide attributes of the same name. */
export function ownMembers(model: ModelClass): ReadonlySet<string> {
  const members: string[] = [];
  for (let each = model; !isRoot(each); each = Object.getPrototypeOf(each))
    members.push(...Object.getOwnPropertyNames(each.prototype));
  return new Set(members);
}

/** The class that `Model` itself made: `model`, or what it extends. */
export function rootOf(model: ModelClass): ModelClass {
  return isRoot(model) ? model : rootOf(Object.getPrototypeOf(model));
}

/** `Model` puts the shape on the class it makes; everything below inherits it. */
function isRoot(model: ModelClass): boolean {
  return Object.hasOwn(model, 'shape');
}
