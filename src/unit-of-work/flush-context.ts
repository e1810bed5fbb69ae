import type { LoadContext } from '../loading/load-context.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';

/** What a flush needs of a session: what loading needs, and somebody who remembers how objects were. */
export interface FlushContext extends LoadContext {
  boundTo(mapper: Mapper): FlushContext;
  /** Called before an object's row changes, so that a rollback can put it back. */
  remember(state: InstanceState): void;
  /** Puts an object under its new key into the identity map; whoever had that key has no row any more. */
  admit(state: InstanceState): void;
  /** Called when an object has left the identity map because its row is deleted. */
  forget(state: InstanceState): void;
}
