import { NotLoadedError } from '../errors/state-errors.ts';
import type { LoadContext } from '../loading/load-context.ts';
import type { Condition } from '../loading/query-spec.ts';
import { loadAlong } from '../loading/load-paths.ts';
import type { ManyToMany, Mapper, OneToMany, Relationship } from '../mapping/mapper.ts';
import type { InstanceState, RelatedReads } from '../state/instance-state.ts';
import { UNLOADED } from '../state/instance-state.ts';
import { knownRelated } from '../state/related.ts';
import type { CallSite } from '../util/call-site.ts';
import { nameOf } from '../state/collection.ts';
import { Frame } from './hook-frame.ts';
import type { LazyRequest } from './lazy-batch.ts';
import { LazyBatch } from './lazy-batch.ts';
import { memberConditions } from './member-conditions.ts';
import type { RepeatedLoad } from './repeated-loads.ts';
import { RepeatedLoads } from './repeated-loads.ts';

/** What lazy loads need of the session's core. */
export interface LazyHost extends LoadContext {
  turn<T>(name: string, callSite: CallSite | undefined, work: () => Promise<T> | T): Promise<T>;
  autoflush(): Promise<void>;
  readonly transactions: { readonly statements: number };
}

/** Which lazy loads a session puts up with. */
export interface LazySettings {
  readonly lazy: 'select' | 'raise';
  readonly repeatedLoads: number | false;
}

type MakeQuery = (mapper: Mapper, conditions: readonly Condition[]) => object;

/** The lazy loads of one session. */
export class LazyLoads implements RelatedReads {
  /** Makes a query for objects of a model that meet conditions: queries know the session, which knows these loads. */
  makeQuery: MakeQuery = (_mapper, conditions) => conditions;
  readonly repeats: RepeatedLoads;
  readonly #host: LazyHost;
  readonly #isRefusing: boolean;
  /** One batch for those who call on their own, one for each frame: who waits for its turn must not serve who is in one. */
  readonly #batches = new WeakMap<object, LazyBatch>();

  constructor(host: LazyHost, { lazy, repeatedLoads }: LazySettings) {
    this.#host = host;
    this.#isRefusing = lazy === 'raise';
    this.repeats = new RepeatedLoads(repeatedLoads);
  }

  siteOf(below: Function): CallSite | undefined {
    return this.repeats.siteOf(below);
  }

  /** @throws {NotLoadedError} STATE_NOT_LOADED - the relationship, the query or the session is not to be loaded lazily. */
  load(state: InstanceState, relationship: Relationship, site: CallSite | undefined): Promise<unknown> {
    if (this.#isRefusing || state.isStrict || relationship.lazy === 'raise')
      throw NotLoadedError.raised(nameOf(relationship), relationship.property);
    const caller = Frame.find(this.#host, Frame) ?? this;
    let batch = this.#batches.get(caller);
    if (batch === undefined) this.#batches.set(caller, (batch = new LazyBatch((...load) => this.#loadAll(...load))));
    return batch.load(state, relationship, site);
  }

  query(state: InstanceState, relationship: OneToMany | ManyToMany): object {
    return this.makeQuery(relationship.target, memberConditions(state, relationship));
  }

  async #loadAll(relationship: Relationship, take: () => LazyRequest): Promise<void> {
    const host = this.#host;
    const line = `lazy load of ${nameOf(relationship)}`;
    await host.turn('lazy load', { line }, async () => {
      // Those that are asked for together shall be in one statement.
      await Promise.resolve();
      const { states, site } = take();
      const wanting = [...states].filter(
        (state) => state.owner === host.owner && knownRelated(state, relationship) === UNLOADED,
      );
      if (wanting.length === 0) return;
      await host.autoflush();
      const before = host.transactions.statements;
      await loadAlong(host, wanting, relationship);
      if (host.transactions.statements === before) return;
      this.repeats.note(relationship, { site, objects: wanting.length }, () => repeatedLoad(relationship));
    });
  }
}

function repeatedLoad(relationship: Relationship): RepeatedLoad {
  const { property } = relationship;
  const cure = `Load it with the objects, .with('${property}'), or for all at once: session.load(objects, '${property}').`;
  return { what: nameOf(relationship), cure };
}
