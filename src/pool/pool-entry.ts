import { PoolStateError } from '../errors/pool-errors.ts';
import type { QueueLinks } from '../util/linked-queue.ts';
import type { Loan } from './loan.ts';

/**
 * Where a connection is in its life. All but `gone` hold a place in the pool.
 *
 * `abandoned`: being opened, though nobody wants it any more; one that arrives all the same is welcome. `checking`: being pinged. `gone`: closed or detached.
 */
export type EntryState = 'connecting' | 'abandoned' | 'idle' | 'checking' | 'leased' | 'resetting' | 'closing' | 'gone';

const MOVES: Record<EntryState, readonly EntryState[]> = {
  connecting: ['leased', 'idle', 'abandoned', 'closing', 'gone'],
  abandoned: ['leased', 'idle', 'closing', 'gone'],
  idle: ['leased', 'checking', 'closing', 'gone'],
  checking: ['leased', 'idle', 'closing', 'gone'],
  leased: ['idle', 'leased', 'checking', 'resetting', 'closing', 'gone'],
  resetting: ['leased', 'idle', 'closing', 'gone'],
  closing: ['gone'],
  gone: [],
};

/** What can be told to give up opening a connection. */
export interface Abortable {
  abort(): void;
}

/** One place in the pool: its connection, once there is one, and its dates. */
export class PoolEntry<C> implements QueueLinks<PoolEntry<C>> {
  state: EntryState = 'connecting';
  /** The pool's generation when this began to connect; an older one than the pool's must not be lent. */
  readonly generation: number;
  /** The circuit's round when this began to connect. */
  readonly round: number;
  /** When it began to connect. */
  readonly startedAt: number;
  /** When the caller came for whom it began, as a number that grows; 0 when it was for nobody. */
  readonly arrival: number;
  /** When the connection is to be replaced. */
  expiresAt = Infinity;
  /** By which part its dates come early, so that those of one birth do not all come together. */
  haste = 0;
  /** How often it was lent. */
  uses = 0;
  /** When its last holder gave it back, or it arrived. Kept only where something depends on it. */
  idleSince = 0;
  /** When it was last known to be alive: then, or at a ping. */
  aliveAt = 0;
  /** When its reset or its close began, while it is `resetting` or `closing`. */
  inHandSince = 0;
  /** When the test began, while it is `checking`. */
  checkedSince = 0;
  /** True when it must not be lent untested, whatever the options say. */
  isDoubtful = false;
  /** True when a holder lost it: nobody knows whether the work in it is whole. */
  isLost = false;
  /** What the program notes of this connection, once it does. */
  info: Map<unknown, unknown> | undefined = undefined;
  /** While it connects. */
  attempt: Abortable | undefined = undefined;
  /** While it is leased. */
  loan: Loan | undefined = undefined;
  previous: PoolEntry<C> | undefined = undefined;
  next: PoolEntry<C> | undefined = undefined;
  queue: unknown = undefined;
  #connection: C | undefined = undefined;

  constructor(birth: { generation: number; round: number; startedAt: number; arrival: number }) {
    this.generation = birth.generation;
    this.round = birth.round;
    this.startedAt = birth.startedAt;
    this.arrival = birth.arrival;
  }

  /** Only for an entry that has arrived. */
  get connection(): C {
    return this.#connection as C;
  }

  arrive(connection: C, dates: { now: number; expiresAt: number; haste: number }): void {
    this.#connection = connection;
    this.expiresAt = dates.expiresAt;
    this.haste = dates.haste;
    this.idleSince = dates.now;
    this.aliveAt = dates.now;
    this.attempt = undefined;
  }

  /** @throws {PoolStateError} POOL_ILLEGAL_MOVE - when `to` cannot follow. */
  move(to: EntryState): void {
    const from = this.state;
    // Lending and taking back are most of what happens: they need no look at the table.
    const isEveryday = from === 'leased' ? to === 'leased' || to === 'idle' : from === 'idle' && to === 'leased';
    if (!isEveryday && !MOVES[from].includes(to)) throw PoolStateError.between(from, to);
    this.state = to;
  }
}
