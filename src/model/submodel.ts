import type { Identity, ModelClass } from '../mapping/mapper.ts';
import type { SubmodelOptions } from '../mapping/model-options.ts';
import { buildSubclass } from '../state/entity-class.ts';
import type { MappedSubclass, Shape } from './model-types.ts';

/**
 * Makes the class that a model extends which extends another model. Its objects are objects of the parent too: queries for
 * the parent give them, each as an object of its own class, and the parent's methods and relationships are theirs.
 *
 * Rows are in the parent's table, so columns must be nullable or filled in by the database. With the option `table`, what the
 * class adds is in a table of its own, whose rows have the keys of the parent's.
 *
 * @param parent - a model with a discriminator, or a submodel of one.
 * @param identity - what the discriminator says of this class's rows; set by itself.
 * @param shape - the columns and relationships that the class adds.
 * @param options - a table of its own; indexes and unique constraints over its own columns.
 * @example
 * class Manager extends Submodel(Employee, 'manager', { budget: t.integer().nullable() }) {}
 * await session.find(Employee);
 * // select "id", "type", "name", "budget" from "employees"
 * await session.find(Manager);
 * // select "id", "type", "name", "budget" from "employees" where "type" = 'manager'
 */
// A stricter constraint than `any` has the compiler look into the getters while the class is still being declared.
export function Submodel<P extends ModelClass, S extends Shape, const T extends string>(
  parent: P,
  identity: Identity,
  shape: S,
  options: SubmodelOptions<keyof S & string> & { readonly table: T },
): MappedSubclass<P, S, T>;
export function Submodel<P extends ModelClass, S extends Shape>(
  parent: P,
  identity: Identity,
  shape: S,
  options?: SubmodelOptions<keyof S & string>,
): MappedSubclass<P, S>;
export function Submodel(parent: ModelClass, identity: Identity, shape: object, options?: SubmodelOptions): ModelClass {
  return buildSubclass(parent, { identity, shape }, options);
}
