import { AsyncLocalStorage } from 'node:async_hooks';

import { ReentrantCallError } from '../errors/hook-errors.ts';
import { MOVE_EVENTS } from './move-events.ts';
import { WorkQueue } from './work-queue.ts';

/** Entered only while a listener or a `noAutoflush` block runs: otherwise it costs nothing. */
const storage = new AsyncLocalStorage<Frame>();

/** A piece of the program that runs on behalf of a session, as what it calls can see it. */
export class Frame {
  /** The session's core. */
  readonly owner: object;
  readonly #outer: Frame | undefined;
  #isOpen = true;

  constructor(owner: object) {
    this.owner = owner;
    this.#outer = openFrom(storage.getStore());
  }

  /** False once its work has ended: what that left running belongs to nobody. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get outer(): Frame | undefined {
    return openFrom(this.#outer);
  }

  enter<T>(work: () => T): T {
    return storage.run(this, work);
  }

  close(): void {
    this.#isOpen = false;
  }

  /** The innermost open frame around the caller that fits. */
  static find<F extends Frame>(owner: object, kind: new (...args: never[]) => F): F | undefined {
    for (let frame = openFrom(storage.getStore()); frame !== undefined; frame = frame.outer) {
      if (frame.owner === owner && frame instanceof kind) return frame;
    }
    return undefined;
  }
}

/** A `noAutoflush` block. */
export class QuietFrame extends Frame {
  static isAround(owner: object): boolean {
    return Frame.find(owner, QuietFrame) !== undefined;
  }
}

/** What a frame needs to know of its session. */
export interface HookHost {
  readonly isFlushing: boolean;
  /** Of the session's turns. */
  readonly queue: WorkQueue;
}

/**
 * One listener while it runs, inside an operation of its session that waits for it.
 *
 * What it calls on that session is done at once, within the operation's turn, or refused by name: waiting for a turn
 * would be waiting for itself.
 */
export class HookFrame extends Frame {
  readonly hook: string;
  readonly #host: HookHost;
  /** The operation that waits for the listener. */
  readonly #running: string;
  /** The listener's own calls, one at a time. */
  readonly queue = new WorkQueue();

  constructor(host: HookHost, hook: string) {
    super(host);
    this.hook = hook;
    this.#host = host;
    this.#running = (HookFrame.of(host)?.queue ?? host.queue).running ?? 'begin';
  }

  /** The listener that the caller is part of, if it is one of this session's and still runs. */
  static of(host: HookHost): HookFrame | undefined {
    return Frame.find(host, HookFrame);
  }

  /** Runs an operation of the session within the turn that waits for this listener. @throws {ReentrantCallError} */
  async run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    this.refuse(operation);
    return this.queue.run(operation, work);
  }

  /** @throws {ReentrantCallError} SESSION_REENTRANT_CALL - the operation cannot be done inside this listener. */
  refuse(operation: string): void {
    const { hook } = this;
    if (MOVES.has(hook)) throw ReentrantCallError.watching(operation, hook);
    const state = STATES_WITHOUT_SQL.get(hook);
    if (state !== undefined) throw ReentrantCallError.inState(state, operation, hook);
    if (operation === 'flush' && this.#host.isFlushing) {
      throw ReentrantCallError.flushing(operation, this.#running, hook);
    }
    if (BOUNDARIES.has(operation)) throw ReentrantCallError.ending(operation, this.#running, hook);
  }

  /** The listener has ended: waits for what it started, and takes nothing more. */
  end(): Promise<void> {
    this.close();
    return this.queue.idle();
  }
}

const MOVES: ReadonlySet<string> = new Set(MOVE_EVENTS);

/** Listeners that are called when the transaction has ended. */
const STATES_WITHOUT_SQL: ReadonlyMap<string, string> = new Map([
  ['afterCommit', 'committed'],
  ['afterRollback', 'inactive'],
  ['transactionEnd', 'closed'],
]);

/** Operations that begin or end what the waiting operation is in the middle of. */
const BOUNDARIES: ReadonlySet<string> = new Set([
  'begin',
  'beginNested',
  'prepare',
  'commit',
  'rollback',
  'close',
  'reset',
  'invalidate',
  'remove',
]);

function openFrom(frame: Frame | undefined): Frame | undefined {
  let open = frame;
  while (open !== undefined && !open.isOpen) open = open.outer;
  return open;
}
