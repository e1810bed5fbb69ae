import { ViaWriteError } from '../errors/state-errors.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { ViaDefinition } from '../mapping/via-builder.ts';
import { Collection, nameOf, requireTarget } from './collection.ts';
import type { InstanceState } from './instance-state.ts';
import { Lazy } from './lazy.ts';
import { readRelated } from './related-access.ts';
import { reconcileTouched } from './related.ts';

/** A `via` of one object. */
export interface ViaOf {
  readonly state: InstanceState;
  readonly relationship: Relationship;
  readonly definition: ViaDefinition;
}

/** What the program gets when it reads a `via`: an array of the far sides, or, where some are not loaded, a promise of it. */
export function readVia(via: ViaOf): unknown {
  if (readRelated(via.state, via.relationship) instanceof Lazy) return new LazyVia(via);
  const values = membersOf(via).map((member) => farOf(via, member));
  return values.some((value) => value instanceof Lazy) ? new LazyVia(via) : viewOf(via, values);
}

/** What the program does when it assigns a `via`: what is not there yet is pushed, what is not given is removed. */
export function writeVia(via: ViaOf, given: Iterable<unknown>): void {
  const wanted = new Set(given);
  const before = membersOf(via).map((member) => farOf(via, member));
  removeFrom(via, new Set(before).difference(wanted));
  for (const value of wanted.difference(new Set(before))) pushTo(via, value);
}

/** `await` loads the association objects, then their far sides. */
class LazyVia implements PromiseLike<unknown> {
  readonly #via: ViaOf;

  constructor(via: ViaOf) {
    this.#via = via;
  }

  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load().then(onFulfilled, onRejected);
  }

  async #load(): Promise<unknown> {
    await readRelated(this.#via.state, this.#via.relationship);
    await Promise.all(membersOf(this.#via).map((member) => farOf(this.#via, member)));
    return readVia(this.#via);
  }
}

function membersOf(via: ViaOf): readonly object[] {
  return collectionOf(via).items;
}

/** The collection, with what was written to it worked out. */
function collectionOf({ state, relationship }: ViaOf): Collection {
  readRelated(state, relationship);
  const held = state.slot(relationship)?.value;
  if (held instanceof Collection) return held;
  throw ViaWriteError.unloaded(nameOf(relationship), relationship.property);
}

function farOf({ definition }: ViaOf, member: object): unknown {
  return Reflect.get(member, definition.far);
}

/** An array of its own, which changes along with what `push` and `remove` do. */
function viewOf(via: ViaOf, values: unknown[]): readonly unknown[] {
  const push = (...added: readonly unknown[]): number => {
    for (const value of added) {
      pushTo(via, value);
      values[values.length] = value;
    }
    return values.length;
  };
  const remove = (...removed: readonly unknown[]): void => {
    const gone = new Set(removed);
    removeFrom(via, gone);
    const kept = values.filter((value) => !gone.has(value));
    values.length = 0;
    for (const value of kept) values[values.length] = value;
  };
  for (const [name, value] of Object.entries({ push, remove })) Object.defineProperty(values, name, { value });
  return new Proxy(values, readOnlyExcept(nameOf(via.relationship)));
}

function readOnlyExcept(name: string): ProxyHandler<unknown[]> {
  const refuse = (): never => {
    throw ViaWriteError.unseen(name);
  };
  return { set: refuse, defineProperty: refuse, deleteProperty: refuse };
}

function pushTo(via: ViaOf, value: unknown): void {
  const { state, relationship, definition } = via;
  const { model } = relationship.target;
  const make = definition.create ?? ((far: unknown) => Reflect.construct(model, [{ [definition.far]: far }]));
  const member: unknown = Reflect.apply(make, undefined, [value]);
  collectionOf(via).put(requireTarget(state, relationship, member));
  reconcileTouched();
}

function removeFrom(via: ViaOf, values: ReadonlySet<unknown>): void {
  const collection = collectionOf(via);
  for (const member of collection.items.filter((each) => values.has(farOf(via, each)))) collection.take(member);
  reconcileTouched();
}
