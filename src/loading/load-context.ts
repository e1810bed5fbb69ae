import type { Dialect } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { ManyToMany, Mapper } from '../mapping/mapper.ts';
import type { Statement } from '../sql/statement.ts';
import type { IdentityMap } from '../state/identity-map.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import type { RowFilters } from './query-spec.ts';

/** Who remembers what a rollback makes of rows that join objects. */
export interface AssociationNotes {
  /** Called before rows of an association are written. */
  noteWrite(association: Mapper): void;
  /** Called with each collection that was read from an association's rows. */
  noteRead(state: InstanceState, relationship: ManyToMany): void;
}

/** What loading needs of a session: a place for objects and a way to run statements. */
export interface LoadContext {
  readonly dialect: Dialect;
  readonly identity: IdentityMap;
  readonly owner: StateOwner;
  /** Pending objects: no row of theirs can be read yet. */
  readonly added: Iterable<InstanceState>;
  /** Number of the transaction that reads now: rows seen in an earlier one are stale. */
  readonly transaction: number;
  /** The context for a model's own statements: models may live in several databases. */
  boundTo(mapper: Mapper): LoadContext;
  /** Called with each object that a row brought into the session; undefined when nobody wants to know. */
  readonly noteLoaded?: ((state: InstanceState) => void) | undefined;
  /** What rows must meet to be seen; undefined when all may be. */
  readonly filters?: RowFilters | undefined;
  readonly associations: AssociationNotes;
  execute(statement: Statement, parameters: readonly unknown[]): Promise<DriverResult>;
}
