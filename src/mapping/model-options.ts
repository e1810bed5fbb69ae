import { rootOf } from './mapped-class.ts';
import type { Identity, ModelClass } from './mapper.ts';

/** One index over several columns: its properties alone, or with a name for it. */
export type IndexOption<K extends string = string> =
  | readonly K[]
  | { readonly columns: readonly K[]; readonly name?: string };

/** What `Model` takes beside the shape: what concerns several columns at once. */
export interface ModelOptions<K extends string = string> {
  /** Indexes over several columns, by property name. */
  readonly indexes?: readonly IndexOption<K>[];
  /** Columns that together hold the same values in no two rows, by property name. */
  readonly uniques?: readonly IndexOption<K>[];
  /** The column that says which class a row is an object of, where other models extend this one with `Submodel`. */
  readonly discriminator?: K;
  /** What the discriminator says of this class's own rows. Left out: there are none, only those of subclasses. */
  readonly identity?: Identity;
  /** False: say nothing when a DELETE finds rows gone already, as where the database deletes by itself. Default true. */
  readonly confirmDeletedRows?: boolean;
}

/** What `Submodel` takes beside the shape. */
export interface SubmodelOptions<K extends string = string> extends Pick<ModelOptions<K>, 'indexes' | 'uniques'> {
  /** A table of the class's own: a row is then in the parent's table and, with the same key, in this one. */
  readonly table?: string;
}

const optionsByRoot = new WeakMap<ModelClass, ModelOptions>();

/** Keeps the options of a class that was just made; its subclass may have a static `options` of its own. */
export function rememberModelOptions(root: ModelClass, options: ModelOptions): void {
  optionsByRoot.set(root, options);
}

/** The options that `model`, or the class it extends, was made with. */
export function modelOptionsOf(model: ModelClass): ModelOptions {
  return optionsByRoot.get(rootOf(model)) ?? {};
}
