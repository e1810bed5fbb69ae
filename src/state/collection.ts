import { RelationshipTypeError } from '../errors/state-errors.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';

/**
 * Collections that the program wrote to since they were last reconciled.
 *
 * A write only leaves this mark; what it means for the objects is worked out when somebody could see the difference:
 * at the next read of a relationship, flush or look at `session.new`. Sorting or splicing therefore costs nothing extra.
 */
const touched = new Set<Collection>();

/**
 * One loaded one-to-many: a plain array behind a proxy that has no `get` trap, so reading is as fast as it can be,
 * and every write (index, `length`, `push`, `splice`, `delete`) is seen.
 */
export class Collection implements ProxyHandler<object[]> {
  readonly parent: InstanceState;
  readonly relationship: Relationship;
  readonly items: object[];
  /** What the program sees. */
  readonly proxy: object[];
  /** `items` as of the last reconciliation. */
  reconciled: readonly object[];

  constructor(parent: InstanceState, relationship: Relationship, items: object[]) {
    this.parent = parent;
    this.relationship = relationship;
    this.items = items;
    this.reconciled = items.slice();
    this.proxy = new Proxy(items, this);
  }

  /** Replaces the contents without marking a change: loading and rollback. */
  reset(items: readonly object[]): void {
    this.items.length = 0;
    for (const item of items) this.items.push(item);
    this.reconciled = this.items.slice();
    touched.delete(this);
  }

  /** Adds a member whose own side is already linked. */
  include(item: object): void {
    if (this.items.includes(item)) return;
    this.items.push(item);
    this.reconciled = [...this.reconciled, item];
  }

  /** Takes out a member whose own side is already cut. */
  exclude(item: object): void {
    const at = this.items.indexOf(item);
    if (at < 0) return;
    this.items.splice(at, 1);
    this.reconciled = this.reconciled.filter((other) => other !== item);
  }

  set(items: object[], key: string | symbol, value: unknown): boolean {
    if (isIndex(key)) requireTarget(this.relationship, value);
    touched.add(this);
    return Reflect.set(items, key, value);
  }

  defineProperty(items: object[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (isIndex(key)) requireTarget(this.relationship, descriptor.value);
    touched.add(this);
    return Reflect.defineProperty(items, key, descriptor);
  }

  deleteProperty(items: object[], key: string | symbol): boolean {
    touched.add(this);
    return Reflect.deleteProperty(items, key);
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

/** @throws {RelationshipTypeError} STATE_WRONG_TARGET - `value` is no object of the relationship's target. */
export function requireTarget(relationship: Relationship, value: unknown): object {
  if (typeof value === 'object' && value !== null && value instanceof relationship.target.model) return value;
  throw RelationshipTypeError.for(nameOf(relationship), relationship.target.name, value);
}

/** `User.jobs`. */
export function nameOf(relationship: Relationship): string {
  return `${relationship.mapper.name}.${relationship.property}`;
}

function isIndex(key: string | symbol): boolean {
  return typeof key === 'string' && key !== 'length' && /^\d+$/.test(key);
}
