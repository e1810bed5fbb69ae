import { DetachedInstanceError, NotLoadedError } from '../errors/state-errors.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { CallSite } from '../util/call-site.ts';
import { nameOf } from './collection.ts';
import type { InstanceState } from './instance-state.ts';

/**
 * Stands where a relationship is not loaded: `await` loads it.
 *
 * The load serves every object that came in the same result, so a loop that awaits the relationship of each costs one
 * statement in all.
 */
export class Lazy implements PromiseLike<unknown> {
  readonly #state: InstanceState;
  readonly #relationship: Relationship;
  readonly #site: CallSite | undefined;

  /** @param site - the line that reads the relationship. */
  constructor(state: InstanceState, relationship: Relationship, site: CallSite | undefined) {
    this.#state = state;
    this.#relationship = relationship;
    this.#site = site;
  }

  static relationshipOf(value: object): Relationship | undefined {
    return #relationship in value ? value.#relationship : undefined;
  }

  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load().then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
    return this.#load().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.#load().finally(onFinally);
  }

  async #load(): Promise<unknown> {
    const state = this.#state;
    const relationship = this.#relationship;
    if (state.owner === undefined) throw DetachedInstanceError.lazyLoad(String(state), relationship.property);
    return await state.owner.reads.load(state, relationship, this.#site);
  }
}

/**
 * Catches what a program without types would otherwise read as undefined: `job.owner.name` on an unloaded owner.
 * It sits behind the prototype, so it costs nothing and is only asked for names that `Lazy` does not have.
 */
const missing = new Proxy(Object.create(null) as object, {
  get(_target, key, receiver: object) {
    const relationship = Lazy.relationshipOf(receiver);
    if (relationship === undefined || typeof key !== 'string' || !isMember(relationship, key))
      return Reflect.get(Object.prototype, key, receiver);
    if (relationship.lazy === 'raise') throw NotLoadedError.raised(nameOf(relationship), relationship.property);
    throw NotLoadedError.member(nameOf(relationship), relationship.property, key);
  },
});
Object.setPrototypeOf(Lazy.prototype, missing);

const ARRAY_MEMBERS = membersOf(Array.prototype);
const MAP_MEMBERS = membersOf(Map.prototype).add('add');

function membersOf(prototype: object): Set<string> {
  return new Set(Object.getOwnPropertyNames(prototype).filter((name) => !Object.hasOwn(Object.prototype, name)));
}

function isMember(relationship: Relationship, key: string): boolean {
  if (relationship.isCollection) return (relationship.keyedBy === undefined ? ARRAY_MEMBERS : MAP_MEMBERS).has(key);
  return relationship.target.attributes.has(key);
}
