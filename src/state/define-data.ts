/** Sets a property as plain data, whatever the prototype has under its name. */
export function defineData(entity: object, property: string, value: unknown): void {
  Object.defineProperty(entity, property, { value, writable: true, enumerable: true, configurable: true });
}
