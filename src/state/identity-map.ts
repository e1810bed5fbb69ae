import { isKindOf, kindsOf, rootMapper } from '../mapping/hierarchy.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { guardColumns } from './column-guard.ts';
import type { InstanceState } from './instance-state.ts';
import { hasChangedColumns } from './row-comparer.ts';

/** Objects added between two sweeps. */
const SWEEP_EVERY = 10_000;

type WeakStates = Map<unknown, WeakRef<InstanceState>>;

/** Clears the place of a collected object, unless a newer one has taken it meanwhile. */
const collected = new FinalizationRegistry<{ places: WeakStates; key: unknown; weak: WeakRef<InstanceState> }>(
  ({ places, key, weak }) => {
    if (places.get(key) === weak) places.delete(key);
  },
);

/** The objects of one mapper, or of a whole family: identity key → state. */
export class MapperIdentities {
  readonly held = new Map<unknown, InstanceState>();
  /** Old, clean objects, for as long as the program holds them. */
  readonly weak: WeakStates = new Map();
  /** Since the last sweep. */
  added = 0;

  /** Whether there is surely no object. */
  get isEmpty(): boolean {
    return this.held.size + this.weak.size === 0;
  }

  get(key: unknown): InstanceState | undefined {
    return this.held.get(key) ?? (this.weak.size === 0 ? undefined : this.weak.get(key)?.deref());
  }

  set(key: unknown, state: InstanceState): void {
    this.held.set(key, state);
    this.added++;
    if (this.weak.size > 0) this.weak.delete(key);
  }

  delete(key: unknown): void {
    this.held.delete(key);
    this.weak.delete(key);
  }

  /** Those that are alive. */
  *values(): Generator<InstanceState> {
    yield* this.held.values();
    for (const weak of this.weak.values()) {
      const state = weak.deref();
      if (state !== undefined) yield state;
    }
  }

  letGo(key: unknown, state: InstanceState): void {
    const weak = new WeakRef(state);
    this.held.delete(key);
    this.weak.set(key, weak);
    collected.register(state, { places: this.weak, key, weak });
    guardColumns(state, weak, () => {
      state.isOld = false;
      if (this.weak.get(key) === weak) this.set(key, state);
    });
  }
}

/**
 * One object per row: mapper → identity key → state.
 *
 * Young objects are held strongly, because an edit of plain data cannot be seen before it is compared. In a session
 * that holds many, a sweep lets those go that are clean and old, when the program has dropped them: from then on their
 * columns are guarded, so that an edit makes them strong again. No edit is ever lost to the collector.
 */
export class IdentityMap {
  readonly #maps = new Map<Mapper, MapperIdentities>();
  readonly #sweepEvery: number;

  /** @param sweepEvery - objects added until the next sweep. */
  constructor(sweepEvery = SWEEP_EVERY) {
    this.#sweepEvery = sweepEvery;
  }

  get(mapper: Mapper, key: unknown): InstanceState | undefined {
    const state = this.#maps.get(rootMapper(mapper))?.get(key);
    return state === undefined || isKindOf(state.mapper, mapper) ? state : undefined;
  }

  /** The objects of one mapper and of all its family, for loops that look up many keys. */
  of(mapper: Mapper): MapperIdentities {
    const root = rootMapper(mapper);
    let identities = this.#maps.get(root);
    if (identities === undefined) this.#maps.set(root, (identities = new MapperIdentities()));
    return identities;
  }

  /** The objects of a class, those of its subclasses among them. */
  objectsOf(mapper: Mapper): Iterable<InstanceState> {
    return kindsAmong(this.of(mapper).values(), mapper);
  }

  /** Those that are held strongly. */
  heldOf(mapper: Mapper): Iterable<InstanceState> {
    return kindsAmong(this.of(mapper).held.values(), mapper);
  }

  /** The mappers of which there are, or were, objects, and those of their subclasses. */
  mappers(): Iterable<Mapper> {
    return [...this.#maps.keys()].flatMap(kindsOf);
  }

  set(state: InstanceState): void {
    this.of(state.mapper).set(state.key, state);
  }

  /** Forgets the state, unless another one has taken its key meanwhile. */
  delete(state: InstanceState): void {
    const identities = this.#maps.get(rootMapper(state.mapper));
    if (identities?.get(state.key) === state) identities.delete(state.key);
  }

  /** Every object that is alive. */
  *[Symbol.iterator](): Generator<InstanceState> {
    for (const identities of this.#maps.values()) yield* identities.values();
  }

  /** The objects that are held strongly. Among the others an edit can only be within a value, such as a Date. */
  *held(): Generator<InstanceState> {
    for (const { held } of this.#maps.values()) yield* held.values();
  }

  clear(): void {
    this.#maps.clear();
  }

  /**
   * Lets go of old, clean objects when many were added since the last time.
   *
   * @param isNeeded - objects that must stay although their columns are clean.
   */
  sweep(isNeeded: (state: InstanceState) => boolean): void {
    for (const identities of this.#maps.values()) if (identities.added >= this.#sweepEvery) sweep(identities, isNeeded);
  }
}

/** A root has all of its family for its objects. */
function kindsAmong(states: Iterable<InstanceState>, mapper: Mapper): Iterable<InstanceState> {
  if (mapper.inheritance?.parent === undefined) return states;
  return [...states].filter((state) => isKindOf(state.mapper, mapper));
}

function sweep(identities: MapperIdentities, isNeeded: (state: InstanceState) => boolean): void {
  identities.added = 0;
  const groups = new Set<InstanceState['siblings']>();
  for (const [key, state] of identities.held) {
    if (!state.isOld) state.isOld = true;
    else if (!holdsValues(state) && !isNeeded(state) && !hasChangedColumns(state)) {
      identities.letGo(key, state);
      groups.add(state.siblings);
    }
  }
  for (const group of groups) weaken(group);
}

/** A change within an embedded value would not be seen through the guard. */
function holdsValues({ mapper }: InstanceState): boolean {
  return mapper.columns.some(({ embedded }) => embedded !== undefined);
}

/** Objects of one result must not keep each other alive. */
function weaken(group: InstanceState['siblings']): void {
  group?.forEach((member, at) => {
    if (!(member instanceof WeakRef) && member.guard !== undefined) group[at] = member.guard.weak;
  });
}
