import type { InstanceState } from '../state/instance-state.ts';
import type { Lifecycle } from '../state/lifecycle.ts';
import type { HookHost } from './hook-frame.ts';
import { HookFrame } from './hook-frame.ts';
import type { MoveEventName } from './move-events.ts';
import { MOVE_EVENTS, moveEvent } from './move-events.ts';
import type { ObjectEventName, SessionEventMap } from './session-events.ts';
import type { Listener } from './session-listeners.ts';
import { SessionListeners } from './session-listeners.ts';
import type { TransactionFacts } from './transaction-facts.ts';

type Detail<N extends keyof SessionEventMap> = Omit<SessionEventMap[N], 'session'>;

interface Move {
  readonly name: MoveEventName;
  readonly state: InstanceState;
}

interface Boundary {
  readonly name: 'transactionCreate' | 'transactionEnd';
  readonly transaction: TransactionFacts;
}

/** Calls the listeners of one session, one after the other, each as an owner of the turn that waits for it. */
export class SessionHooks {
  readonly listeners = new SessionListeners();
  readonly #session: object;
  readonly #host: HookHost;
  /** Objects that have moved and nobody was told of yet → where from. Several moves on end are told as one. */
  readonly #moves = new Map<InstanceState, Lifecycle>();
  /** Transactions were opened or left and nobody was told yet. */
  #boundaries: Boundary[] = [];
  /** Listeners called by methods that cannot wait: the next operation does. */
  #owed: Promise<void>[] = [];

  constructor(session: object, host: HookHost) {
    this.#session = session;
    this.#host = host;
  }

  /** Whether anybody listens: what nobody wants is not even put together. */
  wants(...names: readonly (keyof SessionEventMap | ObjectEventName)[]): boolean {
    return !this.listeners.isEmpty && names.some((name) => this.listeners.has(name));
  }

