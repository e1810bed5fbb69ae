/** What a `via(…)` says. */
export interface ViaDefinition {
  /** The collection of association objects. */
  readonly collection: string;
  /** What of each of them is shown. */
  readonly far: string;
  /** Makes the association object for something that is pushed. */
  readonly create: ((value: never) => object) | undefined;
}

let read: (builder: Via<string, string>) => ViaDefinition;

/** The far sides of a collection of association objects; made by `via`. */
export class Via<R extends string, P extends string> {
  /** For the compiler alone. */
  declare readonly '~types': { readonly collection: R; readonly far: P; readonly keyed: never };
  readonly #definition: ViaDefinition;

  static {
    read = (builder) => builder.#definition;
  }

  constructor(definition: ViaDefinition) {
    this.#definition = Object.freeze(definition);
  }
}

/**
 * Shows the far sides of a collection of association objects, such as the tags of a post through its `PostTag` objects: an array
 * to be read, with `push` and `remove` that make and drop the association objects. Awaiting it loads both, one statement
 * each for all objects of a result.
 *
 * @param far - a relationship to one, or a column, of the association object.
 * @param options - `create` makes the association object; without it, its class is given the far side alone.
 * @example
 * get postTags() { return many(() => PostTag, 'postId', { cascade: 'all, delete-orphan' }); },
 * get tags() { return via('postTags', 'tag', { create: (tag: Tag) => new PostTag({ tag, addedAt: new Date() }) }); },
 */
export function via<const R extends string, const P extends string>(
  collection: R,
  far: P,
  options: { readonly create?: (value: never) => object } = {},
): Via<R, P> {
  return new Via({ collection, far, create: options.create });
}

/** What `builder` declares; undefined when it is no `via`. */
export function viaDefinitionOf(builder: unknown): ViaDefinition | undefined {
  return builder instanceof Via ? read(builder) : undefined;
}
