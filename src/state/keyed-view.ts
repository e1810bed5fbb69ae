import { MemberKeyError } from '../errors/state-errors.ts';
import type { ColumnProperty } from '../mapping/mapper.ts';

/** A collection as its Map sees it. */
export interface KeyedMembers {
  /** `Item.notes`. */
  readonly name: string;
  /** @throws {RelationshipTypeError} STATE_WRONG_TARGET */
  require(value: unknown): object;
  put(member: object): void;
  take(member: object): void;
}

type WriteName = 'set' | 'add' | 'delete' | 'clear';

/**
 * A collection as a `Map` by a column of its members. It is a plain Map with writing methods of its own, so that whoever
 * looks, clones or compares sees nothing else; what they do goes to the collection.
 *
 * A member is under the key that it had when it came in, or at the last flush; one without a key comes in with it.
 */
export class KeyedView {
  readonly map = new Map<unknown, object>();
  readonly #column: ColumnProperty;
  readonly #members: KeyedMembers;
  readonly #keys = new Map<object, unknown>();

  constructor(column: ColumnProperty, members: KeyedMembers) {
    this.#column = column;
    this.#members = members;
    const writes: Record<WriteName, unknown> = {
      set: (key: unknown, member: unknown) => this.#set(key, members.require(member)),
      add: (member: unknown) => this.#add(members.require(member)),
      delete: (key: unknown) => this.#delete(key),
      clear: () => this.#clear(),
    };
    for (const [name, value] of Object.entries(writes))
      Object.defineProperty(this.map, name, { value, writable: true, configurable: true });
  }

  /** Shows these members and no others. */
  show(members: Iterable<object>): void {
    Map.prototype.clear.call(this.map);
    this.#keys.clear();
    for (const member of members) this.include(member);
  }

  include(member: object): void {
    const key = this.#keyOf(member);
    if (key === undefined) return;
    Map.prototype.set.call(this.map, key, member);
    this.#keys.set(member, key);
  }

  exclude(member: object): void {
    const key = this.#keys.get(member);
    if (this.map.get(key) === member) Map.prototype.delete.call(this.map, key);
    this.#keys.delete(member);
  }

  /** Puts members whose keys have changed under the new ones. */
  follow(members: readonly object[]): void {
    if (members.some((member) => this.#keys.get(member) !== this.#keyOf(member))) this.show(members);
  }

  /**
   * What a program gives for the whole collection: a Map, or members.
   *
   * @throws {MemberKeyError} STATE_WRONG_KEY
   */
  membersOf(given: Iterable<unknown>): object[] {
    const byKey = new Map<unknown, object>();
    if (given instanceof Map) for (const [key, value] of given) this.#underKey(key, this.#members.require(value));
    for (const value of given instanceof Map ? given.values() : given) {
      const member = this.#members.require(value);
      byKey.set(this.#requireKey(member), member);
    }
    return [...byKey.values()];
  }

  #set(key: unknown, member: object): Map<unknown, object> {
    this.#underKey(key, member);
    return this.#put(this.#requireKey(member), member);
  }

  #add(member: object): Map<unknown, object> {
    return this.#put(this.#requireKey(member), member);
  }

  #put(key: unknown, member: object): Map<unknown, object> {
    const before = this.map.get(key);
    if (before === member) return this.map;
    if (before !== undefined) {
      this.#members.take(before);
      this.#keys.delete(before);
    }
    if (this.#keys.has(member)) this.exclude(member);
    else this.#members.put(member);
    this.include(member);
    return this.map;
  }

  #delete(key: unknown): boolean {
    const member = this.map.get(key);
    if (member !== undefined) this.#take(member);
    return member !== undefined;
  }

  #clear(): void {
    for (const member of Array.from(this.map.values())) this.#take(member);
  }

  #take(member: object): void {
    this.#members.take(member);
    this.exclude(member);
  }

  /** A member without a key takes the one that it is put under. */
  #underKey(key: unknown, member: object): object {
    const own = this.#keyOf(member);
    if (own === undefined) valuesOf(member)[this.#column.property] = key;
    else if (!this.#column.equals(own, key)) throw MemberKeyError.other(this.#members.name, this.#column.property);
    return member;
  }

  #requireKey(member: object): unknown {
    const key = this.#keyOf(member);
    if (key === undefined) throw MemberKeyError.none(this.#members.name, this.#column.property);
    return key;
  }

  /** Undefined where the member has none yet. */
  #keyOf(member: object): unknown {
    return valuesOf(member)[this.#column.property] ?? undefined;
  }
}

function valuesOf(member: object): Record<string, unknown> {
  return member as Record<string, unknown>;
}
