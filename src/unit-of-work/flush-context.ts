import type { LoadContext } from '../loading/load-context.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { FlushStep } from './flush-plan.ts';

/** What a flush needs of a session: what loading needs, and somebody who remembers how objects were. */
export interface FlushContext extends LoadContext {
  boundTo(mapper: Mapper): FlushContext;
  /** Called before an object's row changes, so that a rollback can put it back. */
  remember(state: InstanceState): void;
  /** Puts an object under its new key into the identity map; whoever had that key has no row any more. */
  admit(state: InstanceState): void;
  /** Carries one step out, with what has to come before and after it; undefined when nothing has to. */
  readonly writeStep?: ((step: FlushStep, write: () => Promise<void>) => Promise<void>) | undefined;
  /** Called when an object has left the identity map because its row is deleted. */
  forget(state: InstanceState): void;
}
