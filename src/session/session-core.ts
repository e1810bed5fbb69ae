import type { Dialect } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { Executable } from '../engine/executable.ts';
import { EndlessFlushError } from '../errors/hook-errors.ts';
import { SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import { ReadOnlySessionError } from '../errors/transaction-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { IdentityMap } from '../state/identity-map.ts';
import { expireAll } from '../state/expiry.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import type { FlushStep } from '../unit-of-work/flush-plan.ts';
import type { CallSite } from '../util/call-site.ts';
import { captureCallSite } from '../util/call-site.ts';
import { AssociationJournal } from './association-journal.ts';
import type { Bind, Binds } from './binds.ts';
import { BoundContext, type RoutedContext } from './bound-context.ts';
import { FlushRun, type FlushHost } from './flush-run.ts';
import { QuietFrame } from './hook-frame.ts';
import { LazyLoads, type LazyHost } from './lazy-loads.ts';
import { disownLevels, restoreLevel, restoreLevels } from './restore-levels.ts';
import { ROW_EVENTS, withRowHooks } from './row-hooks.ts';
import { SessionFilters } from './session-filters.ts';
import { SessionHooks, surface, warnOf } from './session-hooks.ts';
import type { SessionSettings } from './session-options.ts';
import { SessionTransaction } from './session-transaction.ts';
import { SessionTurns, type TurnHost } from './session-turns.ts';
import type { TransactionFacts } from './transaction-facts.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { TransactionNews, type NewsHost } from './transaction-news.ts';
import { describeUncommitted } from './uncommitted.ts';
import { warn } from './warn.ts';
import { WorkQueue } from './work-queue.ts';
import { WorkingSet } from './working-set.ts';

/** Listeners may leave work for another flush, but not for ever: a commit flushes at most so often. */
const FLUSHES_PER_COMMIT = 100;

/**
 * What is behind a session: objects, transaction and queue, and the steps in which they change together. Every method
 * here runs inside a turn of the queue, so none of them takes one.
 */
export class SessionCore implements RoutedContext, FlushHost, StateOwner, TurnHost, LazyHost, NewsHost {
  readonly session: object;
  readonly binds: Binds;
  readonly owner: StateOwner = this;
  readonly identity = new IdentityMap();
  readonly objects: WorkingSet;
  readonly transactions: SessionTransaction;
  readonly associations: AssociationJournal;
  readonly queue = new WorkQueue();
  readonly turns = new SessionTurns(this);
  readonly news = new TransactionNews(this);
  readonly hooks: SessionHooks;
  readonly #flush: FlushRun = new FlushRun(this);
  readonly settings: SessionSettings;
  readonly filters: SessionFilters | undefined;
  readonly reads: LazyLoads;
  /** One for each bind in use, where there are several. */
  readonly #contexts = new Map<Bind, BoundContext>();
  #isClosed = false;
  #isTerminated = false;

  constructor(session: object, binds: Binds, settings: SessionSettings) {
    this.session = session;
    this.binds = binds;
    this.settings = settings;
    this.filters = settings.filters.length === 0 ? undefined : new SessionFilters(settings.filters, settings, this);
    this.reads = new LazyLoads(this, settings);
    this.hooks = new SessionHooks(session, this);
    this.objects = new WorkingSet(this.identity, this, (state, from) => this.hooks.moved(state, from));
    this.transactions = new SessionTransaction(binds, settings, { holder: session, watch: this.news });
    this.associations = new AssociationJournal(this.transactions);
  }

  get transaction(): number {
    return this.transactions.number;
  }

  /** Of statements that name no model. */
  get dialect(): Dialect {
    return this.binds.default.dialect;
  }

  boundTo(mapper: Mapper): FlushContext {
    if (this.binds.isSingle) return this;
    const bind = this.binds.of(mapper);
    let context = this.#contexts.get(bind);
    if (context === undefined) this.#contexts.set(bind, (context = new BoundContext(this, bind)));
    return context;
  }

  get isFlushing(): boolean {
    return this.#flush.isRunning;
  }

  get noteLoaded(): ((state: InstanceState) => void) | undefined {
    return this.hooks.noteLoaded;
  }

  get writeStep(): FlushContext['writeStep'] {
    if (!this.hooks.wants(...ROW_EVENTS)) return undefined;
    const context = { hooks: this.hooks, context: this, inserting: this.objects.flushing };
    return (step: FlushStep, write) => withRowHooks(context, step, write);
  }

  execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    return this.transactions.execute(executable, parameters);
  }

  executeOn(bind: Bind, executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    return this.transactions.execute(executable, parameters, bind);
  }

  remember(state: InstanceState): void {
    this.transactions.level?.remember(state);
  }

  forget(state: InstanceState): void {
    this.objects.forget(state);
    // A flush tells of its own deletions, at its end.
    if (!this.isFlushing) this.hooks.moved(state, 'persistent');
  }

  admit(state: InstanceState): void {
    this.objects.admit(state);
  }

  get added(): Iterable<InstanceState> {
    return this.objects.added;
  }

  cascadeAdd(state: InstanceState): void {
    if (state.owner === this && state.lifecycle !== 'deleted') return;
    this.objects.add(state);
    this.hooks.tellMovesQuietly();
  }

  release(state: InstanceState): void {
    this.objects.evict(state);
    for (const level of this.transactions.level?.outward() ?? []) level.journal.delete(state);
    this.hooks.tellMovesNow();
  }

  /** Runs an operation when its turn has come; see `SessionTurns`. @throws {SessionClosedError} SESSION_CLOSED */
  async turn<T>(name: string, callSite: CallSite | undefined, work: () => Promise<T> | T): Promise<T> {
    this.refuseClosed();
    return this.turns.run(name, callSite, work);
  }

  /** Where the program is, if that may matter: a session that has its connection needs no line for it. */
  callSite(below: Function): CallSite | undefined {
    return this.transactions.hasConnection ? undefined : captureCallSite(below);
  }

  refuseClosed(): void {
    if (this.#isClosed) throw SessionClosedError.permanently();
  }

  /** Refuses work that needs a transaction where none may begin. To be called before anything is touched. */
  refuseWork(): void {
    this.refuseClosed();
    this.transactions.refuseUnbegun();
  }

  /** Flushes before a read, unless that is switched off. */
  async autoflush(): Promise<void> {
    const isOff = !this.settings.autoflush || this.isFlushing || QuietFrame.isAround(this);
    if (!isOff && this.objects.hasWork('held')) await this.flush();
  }

  async withoutAutoflush<T>(work: () => Promise<T> | T): Promise<T> {
    const frame = new QuietFrame(this);
    try {
      // Awaited inside the frame: what `work` returns may be a query.
      return await frame.enter(async () => await work());
    } finally {
      frame.close();
    }
  }

  /** Writes everything that is pending. Outside a transaction in autocommit mode it makes a short one of its own. */
  async flush(): Promise<void> {
    if (!this.hasWork()) return;
    if (this.settings.readOnly) throw ReadOnlySessionError.flush(describeUncommitted(this) ?? 'a relationship');
    const isScope = !this.#isOnItsOwn;
    await this.write(() => this.#flush.run(isScope ? this.transactions.level?.facts : undefined));
  }

  /**
   * Runs statements that change rows: all of them or none. Outside a transaction in autocommit mode they get a short one of
   * their own; elsewhere a failure leaves the session waiting for `rollback()`.
   *
   * @param name - of a write that no object will stand for, such as `insertMany(User)`.
   */
  async write<T>(work: () => Promise<T>, name?: string): Promise<T> {
    if (this.settings.readOnly) throw ReadOnlySessionError.write(name ?? 'a statement');
    const isOwn = this.#isOnItsOwn;
    if (isOwn) this.transactions.begin();
    else this.transactions.ensureLevel();
    let result: T;
    try {
      await this.news.announce();
      result = await work();
      if (name !== undefined) this.transactions.level?.bulkWrites.add(name);
      if (isOwn && this.hooks.wants('beforeCommit')) await this.hooks.emit('beforeCommit', {});
    } catch (error) {
      if (isOwn) warnOf(await this.#rollBack());
      else await this.fail(error);
      throw error;
    }
    if (isOwn) await this.#commitLevel();
    return result;
  }

  /** Whether what is written makes a transaction of its own. */
  get #isOnItsOwn(): boolean {
    return this.settings.autocommit && this.transactions.level === undefined;
  }

  hasWork(): boolean {
    return this.objects.hasWork('all');
  }

  async commit(): Promise<void> {
    this.transactions.refuseUnbegun();
    if (this.transactions.level === undefined && !this.#hasCommit()) return this.flush();
    if (this.transactions.level?.status !== 'prepared') await this.#flushAll();
    await this.#commitLevel();
  }

  /** Flushes, releases savepoints and has every engine promise to commit. */
  async prepare(): Promise<void> {
    await this.#flushAll();
    while (this.transactions.level?.parent !== undefined) await this.transactions.releaseNested();
    await this.#orRollBack(() => this.transactions.prepare());
  }

  /** Rolls the whole transaction back, savepoints included, and the objects with it. */
  async rollback(): Promise<void> {
    surface(await this.#rollBack());
  }

  async beginNested(): Promise<TransactionLevel> {
    this.transactions.ensureLevelFor('beginNested()');
    await this.flush();
    const level = await this.transactions.beginNested();
    await this.news.announce();
    return level;
  }

  /** Releases a savepoint, and those inside it, after a flush. */
  async releaseNested(level: TransactionLevel): Promise<void> {
    this.transactions.ensureLevel();
    await this.flush();
    try {
      while (level.status === 'active') await this.transactions.releaseNested();
    } catch (error) {
      if (level.status === 'active') await this.rollbackNested(level).catch(() => {});
      throw error;
    }
    surface(await this.hooks.tellBoundaries());
  }

  async rollbackNested(level: TransactionLevel): Promise<void> {
    const left: TransactionFacts[] = [];
    const errors: unknown[] = [];
    for (const inner of this.transactions.level?.outward() ?? []) {
      await this.transactions.rollbackNested().catch((error: unknown) => errors.push(error));
      restoreLevel(this.objects, inner);
      left.push(inner.facts);
      if (inner === level || errors.length > 0) break;
    }
    surface([...errors, ...(await this.hooks.tellUndone(left, false))]);
  }

  /** Gives the connection back, rolled back, and lets all objects go. */
  async close(): Promise<void> {
    const { transactions } = this;
    const { joined } = transactions;
    const levels = [...(transactions.level?.outward() ?? [])];
    try {
      await transactions.close();
    } finally {
      disownLevels(this.objects, this.binds, { levels, joined });
      this.objects.expungeAll();
    }
    if (this.hooks.listeners.isEmpty) return;
    surface([...(await this.hooks.tellMoves()), ...(await this.hooks.tellBoundaries())]);
  }

  get isTerminated(): boolean {
    return this.#isTerminated;
  }

  /** No further use, not even by what runs now or waits for a connection. */
  terminate(reason: unknown): void {
    this.#isTerminated = true;
    this.transactions.shut(reason);
    this.shut();
  }

  /** No further use. */
  shut(): void {
    this.#isClosed = true;
  }

  reopen(): void {
    this.#isClosed = false;
  }

  /** Tells of the transaction that was opened, for a block that does not even start when a listener fails. */
  announceOrEnd(): Promise<void> {
    return this.#orRollBack(() => this.news.announce());
  }

  /** Whether a commit outside a transaction has anything to do or to tell. */
  #hasCommit(): boolean {
    const { autocommit, autobegin } = this.settings;
    return !autocommit && (this.hasWork() || (autobegin && this.hooks.wants('beforeCommit', 'afterCommit')));
  }

  async #flushAll(): Promise<void> {
    this.transactions.ensureLevel();
    await this.news.announce();
    if (this.hooks.wants('beforeCommit')) await this.#orRollBack(() => this.hooks.emit('beforeCommit', {}));
    let flushes = 0;
    for (; flushes < FLUSHES_PER_COMMIT && this.hasWork(); flushes++) await this.flush();
    if (flushes === FLUSHES_PER_COMMIT && this.hasWork())
      await this.#orRollBack(() => Promise.reject(EndlessFlushError.after(flushes)));
  }

  async #commitLevel(): Promise<void> {
    try {
      await this.transactions.commit();
    } catch (error) {
      // What every engine has prepared will be committed, even if one of them could not be told.
      const isCommitted = this.transactions.level?.status === 'committed';
      warnOf(await (isCommitted ? this.#settleCommit() : this.#rollBack()));
      throw error;
    }
    surface(await this.#settleCommit());
  }

  /** The commit stands, whatever happens to the connections, or in listeners, from here on. Resolves to the errors of listeners. */
  async #settleCommit(): Promise<unknown[]> {
    const { hooks } = this;
    const errors: unknown[] = [];
    // First of all, so that no listener keeps the connections waiting.
    await this.transactions.end().catch((error: unknown) => errors.push(error));
    if (hooks.wants('afterCommit')) errors.push(...(await hooks.tell('afterCommit', {})));
    this.objects.committed();
    if (this.settings.expireOnCommit) for (const state of Array.from(this.identity)) expireAll(state);
    if (hooks.listeners.isEmpty) return errors;
    return [...errors, ...(await hooks.tellMoves()), ...(await hooks.tellBoundaries())];
  }

  /** The error of the work is the one to see. */
  async #orRollBack(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      warnOf(await this.#rollBack());
      throw error;
    }
  }

  /** Resolves to what went wrong meanwhile, on a server or in a listener. */
  async #rollBack(): Promise<unknown[]> {
    const levels = [...(this.transactions.level?.outward() ?? [])];
    const isUndone = levels.at(-1)?.isUndone ?? true;
    if (levels[0]?.status === 'failed' && this.hasWork()) warn(SessionTransactionError.changedWhileInactive());
    const errors: unknown[] = [];
    await this.transactions.rollback().catch((error: unknown) => errors.push(error));
    restoreLevels(this.objects, this.binds, levels);
    const left = levels.map(({ facts }) => facts);
    return [...errors, ...(await this.hooks.tellUndone(left, !isUndone))];
  }

  /** A failed flush undoes its level at once; the session then waits for `rollback()`. */
  async fail(error: unknown): Promise<void> {
    const { level } = this.transactions;
    await this.transactions.fail(error);
    if (level === undefined || level.isUndone) return;
    level.isUndone = true;
    restoreLevel(this.objects, level);
    level.clear();
    const left = this.#flush.leaveScope() ?? level.facts;
    warnOf(await this.hooks.tellUndone([left], level.parent === undefined));
  }
}
