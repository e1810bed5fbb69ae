/** Stands for the engine's collector: tells of what a test calls lost, when the test says so. */
export class FakeCollector {
  readonly #watched = new Map<
    object,
    { readonly held: unknown; readonly told: (held: never) => void; token: unknown }
  >();
  readonly #real = globalThis.FinalizationRegistry;
  readonly #emitWarning = process.emitWarning;

  /** Puts itself in the collector's place, and swallows the warnings of what it tells. */
  install(): void {
    const watched = this.#watched;
    globalThis.FinalizationRegistry = class<T> {
      readonly [Symbol.toStringTag] = 'FinalizationRegistry';
      readonly #told: (held: T) => void;

      constructor(told: (held: T) => void) {
        this.#told = told;
      }

      register(target: object, held: T, token?: object): void {
        watched.set(target, { held, told: this.#told, token });
      }

      unregister(token: object): boolean {
        let isFound = false;
        for (const [target, entry] of watched) if (entry.token === token) isFound = watched.delete(target) || isFound;
        return isFound;
      }
    };
    process.emitWarning = () => {};
  }

  uninstall(): void {
    globalThis.FinalizationRegistry = this.#real;
    process.emitWarning = this.#emitWarning;
  }

  /** Tells that `target` is gone. False when nobody watches it yet. */
  collect(target: object): boolean {
    const entry = this.#watched.get(target);
    if (entry === undefined) return false;
    this.#watched.delete(target);
    entry.told(entry.held as never);
    return true;
  }
}
