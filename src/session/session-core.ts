import type { Dialect } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { Executable } from '../engine/executable.ts';
import { SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import { ReadOnlySessionError } from '../errors/transaction-errors.ts';
import { loadRelated } from '../loading/load-related.ts';
import type { Mapper, Relationship } from '../mapping/mapper.ts';
import { IdentityMap } from '../state/identity-map.ts';
import { expireAll } from '../state/expiry.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import { alignMembership } from '../state/membership.ts';
import { knownRelated, unload } from '../state/related.ts';
import { UNLOADED } from '../state/instance-state.ts';
import { executeFlush } from '../unit-of-work/execute-flush.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import { planFlush } from '../unit-of-work/plan-flush.ts';
import { prepareFlush } from '../unit-of-work/prepare-flush.ts';
import { markRelated, settleRelated } from '../unit-of-work/settle.ts';
import type { CallSite } from '../util/call-site.ts';
import { captureCallSite } from '../util/call-site.ts';
import type { Bind, Binds } from './binds.ts';
import { BoundContext } from './bound-context.ts';
import type { RoutedContext } from './bound-context.ts';
import { LazyBatch } from './lazy-batch.ts';
import type { SessionSettings } from './session-options.ts';
import { SessionTransaction } from './session-transaction.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { describeUncommitted } from './uncommitted.ts';
import { WorkQueue } from './work-queue.ts';
import { WorkingSet } from './working-set.ts';

/** Endless hooks are a fault: a commit flushes at most so often. */
const FLUSHES_PER_COMMIT = 100;

const NONE: ReadonlySet<InstanceState> = new Set();

/**
 * What is behind a session: objects, transaction and queue, and the steps in which they change together. Every method
 * here runs inside a turn of the queue, so none of them takes one.
 */
export class SessionCore implements RoutedContext, StateOwner {
  readonly session: object;
  readonly binds: Binds;
  readonly identity = new IdentityMap();
  readonly objects: WorkingSet;
  readonly transactions: SessionTransaction;
  readonly queue = new WorkQueue();
  readonly settings: SessionSettings;
  readonly #lazy: LazyBatch;
  /** One for each bind in use, where there are several. */
  readonly #contexts = new Map<Bind, BoundContext>();
  #withoutAutoflush = 0;
  #isClosed = false;
  #isTerminated = false;

  constructor(session: object, binds: Binds, settings: SessionSettings) {
    this.session = session;
    this.binds = binds;
    this.settings = settings;
    this.objects = new WorkingSet(this.identity, this);
    this.transactions = new SessionTransaction(binds, settings, session);
    this.#lazy = new LazyBatch((relationship, states) => this.#loadLazily(relationship, states));
  }

  get owner(): StateOwner {
    return this;
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
  }

  admit(state: InstanceState): void {
    this.objects.admit(state);
  }

  get added(): Iterable<InstanceState> {
    return this.objects.added;
  }

  cascadeAdd(state: InstanceState): void {
    if (state.owner !== this || state.lifecycle === 'deleted') this.objects.add(state);
  }

  release(state: InstanceState): void {
    this.objects.evict(state);
    for (const level of this.transactions.level?.outward() ?? []) level.journal.delete(state);
  }

  loadRelationship(state: InstanceState, relationship: Relationship): Promise<unknown> {
    return this.#lazy.load(state, relationship);
  }

  /**
   * Takes a turn in the queue; refuses it when the session is closed for good.
   *
   * @param callSite - the program's line, kept in case this turn takes a connection.
   */
  async turn<T>(name: string, callSite: CallSite | undefined, work: () => Promise<T> | T): Promise<T> {
    this.refuseClosed();
    return this.queue.run(name, async () => {
      this.transactions.callSite = callSite;
      try {
        return await work();
      } finally {
        this.transactions.endTurn();
        this.objects.sweep();
      }
    });
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
    if (this.settings.autoflush && this.#withoutAutoflush === 0 && this.objects.hasWork('held')) await this.flush();
  }

  async withoutAutoflush<T>(work: () => Promise<T> | T): Promise<T> {
    this.#withoutAutoflush++;
    try {
      return await work();
    } finally {
      this.#withoutAutoflush--;
    }
  }

  /** Writes everything that is pending. Outside a transaction in autocommit mode it makes a short one of its own. */
  async flush(): Promise<void> {
    if (!this.hasWork()) return;
    if (this.settings.readOnly) throw ReadOnlySessionError.flush(describeUncommitted(this) ?? 'a relationship');
    await this.write(() => this.#flushOnce());
  }

  /**
   * Runs statements that change rows: all of them or none. Outside a transaction in autocommit mode they get a short one of
   * their own; elsewhere a failure leaves the session waiting for `rollback()`.
   *
   * @param name - of a write that no object will stand for, such as `insertMany(User)`.
   */
  async write<T>(work: () => Promise<T>, name?: string): Promise<T> {
    if (this.settings.readOnly) throw ReadOnlySessionError.write(name ?? 'a statement');
    const isOwn = this.settings.autocommit && this.transactions.level === undefined;
    if (isOwn) this.transactions.begin();
    else this.transactions.ensureLevel();
    let result: T;
    try {
      result = await work();
      if (name !== undefined) this.transactions.level?.bulkWrites.add(name);
    } catch (error) {
      if (isOwn) await this.rollback();
      else await this.fail(error);
      throw error;
    }
    if (isOwn) await this.#commitLevel();
    return result;
  }

  hasWork(): boolean {
    return this.objects.hasWork('all');
  }

  async commit(): Promise<void> {
    this.transactions.refuseUnbegun();
    if (this.transactions.level === undefined && (this.settings.autocommit || !this.hasWork())) return this.flush();
    if (this.transactions.level?.status !== 'prepared') await this.#flushAll();
    await this.#commitLevel();
  }

  /** Flushes, releases savepoints and has every engine promise to commit. */
  async prepare(): Promise<void> {
    await this.#flushAll();
    while (this.transactions.level?.parent !== undefined) await this.transactions.releaseNested();
    try {
      await this.transactions.prepare();
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  /** Rolls the whole transaction back, savepoints included, and the objects with it. */
  async rollback(): Promise<void> {
    const levels = [...(this.transactions.level?.outward() ?? [])];
    if (levels[0]?.status === 'failed' && this.hasWork()) warnOfLostChange();
    try {
      await this.transactions.rollback();
    } finally {
      this.#restore(levels);
    }
  }

  async beginNested(): Promise<TransactionLevel> {
    this.transactions.ensureLevelFor('beginNested()');
    await this.flush();
    return this.transactions.beginNested();
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
  }

  async rollbackNested(level: TransactionLevel): Promise<void> {
    for (const inner of this.transactions.level?.outward() ?? []) {
      try {
        await this.transactions.rollbackNested();
      } finally {
        this.objects.rollBack(inner.journal);
      }
      if (inner === level) return;
    }
  }

  /** Gives the connection back, rolled back, and lets all objects go. */
  async close(): Promise<void> {
    const { transactions } = this;
    const lost = transactions.isCallersToEnd ? [] : [...(transactions.level?.outward() ?? [])];
    try {
      await transactions.close();
    } finally {
      for (const level of lost) this.objects.disown(level.journal);
      this.objects.expungeAll();
    }
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

  async #flushOnce(): Promise<void> {
    const { objects } = this;
    const replacements = await prepareFlush(this, objects);
    const inserts = [...objects.added];
    const plan = planFlush({ inserts, updates: objects.changed(), deletes: [...objects.deleted], replacements });
    const marks = markRelated([...this.identity, ...inserts]);
    const written = new Set([...plan.steps.flatMap((step) => step.states), ...replacements.values()]);
    objects.flushing = new Set(inserts);
    try {
      await executeFlush(this, plan);
    } finally {
      objects.flushing = NONE;
    }
    for (const state of inserts) objects.added.delete(state);
    settleRelated(marks, this.transaction);
    alignMembership(this.identity, written);
  }

  async #flushAll(): Promise<void> {
    this.transactions.ensureLevel();
    for (let flushes = 0; this.hasWork() && flushes < FLUSHES_PER_COMMIT; flushes++) await this.flush();
  }

  async #commitLevel(): Promise<void> {
    try {
      await this.transactions.commit();
    } catch (error) {
      // What every engine has prepared will be committed, even if one of them could not be told.
      if (this.transactions.level?.status === 'committed') await this.#settleCommit();
      else await this.rollback();
      throw error;
    }
    await this.#settleCommit();
  }

  /** The commit stands, whatever happens to the connections from here on. */
  async #settleCommit(): Promise<void> {
    this.objects.committed();
    if (this.settings.expireOnCommit)
      for (const state of Array.from(this.identity)) expireAll(state);
    await this.transactions.end();
  }

  /** Puts objects back to how they were before these levels, innermost first, but for those whose engine has committed. */
  #restore(levels: readonly TransactionLevel[]): void {
    const committedOn = levels.at(-1)?.committedOn;
    for (const { journal } of levels) {
      if (committedOn !== undefined && committedOn.size > 0) this.#keepCommitted(journal, committedOn);
      this.objects.rollBack(journal);
    }
    if (levels.length === 0) this.objects.rollBack(new Map());
    if (committedOn !== undefined && committedOn.size > 0) this.objects.committed();
  }

  /** Their rows stand; what they hold of engines that have not committed does not. */
  #keepCommitted(journal: Map<InstanceState, unknown>, committedOn: ReadonlySet<Bind>): void {
    for (const state of journal.keys()) {
      if (!committedOn.has(this.binds.of(state.mapper))) continue;
      journal.delete(state);
      for (const relationship of state.mapper.relationships)
        if (!committedOn.has(this.binds.of(relationship.target))) unload(state, relationship);
    }
  }

  /** A failed flush undoes its level at once; the session then waits for `rollback()`. */
  async fail(error: unknown): Promise<void> {
    const { level } = this.transactions;
    await this.transactions.fail(error);
    if (level === undefined) return;
    this.objects.rollBack(level.journal);
    level.clear();
  }

  async #loadLazily(relationship: Relationship, states: readonly InstanceState[]): Promise<void> {
    const line = `lazy load of ${relationship.mapper.name}.${relationship.property}`;
    await this.turn('lazy load', { line }, async () => {
      const wanting = states.filter((state) => state.owner === this && knownRelated(state, relationship) === UNLOADED);
      if (wanting.length === 0) return;
      await this.autoflush();
      await loadRelated(this, wanting, relationship);
    });
  }
}

function warnOfLostChange(): void {
  const { message, code } = SessionTransactionError.changedWhileInactive();
  process.emitWarning(message, { type: 'HermeticWarning', code });
}
