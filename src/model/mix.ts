import { MappingError } from '../errors/mapping-errors.ts';
import { shapeFault } from '../errors/shape-faults.ts';

/**
 * Puts shapes together: columns and relationships that several models share, and those of one model.
 *
 * Columns alone can also be spread into a shape, `{ id: …, ...timestamps }`. Where a shape has relationships, `mix` is needed:
 * a spread makes the compiler read every getter while the classes are still being declared.
 *
 * @returns a shape for `Model`, with the getters of the given ones.
 * @throws {MappingError} MAPPING_BAD_SHAPE - two of the shapes declare one property.
 * @example
 * const timestamps = { createdAt: t.timestamp().default(() => new Date()) };
 * const owned = { ownerId: t.integer(), get owner() { return one(() => User, 'ownerId'); } };
 * class Note extends Model('notes', mix(timestamps, owned, { id: t.serial().primaryKey(), text: t.text() })) {}
 */
export function mix<A extends object, B extends object>(a: A, b: B): A & B;
export function mix<A extends object, B extends object, C extends object>(a: A, b: B, c: C): A & B & C;
export function mix<A extends object, B extends object, C extends object, D extends object>(
  a: A,
  b: B,
  c: C,
  d: D,
): A & B & C & D;
export function mix(...shapes: readonly object[]): object {
  const mixed: object = {};
  for (const shape of shapes) {
    const repeated = Object.keys(shape).find((property) => Object.hasOwn(mixed, property));
    if (repeated !== undefined) throw MappingError.of([shapeFault.mixedTwice(repeated)]);
    Object.defineProperties(mixed, Object.getOwnPropertyDescriptors(shape));
  }
  return mixed;
}
