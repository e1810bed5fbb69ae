import { ObjectDeletedError } from '../errors/session-errors.ts';
import { DetachedInstanceError } from '../errors/state-errors.ts';
import { isKindOf } from '../mapping/hierarchy.ts';
import type { Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { UNLOADED } from '../state/instance-state.ts';
import { knownRelated } from '../state/related.ts';
import { readRelated } from '../state/related-access.ts';
import type { CallSite } from '../util/call-site.ts';

/** Takes its turn, then the objects that came together meanwhile. */
type LoadAll = (relationship: Relationship, take: () => LazyRequest) => Promise<void>;

/** Objects that one relationship is to be loaded for. */
export interface LazyRequest {
  readonly states: Set<InstanceState>;
  /** The line that asked first. */
  readonly site: CallSite | undefined;
}

/** One relationship that is about to be loaded for several objects. */
interface Batch extends LazyRequest {
  readonly done: Promise<void>;
}

/**
 * Gathers lazy loads. Those asked for before their turn comes share a statement, and each brings in the objects that came in the
 * same result as its own: awaiting the relationship of each object in a loop costs one statement in all.
 */
export class LazyBatch {
  readonly #loadAll: LoadAll;
  readonly #open = new Map<Relationship, Batch>();

  constructor(loadAll: LoadAll) {
    this.#loadAll = loadAll;
  }

  async load(state: InstanceState, relationship: Relationship, site: CallSite | undefined): Promise<unknown> {
    const batch = this.#open.get(relationship) ?? this.#start(relationship, site);
    batch.states.add(state);
    for (const member of state.siblings ?? []) {
      const sibling = member instanceof WeakRef ? member.deref() : member;
      // Objects of one result may be of several classes.
      if (sibling !== undefined && isKindOf(sibling.mapper, relationship.mapper)) batch.states.add(sibling);
    }
    await batch.done;
    if (knownRelated(state, relationship) === UNLOADED) {
      if (state.owner !== undefined) throw ObjectDeletedError.of(String(state));
      throw DetachedInstanceError.lazyLoad(String(state), relationship.property);
    }
    return readRelated(state, relationship);
  }

  #start(relationship: Relationship, site: CallSite | undefined): Batch {
    const request: LazyRequest = { states: new Set(), site };
    const close = (): void => {
      if (this.#open.get(relationship)?.states === request.states) this.#open.delete(relationship);
    };
    const done = this.#loadAll(relationship, () => {
      close();
      return request;
    }).finally(close);
    const batch = { ...request, done };
    this.#open.set(relationship, batch);
    return batch;
  }
}
