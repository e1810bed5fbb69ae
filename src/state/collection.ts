import { AttachError } from '../errors/session-errors.ts';
import { ReadOnlyRelationshipError, RelationshipTypeError, SecondParentError } from '../errors/state-errors.ts';
import type { Relationship } from '../mapping/mapper.ts';
import { stateOf } from './entity.ts';
import type { InstanceState } from './instance-state.ts';
import type { KeyedMembers } from './keyed-view.ts';
import { KeyedView } from './keyed-view.ts';
import { lastHolder } from './single-parent.ts';

/**
 * Collections that the program wrote to since they were last reconciled.
 *
 * A write only leaves this mark; what it means for the objects is worked out when somebody could see the difference:
 * at the next read of a relationship, flush or look at `session.new`. Sorting or splicing therefore costs nothing extra.
 */
const touched = new Set<Collection>();

/** What the program's writes to a collection come to. */
export interface CollectionWrites {
  readonly joined: readonly object[];
  readonly left: readonly object[];
  /** Put in though they were in already. */
  readonly repeated: readonly object[];
  /** The first place that may have another member than before. */
  readonly from: number;
}

/**
 * One loaded relationship to many: a plain array behind a proxy that has no `get` trap, so reading is as fast as it can be,
 * and every write (index, `length`, `push`, `splice`, `delete`) is seen. A keyed one is a Map.
 */
export class Collection implements ProxyHandler<object[]>, KeyedMembers {
  readonly parent: InstanceState;
  readonly relationship: Relationship;
  readonly items: object[];
  /** What the program sees. */
  readonly face: object;
  readonly #keyed: KeyedView | undefined;
  /** What is in it, as of the last reconciliation. */
  members: Set<object>;
  /** Whether the program changed it since it was loaded or last flushed. */
  isChanged = false;
  /** Whether anything but appending happened since the last reconciliation. */
  #isRearranged = false;

  constructor(parent: InstanceState, relationship: Relationship, items: object[]) {
    this.parent = parent;
    this.relationship = relationship;
    this.items = items;
    this.members = new Set(items);
    const { keyedBy } = relationship;
    this.#keyed = keyedBy === undefined ? undefined : new KeyedView(keyedBy, this);
    this.#keyed?.show(items);
    this.face = this.#keyed?.map ?? new Proxy(items, this);
  }

  /** By key, if the collection has keys. */
  get byKey(): ReadonlyMap<unknown, object> | undefined {
    return this.#keyed?.map;
  }

  get name(): string {
    return nameOf(this.relationship);
  }

  /** A collection with other contents in the place of this one; what that means is left to reconciliation. */
  replacedBy(items: object[]): Collection {
    const replacement = new Collection(this.parent, this.relationship, items);
    replacement.members = new Set(this.members);
    replacement.isChanged = this.isChanged;
    replacement.#isRearranged = true;
    return replacement;
  }

  /** Replaces the contents without marking a change: loading and rollback. */
  reset(items: readonly object[]): void {
    this.items.length = 0;
    for (const item of items) this.items.push(item);
    this.members = new Set(items);
    this.isChanged = false;
    this.#isRearranged = false;
    touched.delete(this);
    this.#keyed?.show(this.items);
  }

  /** Adds a member whose own side is already linked; false when it was in. */
  include(item: object): boolean {
    if (this.members.has(item)) return false;
    if (touched.has(this)) this.#isRearranged = true;
    this.items.push(item);
    this.members.add(item);
    this.#keyed?.include(item);
    return true;
  }

  /** Takes out a member whose own side is already cut; false when it was not in. */
  exclude(item: object): boolean {
    if (!this.members.delete(item)) return false;
    if (touched.has(this)) this.#isRearranged = true;
    const at = this.items.indexOf(item);
    if (at >= 0) this.items.splice(at, 1);
    this.#keyed?.exclude(item);
    return true;
  }

  /** What the program gives for the whole collection: members, or a Map of them. */
  membersOf(given: Iterable<unknown>): object[] {
    return this.#keyed?.membersOf(given) ?? Array.from(given, (item) => this.require(item));
  }

  /** Keys of members may have changed. */
  followKeys(): void {
    this.#keyed?.follow(this.items);
  }

  require(value: unknown): object {
    return requireTarget(this.parent, this.relationship, value);
  }

  put(member: object): void {
    refuseViewonly(this.relationship);
    this.items.push(member);
    touched.add(this);
  }

  take(member: object): void {
    refuseViewonly(this.relationship);
    const at = this.items.indexOf(member);
    if (at >= 0) this.items.splice(at, 1);
    this.#isRearranged = true;
    touched.add(this);
  }

