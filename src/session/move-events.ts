import type { Lifecycle } from '../state/lifecycle.ts';
import type { ObjectEventName } from './session-events.ts';

export type MoveEventName = Exclude<ObjectEventName, `before${string}` | `after${string}`>;

type Moves = Readonly<Partial<Record<Lifecycle, Readonly<Partial<Record<Lifecycle, MoveEventName>>>>>>;

/** from → to → the event that tells of it. */
const EVENTS: Moves = {
  transient: { pending: 'transientToPending', persistent: 'loadedAsPersistent' },
  pending: { persistent: 'pendingToPersistent', transient: 'pendingToTransient' },
  persistent: { deleted: 'persistentToDeleted', detached: 'persistentToDetached', transient: 'persistentToTransient' },
  // Inserted, deleted and rolled back in one transaction: there never was a row.
  deleted: { persistent: 'deletedToPersistent', detached: 'deletedToDetached', transient: 'persistentToTransient' },
  detached: { persistent: 'detachedToPersistent' },
};

export const MOVE_EVENTS: readonly MoveEventName[] = Object.values(EVENTS).flatMap((to) => Object.values(to));

/** What a move from state to state is called; undefined when nothing moved. */
export function moveEvent(from: Lifecycle, to: Lifecycle): MoveEventName | undefined {
  return EVENTS[from]?.[to];
}
