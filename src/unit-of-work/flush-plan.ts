import type { Association, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';

/** Foreign keys of some objects. */
export type LinksByState = ReadonlyMap<InstanceState, readonly ForeignKeyLink[]>;

/** New object → the object with the same primary key that is deleted in the same flush: its row becomes the new one's. */
export type Replacements = ReadonlyMap<InstanceState, InstanceState>;

/** Objects of one mapper that are written together, in this order. */
export type FlushStep = InsertStep | ReplaceStep | CutStep | PlainStep | PairStep | ClearStep;

interface Step {
  readonly mapper: Mapper;
  readonly states: readonly InstanceState[];
}

export interface PlainStep extends Step {
  readonly action: 'update' | 'delete';
}

export interface InsertStep extends Step {
  readonly action: 'insert';
  /** Foreign keys that stay null for now, because their parents come later; an update follows. */
  readonly deferred?: LinksByState;
}

/** Updates of rows whose old objects are deleted and whose new objects were added. */
export interface ReplaceStep extends Step {
  readonly action: 'replace';
  readonly replacements: Replacements;
}

/** Foreign keys set to null, so that rows which need each other can be deleted. */
export interface CutStep extends Step {
  readonly action: 'cut';
  readonly links: LinksByState;
}

/** Two objects that a row of an association joins. */
export interface Pair {
  readonly source: InstanceState;
  readonly target: InstanceState;
}

/** Rows of an association that come or go; `states` are the sources. */
export interface PairStep extends Step {
  readonly action: 'link' | 'unlink';
  readonly through: Association;
  readonly pairs: readonly Pair[];
}

/** Every row of an association goes that points at one of the states, which are to be deleted. */
export interface ClearStep extends Step {
  readonly action: 'clear';
  readonly link: ForeignKeyLink;
}

/** What a flush will do, in order: plain data, made before anything is written. */
export interface FlushPlan {
  readonly steps: readonly FlushStep[];
}

/** What a flush has to do, not yet in order. */
export interface FlushWork {
  /** In the order in which they were added. */
  readonly inserts: readonly InstanceState[];
  readonly updates: readonly InstanceState[];
  readonly deletes: readonly InstanceState[];
  /** Those of the inserts that take over the row of one of the deletes. */
  readonly replacements?: Replacements;
}
