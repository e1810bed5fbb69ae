import type { DriverResult } from '../driver/driver.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Executable } from '../engine/executable.ts';
import type { RowFilters } from '../loading/query-spec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { IdentityMap } from '../state/identity-map.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import type { Bind } from './binds.ts';

/** A session's context, and a way to say where a statement goes. */
export interface RoutedContext extends FlushContext {
  executeOn(bind: Bind, executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult>;
}

/** A session as loading and flush see it for the models of one bind: same objects, that bind's SQL. */
export class BoundContext implements FlushContext {
  readonly #session: RoutedContext;
  readonly #bind: Bind;

  constructor(session: RoutedContext, bind: Bind) {
    this.#session = session;
    this.#bind = bind;
  }

  get dialect(): Dialect {
    return this.#bind.dialect;
  }

  get identity(): IdentityMap {
    return this.#session.identity;
  }

  get owner(): StateOwner {
    return this.#session.owner;
  }

  get transaction(): number {
    return this.#session.transaction;
  }

  get added(): Iterable<InstanceState> {
    return this.#session.added;
  }

  get associations(): FlushContext['associations'] {
    return this.#session.associations;
  }

  get filters(): RowFilters | undefined {
    return this.#session.filters;
  }

  get noteLoaded(): ((state: InstanceState) => void) | undefined {
    return this.#session.noteLoaded;
  }

  boundTo(mapper: Mapper): FlushContext {
    return this.#session.boundTo(mapper);
  }

  execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    return this.#session.executeOn(this.#bind, executable, parameters);
  }

  remember(state: InstanceState): void {
    this.#session.remember(state);
  }

  forget(state: InstanceState): void {
    this.#session.forget(state);
  }

  admit(state: InstanceState): void {
    this.#session.admit(state);
  }
}
