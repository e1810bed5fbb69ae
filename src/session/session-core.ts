import type { Dialect } from '../dialects/dialect.ts';
import type { DriverResult } from '../driver/driver.ts';
import type { Engine } from '../engine/engine.ts';
import type { Executable } from '../engine/executable.ts';
import { SessionClosedError } from '../errors/session-errors.ts';
import { loadRelated } from '../loading/load-related.ts';
import type { Relationship } from '../mapping/mapper.ts';
import { IdentityMap } from '../state/identity-map.ts';
import { expireAttributes } from '../state/expiry.ts';
import type { InstanceState, StateOwner } from '../state/instance-state.ts';
import { alignMembership } from '../state/membership.ts';
import { knownRelated } from '../state/related.ts';
import { UNLOADED } from '../state/instance-state.ts';
import { executeFlush } from '../unit-of-work/execute-flush.ts';
import type { FlushContext } from '../unit-of-work/flush-context.ts';
import { planFlush } from '../unit-of-work/plan-flush.ts';
import { prepareFlush } from '../unit-of-work/prepare-flush.ts';
import { markRelated, settleRelated } from '../unit-of-work/settle.ts';
import type { CallSite } from '../util/call-site.ts';
import { captureCallSite } from '../util/call-site.ts';
import { LazyBatch } from './lazy-batch.ts';
import type { SessionSettings } from './session-options.ts';
import { SessionTransaction } from './session-transaction.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { WorkQueue } from './work-queue.ts';
import { WorkingSet } from './working-set.ts';

/** Endless hooks are a fault: a commit flushes at most so often. */
const FLUSHES_PER_COMMIT = 100;

const NONE: ReadonlySet<InstanceState> = new Set();

/**
 * What is behind a session: objects, transaction and queue, and the steps in which they change together. Every method
 * here runs inside a turn of the queue, so none of them takes one.
 */
export class SessionCore implements FlushContext, StateOwner {
  readonly session: object;
  readonly dialect: Dialect;
  readonly identity = new IdentityMap();
  readonly objects: WorkingSet;
  readonly transactions: SessionTransaction;
  readonly queue = new WorkQueue();
  readonly settings: SessionSettings;
  readonly #lazy: LazyBatch;
  #withoutAutoflush = 0;
  #isClosed = false;
  #isTerminated = false;

  constructor(session: object, engine: Engine, settings: SessionSettings) {
    this.session = session;
    this.dialect = engine.dialect;
    this.settings = settings;
    this.objects = new WorkingSet(this.identity, this);
    this.transactions = new SessionTransaction(engine, settings, session);
    this.#lazy = new LazyBatch((relationship, states) => this.#loadLazily(relationship, states));
  }

  get owner(): StateOwner {
    return this;
  }

  get transaction(): number {
    return this.transactions.number;
  }

  execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    return this.transactions.execute(executable, parameters);
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
    if (this.hasWork()) await this.write(() => this.#flushOnce());
  }

  /**
   * Runs statements that change rows: all of them or none. Outside a transaction in autocommit mode they get a short one of
   * their own; elsewhere a failure leaves the session waiting for `rollback()`.
   *
   * @param name - of a write that no object will stand for, such as `insertMany(User)`.
   */
  async write<T>(work: () => Promise<T>, name?: string): Promise<T> {
    const isOwn = this.settings.autocommit && this.transactions.level === undefined;
    if (isOwn) this.transactions.begin();
    else this.transactions.ensureLevel();
    try {
      const result = await work();
      if (name !== undefined) this.transactions.level?.bulkWrites.add(name);
      if (isOwn) await this.#commitLevel();
      return result;
    } catch (error) {
      if (isOwn) await this.rollback();
      else await this.fail(error);
      throw error;
    }
  }

  hasWork(): boolean {
    return this.objects.hasWork('all');
  }

  async commit(): Promise<void> {
    if (this.transactions.level === undefined && (this.settings.autocommit || !this.hasWork())) return this.flush();
    this.transactions.ensureLevel();
    for (let flushes = 0; this.hasWork() && flushes < FLUSHES_PER_COMMIT; flushes++) await this.flush();
    try {
      await this.#commitLevel();
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  /** Rolls the whole transaction back, savepoints included, and the objects with it. */
  async rollback(): Promise<void> {
    const levels = [...(this.transactions.level?.outward() ?? [])];
    await this.transactions.rollback();
    for (const level of levels) this.objects.rollBack(level.journal);
    if (levels.length === 0) this.objects.rollBack(new Map());
  }

  async beginNested(): Promise<TransactionLevel> {
    this.transactions.ensureLevel();
    await this.flush();
    return this.transactions.beginNested();
  }

  /** Releases a savepoint, and those inside it, after a flush. */
  async releaseNested(level: TransactionLevel): Promise<void> {
    this.transactions.ensureLevel();
    await this.flush();
    while (level.status === 'active') await this.transactions.releaseNested();
  }

  async rollbackNested(level: TransactionLevel): Promise<void> {
    for (const inner of this.transactions.level?.outward() ?? []) {
      await this.transactions.rollbackNested();
      if (inner.status !== 'failed') this.objects.rollBack(inner.journal);
      if (inner === level) return;
    }
  }

  /** Gives the connection back, rolled back, and lets all objects go. */
  async close(): Promise<void> {
    const levels = [...(this.transactions.level?.outward() ?? [])];
    await this.transactions.rollback();
    for (const level of levels) this.objects.disown(level.journal);
    this.objects.expungeAll();
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

  async #commitLevel(): Promise<void> {
    await this.transactions.commit();
    this.objects.committed();
    if (this.settings.expireOnCommit)
      for (const state of this.identity) expireAttributes(state, state.mapper.attributes.values());
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
