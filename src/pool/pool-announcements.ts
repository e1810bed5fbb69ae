import { channel } from 'node:diagnostics_channel';

import type {
  CloseFailureEvent,
  CollectEvent,
  ConnectionEvent,
  InvalidateEvent,
  LeakEvent,
  LeaseEvent,
  OverdueEvent,
  OverdueReturnEvent,
  ReleaseEvent,
  TimeoutEvent,
} from './pool-events.ts';

/** Name of an event → what its listeners get. */
export interface PoolEventMap {
  /** A connection is open and prepared. */
  connect: ConnectionEvent;
  /** It is lent; its lease is on the way to the caller. */
  checkout: LeaseEvent;
  /** It was made as new after its holder gave it back. */
  reset: ConnectionEvent;
  /** Its holder gave it back, or the collector did; before it is reset. */
  release: ReleaseEvent;
  /** It, or all older ones, must not be lent any more. */
  invalidate: InvalidateEvent;
  /** It is its holder's for good. */
  detach: LeaseEvent;
  /** It is closed, or dropped. */
  close: ConnectionEvent;
  'close-failed': CloseFailureEvent;
  timeout: TimeoutEvent;
  leak: LeakEvent;
  collect: CollectEvent;
  overdue: OverdueEvent;
  'overdue-return': OverdueReturnEvent;
}

export type PoolEventName = keyof PoolEventMap;
export type PoolListener<N extends PoolEventName> = (event: PoolEventMap[N]) => void;

export const POOL_EVENT_NAMES = [
  'connect',
  'checkout',
  'reset',
  'release',
  'invalidate',
  'detach',
  'close',
  'close-failed',
  'timeout',
  'leak',
  'collect',
  'overdue',
  'overdue-return',
] as const satisfies readonly PoolEventName[];

/** Those of all pools: `hermetic:pool:release` and so forth. */
const channels = new Map(POOL_EVENT_NAMES.map((name) => [name, channel(`hermetic:pool:${name}`)]));
const checkouts = channel('hermetic:pool:checkout');
const releases = channel('hermetic:pool:release');

type Listeners = { readonly [N in PoolEventName]: PoolListener<N>[] };

/** Tells what happens in one pool: its own listeners, in the order in which they came, and the channels of all pools. */
export class PoolAnnouncements {
  readonly #listeners: Listeners = {
    connect: [],
    checkout: [],
    reset: [],
    release: [],
    invalidate: [],
    detach: [],
    close: [],
    'close-failed': [],
    timeout: [],
    leak: [],
    collect: [],
    overdue: [],
    'overdue-return': [],
  };
  /** How many there are. */
  #count = 0;

  /** Whether anybody may want to hear of checkouts. Asked at each, so as cheap as can be. */
  get hearsCheckouts(): boolean {
    return this.#count > 0 || checkouts.hasSubscribers;
  }

  get hearsReleases(): boolean {
    return this.#count > 0 || releases.hasSubscribers;
  }

  /** @returns what removes the listener again. */
  on<N extends PoolEventName>(name: N, listener: PoolListener<N>): () => void {
    const listeners: PoolListener<N>[] = this.#listeners[name];
    listeners.push(listener);
    this.#count += 1;
    return () => {
      const position = listeners.indexOf(listener);
      if (position < 0) return;
      listeners.splice(position, 1);
      this.#count -= 1;
    };
  }

  /** Tells those as well who listen to another pool now. */
  adopt(other: PoolAnnouncements): void {
    for (const name of POOL_EVENT_NAMES) this.#adopt(name, other);
  }

  /** @param describe - called only when somebody listens. A listener that throws harms nobody else. */
  tell<N extends PoolEventName>(name: N, describe: () => PoolEventMap[N]): void {
    const listeners: PoolListener<N>[] = this.#listeners[name];
    const all = channels.get(name);
    if (listeners.length === 0 && all?.hasSubscribers !== true) return;
    const event = describe();
    all?.publish(event);
    for (const listener of listeners.slice()) {
      try {
        listener(event);
      } catch (error) {
        // As diagnostics_channel does: a listener's mistake is the program's, never the pool's.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  /** @returns those that came along. */
  #adopt<N extends PoolEventName>(name: N, other: PoolAnnouncements): readonly PoolListener<N>[] {
    const listeners: PoolListener<N>[] = other.#listeners[name];
    for (const listener of listeners) this.on(name, listener);
    return listeners;
  }
}
