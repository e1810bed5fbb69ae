/**
 * The relationships of one object that the program asked for: loaded along, awaited, read or assigned. What a loader
 * knows besides, such as the way back from a child to its parent, is not in it.
 *
 * There is one of each combination, so that a thousand objects of a result share it.
 */
export class Asked {
  static readonly nothing = new Asked(new Set());

  readonly #names: ReadonlySet<string>;
  readonly #more = new Map<string, Asked>();

  private constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The combination with one more. */
  and(name: string): Asked {
    if (this.#names.has(name)) return this;
    let more = this.#more.get(name);
    if (more === undefined) this.#more.set(name, (more = new Asked(new Set([...this.#names, name]))));
    return more;
  }
}