  /** Calls all listeners; the first error ends it and is the operation's. */
  async emit<N extends keyof SessionEventMap>(name: N, detail: Detail<N>): Promise<void> {
    for (const listener of this.#of(name)) await this.#call(name, listener, detail);
  }

  /** The same for an event about one object. */
  async emitFor(name: ObjectEventName, state: InstanceState): Promise<void> {
    const { entity } = state;
    for (const listener of this.#of(name, entity)) await this.#call(name, listener, { object: entity });
  }

  /** Calls all listeners of what has happened already, whatever the others do. Resolves to their errors. */
  async tell<N extends keyof SessionEventMap>(name: N, detail: Detail<N>): Promise<unknown[]> {
    return this.#tellAll(this.#of(name), name, detail);
  }

  /** Notes that an object has moved; to be called after the move. */
  moved(state: InstanceState, from: Lifecycle): void {
    if (this.wants(...MOVE_EVENTS) && !this.#moves.has(state)) this.#moves.set(state, from);
  }

  /** Takes note of an object that was loaded; undefined when nobody wants to know. */
  get noteLoaded(): ((state: InstanceState) => void) | undefined {
    return this.wants('loadedAsPersistent') ? (state) => this.moved(state, 'transient') : undefined;
  }

  /** Tells of moves; resolves to the errors of listeners. */
  async tellMoves(): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const { name, state } of this.#takeMoves()) {
      errors.push(...(await this.#tellAll(this.#of(name, state.entity), name, { object: state.entity })));
    }
    return errors;
  }

  /** Tells of moves made by a method that cannot wait. @throws the first error of a listener, after all were called. */
  tellMovesNow(): void {
    const errors: unknown[] = [];
    for (const { name, state } of this.#takeMoves()) {
      for (const listener of this.#of(name, state.entity)) this.#callNow(name, listener, state, errors);
    }
    surface(errors);
  }

  /** The same for a method in the middle of which nothing may be thrown: errors are the next operation's. */
  tellMovesQuietly(): void {
    try {
      this.tellMovesNow();
    } catch (error) {
      const failure = Promise.reject(error);
      failure.catch(() => {});
      this.#owed.push(failure);
    }
  }

  created(transaction: TransactionFacts): void {
    if (this.wants('transactionCreate')) this.#boundaries.push({ name: 'transactionCreate', transaction });
  }

  ended(transaction: TransactionFacts): void {
    if (this.wants('transactionEnd')) this.#boundaries.push({ name: 'transactionEnd', transaction });
  }

  get hasBoundaries(): boolean {
    return this.#boundaries.length > 0;
  }

  /** Tells of transactions that were opened or left; resolves to the errors of listeners. */
  async tellBoundaries(): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (let next = this.#boundaries.shift(); next !== undefined; next = this.#boundaries.shift()) {
      errors.push(...(await this.tell(next.name, { transaction: next.transaction })));
    }
    return errors;
  }

  /**
   * Tells what a rollback has undone: moves, the rollback itself, and the transactions that were left by it.
   *
   * @param isRolledBack - the database has rolled the whole transaction back, just now.
   * @returns the errors of listeners.
   */
  async tellUndone(left: readonly TransactionFacts[], isRolledBack: boolean): Promise<unknown[]> {
    if (this.listeners.isEmpty) return [];
    const errors = await this.tellMoves();
    if (isRolledBack) errors.push(...(await this.tell('afterRollback', {})));
    errors.push(...(await this.tellBoundaries()));
    for (const transaction of left) errors.push(...(await this.tell('afterSoftRollback', { transaction })));
    return errors;
  }

  /** Whether a turn has to `settle` first. */
  get isSettled(): boolean {
    return this.#owed.length === 0 && this.#moves.size === 0;
  }

  /** Whether objects have moved that nobody was told of. */
  get hasNews(): boolean {
    return this.#moves.size > 0;
  }

  /** Waits for listeners that nobody could wait for; resolves to their errors. */
  async settle(): Promise<unknown[]> {
    const outcomes = await Promise.allSettled(this.#owed.splice(0));
    const errors: unknown[] = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    return [...errors, ...(await this.tellMoves())];
  }

  #takeMoves(): Move[] {
    const moves = Array.from(this.#moves, ([state, from]) => ({ name: moveEvent(from, state.lifecycle), state }));
    this.#moves.clear();
    return moves.filter((move): move is Move => move.name !== undefined);
  }

  #of(name: string, object?: object): readonly Listener[] {
    return this.listeners.isEmpty ? [] : this.listeners.of(name, object);
  }

  async #tellAll(listeners: readonly Listener[], name: string, detail: object): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const listener of listeners) {
      try {
        await this.#call(name, listener, detail);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }

  async #call(name: string, listener: Listener, detail: object): Promise<void> {
    const frame = new HookFrame(this.#host, name);
    try {
      // Awaited inside the frame: what a listener returns may be a query.
      await frame.enter(async () => await listener({ ...detail, session: this.#session }));
    } finally {
      await frame.end();
    }
  }

  #callNow(name: string, listener: Listener, { entity }: InstanceState, errors: unknown[]): void {
    const frame = new HookFrame(this.#host, name);
    try {
      const result = frame.enter(() => listener({ object: entity, session: this.#session }));
      if (isThenable(result)) this.#owe(frame, result);
      else frame.close();
    } catch (error) {
      frame.close();
      errors.push(error);
    }
  }

  #owe(frame: HookFrame, result: PromiseLike<unknown>): void {
    const done = frame.enter(async () => {
      try {
        await result;
      } finally {
        frame.close();
      }
    });
    // Whoever settles looks at it again; until then a rejection is nobody's mistake.
    done.catch(() => {});
    this.#owed.push(done);
  }
}

/** Throws the first of several errors; the others become warnings. */
export function surface(errors: readonly unknown[]): void {
  const [first, ...others] = errors;
  warnOf(others);
  if (errors.length > 0) throw first;
}

/** Says what cannot be thrown, because something else is being thrown or nothing may be. */
export function warnOf(errors: readonly unknown[]): void {
  for (const error of errors) process.emitWarning(error instanceof Error ? error : String(error));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
