import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';

/** Objects of one mapper that are written together, in this order. */
export interface FlushStep {
  readonly action: 'insert' | 'update' | 'delete';
  readonly mapper: Mapper;
  readonly states: readonly InstanceState[];
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
}
