/** A map of at most `limit` entries that forgets the one unused for longest. */
export class LruMap<K, V> {
  readonly #limit: number;
  readonly #onEvict: ((value: V, key: K) => void) | undefined;
  /** key → value, least recently used first. */
  readonly #entries = new Map<K, V>();
  #newest: K | undefined;

  constructor(limit: number, onEvict?: (value: V, key: K) => void) {
    this.#limit = limit;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which thereby becomes the most recently used. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || key === this.#newest) return value;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size > this.#limit) this.#evictOldest();
  }

  delete(key: K): boolean {
    if (key === this.#newest) this.#newest = undefined;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#newest = undefined;
    this.#entries.clear();
  }

  #evictOldest(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key);
      this.#onEvict?.(value, key);
      return;
    }
  }
}
