import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from './instance-state.ts';

/** One object per row: mapper → identity key → state. */
export class IdentityMap {
  readonly #maps = new Map<Mapper, Map<unknown, InstanceState>>();

  get(mapper: Mapper, key: unknown): InstanceState | undefined {
    return this.#maps.get(mapper)?.get(key);
  }

  /** The map of one mapper, for loops that look up many keys. */
  of(mapper: Mapper): Map<unknown, InstanceState> {
    let map = this.#maps.get(mapper);
    if (map === undefined) this.#maps.set(mapper, (map = new Map()));
    return map;
  }

  set(state: InstanceState): void {
    this.of(state.mapper).set(state.key, state);
  }

  /** Forgets the state, unless another one has taken its key meanwhile. */
  delete(state: InstanceState): void {
    const map = this.#maps.get(state.mapper);
    if (map?.get(state.key) === state) map.delete(state.key);
  }

  *[Symbol.iterator](): Generator<InstanceState> {
    for (const map of this.#maps.values()) yield* map.values();
  }

  get size(): number {
    let size = 0;
    for (const map of this.#maps.values()) size += map.size;
    return size;
  }

  clear(): void {
    this.#maps.clear();
  }
}
