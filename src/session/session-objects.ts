import type { ModelClass } from '../mapping/mapper.ts';
import { requireState, stateOf } from '../state/entity.ts';
import { isModified } from '../state/inspect.ts';
import { reconcileTouched } from '../state/related.ts';
import type { Bind } from './binds.ts';
import { Binds, refuseTwoPhaseOnSome } from './binds.ts';
import { expire, expireEverything } from './expire.ts';
import { SessionCore } from './session-core.ts';
import type { ObjectEventName, SessionEventName, SessionListener } from './session-events.ts';
import type { Listener } from './session-listeners.ts';
import type { SessionSettings } from './session-options.ts';

/** The part of a session that is about objects in memory: nothing here runs SQL. */
export class SessionObjects implements Iterable<object> {
  readonly #core: SessionCore;

  constructor(bind: Bind | undefined, settings: SessionSettings) {
    const binds = new Binds(settings.bind ?? bind, settings.binds);
    if (settings.twophase) refuseTwoPhaseOnSome(binds);
    this.#core = new SessionCore(this, binds, settings);
  }

  /** What is behind a session; for the library alone. */
  static coreOf(session: SessionObjects): SessionCore {
    return session.#core;
  }

  /** Free for the program: tenant, user, anything that belongs to this conversation. */
  get info(): Record<string, unknown> {
    return this.#core.settings.info;
  }

  /** Who works here, as given in the options. */
  get label(): string | undefined {
    return this.#core.settings.label;
  }

  /** Objects that the next flush inserts. */
  get new(): object[] {
    reconcileTouched();
    return [...this.#core.objects.added].map((state) => state.entity);
  }

  /** Objects with a row that differ from it. */
  get dirty(): object[] {
    return this.#core.objects.dirty().map((state) => state.entity);
  }

  /** Objects that the next flush deletes. */
  get deleted(): object[] {
    return [...this.#core.objects.deleted].map((state) => state.entity);
  }

  /** Puts an object and what it is linked to into the session; the next flush writes them. Objects with a row come in as they are. */
  add(object: object): void {
    this.#core.refuseWork();
    this.#core.objects.add(requireState(object));
    this.#core.hooks.tellMovesNow();
  }

  addAll(objects: Iterable<object>): void {
    for (const object of objects) this.add(object);
  }

  /** Marks an object for deletion by the next flush, which also follows its `delete` cascades. */
  delete(object: object): void {
    this.#core.refuseWork();
    this.#core.objects.delete(requireState(object));
    this.#core.hooks.tellMovesNow();
  }

  /**
   * Forgets an object's values, edits included: `refresh`, or the next `get` or `find`, brings them back. Runs no SQL. Without
   * names it follows `refresh-expire` cascades; new objects that belong to it by `delete-orphan` leave the session.
   *
   * @param attributes - forget only these columns and relationships.
   * @throws {ObjectStateError} SESSION_NOT_PERSISTENT @throws {UnknownAttributeError} STATE_UNKNOWN_ATTRIBUTE
   */
  expire<E extends object>(object: E, attributes: readonly (keyof E & string)[] = []): void {
    expire(this.#core, requireState(object), attributes);
    this.#core.hooks.tellMovesNow();
  }

  /** Expires every persistent object; new ones stay as they are. */
  expireAll(): void {
    expireEverything(this.#core);
  }

  /** Takes an object out of the session; it keeps its values. @throws {ObjectStateError} SESSION_NOT_PRESENT */
  expunge(object: object): void {
    this.#core.objects.expunge(requireState(object));
    this.#core.hooks.tellMovesNow();
  }

  expungeAll(): void {
    this.#core.objects.expungeAll();
    this.#core.hooks.tellMovesNow();
  }

  /**
   * Calls `listener` at each such event of this session; with a model, for its objects only. Listeners are awaited, in
   * order. `docs/events.md` says what each may do.
   *
   * @returns what removes the listener again. @throws {SessionEventError} SESSION_UNKNOWN_EVENT
   * @example session.on('beforeFlush', ({ session }) => stamp(session.dirty));
   * @example session.on(User, 'beforeInsert', ({ object }) => void (object.createdAt = new Date()));
   */
  on<N extends SessionEventName>(event: N, listener: SessionListener<N, this>): () => void;
  on<C extends ModelClass, N extends ObjectEventName>(
    model: C,
    event: N,
    listener: SessionListener<N, this, InstanceType<C>>,
  ): () => void;
  on(...args: readonly [string, Listener] | readonly [ModelClass, string, Listener]): () => void {
    return this.#core.hooks.listeners.on(...args);
  }

  has(object: object): boolean {
    const state = stateOf(object);
    return state !== undefined && this.#core.objects.has(state);
  }

  /**
   * Whether a flush would write something for this object, or one of its collections has other members. Runs no SQL.
   *
   * @param options - `collections: false` leaves collections out.
   */
  isModified(object: object, options: { readonly collections?: boolean } = {}): boolean {
    const state = requireState(object);
    reconcileTouched();
    return isModified(state, options.collections ?? true);
  }

  [Symbol.iterator](): Iterator<object> {
    return [...this.#core.objects.all()].map((state) => state.entity)[Symbol.iterator]();
  }
}
