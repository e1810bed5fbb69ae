import { rootOf } from './mapped-class.ts';
import type { ModelClass } from './mapper.ts';

/** One index over several columns: its properties alone, or with a name for it. */
export type IndexOption<K extends string = string> = readonly K[] | { readonly columns: readonly K[]; readonly name?: string };

/** What `Model` takes beside the shape: what concerns several columns at once. */
export interface ModelOptions<K extends string = string> {
  /** Indexes over several columns, by property name. */
  readonly indexes?: readonly IndexOption<K>[];
  /** Columns that together hold the same values in no two rows, by property name. */
  readonly uniques?: readonly IndexOption<K>[];
}

/** The options that the class `Model` made, `model` or the one it extends, was made with. */
export function modelOptionsOf(model: ModelClass): ModelOptions {
  const { options } = rootOf(model) as { options?: ModelOptions };
  return options ?? {};
}
