import type { EmbeddedDefinition } from '../mapping/embedded-builder.ts';
import { memberNames } from '../mapping/embedded-builder.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';
import { defineData } from './define-data.ts';

type Values = Record<string, unknown>;

/**
 * A value in several columns. The object has the value itself, as plain data; and, out of sight, a property for each column that
 * reads and writes a member of it. So whatever works on columns works on members.
 */
export class EmbeddedValue {
  readonly property: string;
  /** Path, such as `home.city` → the property that stands for the column. */
  readonly descriptors: PropertyDescriptorMap;
  readonly #definition: EmbeddedDefinition;
  readonly #members: readonly string[];

  constructor(property: string, definition: EmbeddedDefinition) {
    this.property = property;
    this.#definition = definition;
    this.#members = memberNames(definition);
    this.descriptors = Object.fromEntries(
      this.#members.map((member) => [`${property}.${member}`, this.#descriptorOf(member)]),
    );
  }

  /** Sets the value as a program gives it: an object of the class, one like it, or null. */
  give(entity: object, value: unknown): void {
    defineData(entity, this.property, this.#isLike(value) ? this.#copy(value) : value);
    Object.defineProperties(entity, this.descriptors);
  }

  #isLike(value: unknown): value is object {
    return typeof value === 'object' && value !== null && !(value instanceof this.#definition.model);
  }

  #copy(given: object): Values {
    const value = this.#make();
    for (const member of this.#members) value[member] = Reflect.get(given, member);
    return value;
  }

  #descriptorOf(member: string): PropertyDescriptor {
    const read = (entity: object): unknown => {
      const value = this.#valueIn(entity);
      return value === null || value === undefined ? value : (value[member] ?? null);
    };
    const write = (entity: object, given: unknown): void => this.#setMember(entity, member, given);
    return {
      configurable: true,
      enumerable: false,
      get(this: object) {
        return read(this);
      },
      set(this: object, given: unknown) {
        write(this, given);
      },
    };
  }

  #valueIn(entity: object): Values | null | undefined {
    return Object.getOwnPropertyDescriptor(entity, this.property)?.value;
  }

  /** A value that may be null is null when all its members are. */
  #setMember(entity: object, member: string, given: unknown): void {
    const value = this.#valueIn(entity);
    const isNothing = given === null || given === undefined;
    if (value !== null && value !== undefined) value[member] = given;
    else if (!isNothing || (given === null && !this.#definition.nullable))
      defineData(entity, this.property, Object.assign(this.#make(), { [member]: given }));
    else if (given === null) defineData(entity, this.property, null);
    const now = this.#valueIn(entity);
    if (!isNothing || !this.#definition.nullable || now === null || now === undefined) return;
    if (this.#members.every((each) => (now[each] ?? null) === null)) defineData(entity, this.property, null);
  }

  #make(): Values {
    return Object.create(this.#definition.model.prototype);
  }
}

/** Takes a column away, and the value that it was the last member of. */
export function removeColumn(entity: object, { property, embedded }: ColumnProperty): void {
  Reflect.deleteProperty(entity, property);
  if (embedded === undefined) return;
  const isMember = (name: string): boolean => name.startsWith(`${embedded.property}.`);
  if (!Object.getOwnPropertyNames(entity).some(isMember)) Reflect.deleteProperty(entity, embedded.property);
}
