import type { ModelClass } from '../mapping/mapper.ts';
import type { ModelOptions } from '../mapping/model-options.ts';
import { buildEntityClass } from '../state/entity-class.ts';
import type { Discriminated, MappedClass, Shape } from './model-types.ts';

/**
 * Makes the class that a model extends.
 *
 * @param table - the table's name in the database.
 * @param shape - property → column (`t.…`) or, in a getter, relationship (`one`, `many`).
 * @param options - indexes and unique constraints over several columns; a discriminator for models that others extend.
 * @example
 * class User extends Model('users', {
 *   id: t.serial().primaryKey(),
 *   name: t.text(),
 *   get jobs() { return many(() => Job, 'ownerId'); },
 * }) {}
 */
// A stricter constraint than `any` has the compiler look into the getters while the class is still being declared.
export function Model<const T extends string, S extends Shape, const D extends keyof S & string>(
  table: T,
  shape: S,
  options: ModelOptions<keyof S & string> & { readonly discriminator: D },
): MappedClass<T, Discriminated<S, D>>;
export function Model<const T extends string, S extends Shape>(
  table: T,
  shape: S,
  options?: ModelOptions<keyof S & string>,
): MappedClass<T, S>;
export function Model(table: string, shape: object, options?: ModelOptions): ModelClass {
  return buildEntityClass(table, shape, options);
}