  /** What the program wrote since the last call; holds each object once and has no holes afterwards. */
  takeWrites(): CollectionWrites {
    const writes = this.#isRearranged ? this.#takeRearranged() : this.#takeAppended();
    this.#isRearranged = false;
    if (writes.joined.length + writes.left.length > 0) this.isChanged = true;
    return writes;
  }

  set(items: object[], key: string | symbol, value: unknown): boolean {
    if (isIndex(key)) this.require(value);
    refuseViewonly(this.relationship);
    const isAppended = key === 'length' ? value === items.length : key === String(items.length);
    if (!isAppended) this.#isRearranged = true;
    touched.add(this);
    return Reflect.set(items, key, value);
  }

  defineProperty(items: object[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (isIndex(key)) this.require(descriptor.value);
    refuseViewonly(this.relationship);
    this.#isRearranged = true;
    touched.add(this);
    return Reflect.defineProperty(items, key, descriptor);
  }

  deleteProperty(items: object[], key: string | symbol): boolean {
    refuseViewonly(this.relationship);
    this.#isRearranged = true;
    touched.add(this);
    return Reflect.deleteProperty(items, key);
  }

  /** A frozen collection could not follow what is linked from the other side. */
  preventExtensions(): boolean {
    return false;
  }

  /** Costs what was appended, however much was there: filling a collection in a loop stays linear. */
  #takeAppended(): CollectionWrites {
    const { items, members } = this;
    const joined: object[] = [];
    const repeated: object[] = [];
    const known = members.size;
    for (const item of items.slice(known)) {
      (members.has(item) ? repeated : joined).push(item);
      members.add(item);
    }
    if (repeated.length > 0) refill(items, known, joined);
    return { joined, left: [], repeated, from: known };
  }

  #takeRearranged(): CollectionWrites {
    const before = this.members;
    const now = new Set<object>();
    const repeated: object[] = [];
    for (const item of this.items) {
      if (now.has(item)) repeated.push(item);
      else if ((item as object | undefined) !== undefined) now.add(item);
    }
    if (now.size < this.items.length) refill(this.items, 0, now);
    this.members = now;
    return { joined: [...now.difference(before)], left: [...before.difference(now)], repeated, from: 0 };
  }
}

/** Takes one collection out of those that wait to be reconciled; undefined when none waits. */
export function nextTouched(): Collection | undefined {
  for (const collection of touched) {
    touched.delete(collection);
    return collection;
  }
  return undefined;
}

/**
 * @throws {RelationshipTypeError} STATE_WRONG_TARGET - `value` is no object of the relationship's target.
 * @throws {AttachError} SESSION_ALREADY_ATTACHED - it would be cascaded into a session, and is in another.
 */
export function requireTarget(from: InstanceState, relationship: Relationship, value: unknown): object {
  if (typeof value !== 'object' || value === null || !(value instanceof relationship.target.model)) {
    throw RelationshipTypeError.for(nameOf(relationship), relationship.target.name, value);
  }
  const to = stateOf(value);
  const isElsewhere = from.owner !== undefined && to?.owner !== undefined && to.owner !== from.owner;
  if (isElsewhere && relationship.cascade.has('save-update')) throw AttachError.elsewhere(String(to));
  if (to !== undefined) refuseSecondParent(from, relationship, to);
  return value;
}

/** @throws {SecondParentError} STATE_SECOND_PARENT */
function refuseSecondParent(from: InstanceState, relationship: Relationship, to: InstanceState): void {
  const { inverse } = relationship;
  for (const [held, holder, member] of [[relationship, from, to] as const, [inverse, to, from] as const]) {
    const other = held?.singleParent === true ? lastHolder(held, member) : undefined;
    if (held !== undefined && other !== undefined && other !== holder && holds(other, held, member.entity))
      throw SecondParentError.of(nameOf(held), String(member), String(other));
  }
}

function holds(holder: InstanceState, relationship: Relationship, member: object): boolean {
  const value = holder.slot(relationship)?.value;
  return value instanceof Collection ? value.items.includes(member) : value === member;
}

/** @throws {ReadOnlyRelationshipError} STATE_VIEWONLY */
export function refuseViewonly(relationship: Relationship): void {
  if (relationship.viewonly) throw ReadOnlyRelationshipError.of(nameOf(relationship));
}

/** `User.jobs`. */
export function nameOf(relationship: Relationship): string {
  return `${relationship.mapper.name}.${relationship.property}`;
}

/** Not by `splice(…, ...items)`: there may be more items than a call takes arguments. */
function refill(items: object[], keep: number, rest: Iterable<object>): void {
  items.length = keep;
  for (const item of rest) items.push(item);
}

function isIndex(key: string | symbol): boolean {
  return typeof key === 'string' && key !== 'length' && /^\d+$/.test(key);
}
