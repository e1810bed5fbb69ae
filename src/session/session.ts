import type { Kysely } from 'kysely';

import type { DriverResult } from '../driver/driver.ts';
import type { Connection } from '../engine/connection.ts';
import type { Engine } from '../engine/engine.ts';
import type { Executable } from '../engine/executable.ts';
import { NoResultError, ObjectStateError, SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import { addPath, NO_PATHS } from '../loading/query-spec.ts';
import { mapperOf } from '../mapping/configure.ts';
import type { Mapper, ModelClass } from '../mapping/mapper.ts';
import type { DatabaseOf, KeyOf, Loaded, Models, RelationshipPath } from '../model/model-types.ts';
import { requireState, stateOf } from '../state/entity.ts';
import { isModified } from '../state/inspect.ts';
import { reconcileTouched } from '../state/related.ts';
import { systemClock } from '../util/clock.ts';
import { bounded } from '../util/bounded.ts';
import { findByKey, keyValues } from './find-by-key.ts';
import { Query } from './query.ts';
import { wholePath } from './query-arguments.ts';
import { expire, refresh } from './refresh.ts';
import { describeUncommitted } from './uncommitted.ts';
import { SessionCore } from './session-core.ts';
import type { SessionOptions } from './session-options.ts';
import { sessionSettings } from './session-options.ts';
import { sessionSql } from './session-sql.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { inTransaction, TransactionHandle } from './transaction-handle.ts';

/** How `get` reads. */
export interface GetOptions<P extends string = never> {
  /** Relationships to load along. */
  readonly with?: readonly P[];
  /** Read the row even if this transaction has seen it, and overwrite edits. */
  readonly populateExisting?: boolean;
}

/**
 * One conversation with the database: the objects that it read or will write, each once, and at most one transaction.
 *
 * It takes a connection at its first SQL and gives it back at `commit`, `rollback` or `close`. Everything with I/O
 * returns a promise and takes its turn, so that tasks may share a session; the rest runs no SQL.
 *
 * @example
 * await using session = Session();
 * const job = await session.getOne(ReportingJob, 1);
 * job.status = 'done';
 * await session.commit(); // begin; update "reporting_jobs" set "status" = $1 where "id" = $2; commit
 */
export class Session<M extends Models = Models> implements Iterable<object> {
  readonly #core: SessionCore;
  readonly #mappers: ReadonlyMap<ModelClass, Mapper> | undefined;
  #sql: Kysely<DatabaseOf<M>> | undefined;

  constructor(engine: Engine, models: M | undefined, ...options: readonly SessionOptions[]) {
    this.#core = new SessionCore(this, engine, sessionSettings(...options));
    this.#mappers = models === undefined ? undefined : new Map(Object.values(models).map((model) => [model, mapperOf(model)]));
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

  /** False only after a failed flush, until `rollback()`. */
  get isActive(): boolean {
    return this.#core.transactions.level?.status !== 'failed';
  }

  /** Kysely over the session's transaction, typed by its models. Pending changes are flushed before each statement. */
  get sql(): Kysely<DatabaseOf<M>> {
    const core = this.#core;
    const mappers = [...(this.#mappers?.values() ?? [])];
    return (this.#sql ??= sessionSql(core.dialect, mappers, (query) => this.#execute('sql', query)) as Kysely<DatabaseOf<M>>);
  }

  /** Puts an object and what it is linked to into the session; the next flush writes them. Objects with a row come in as they are. */
  add(object: object): void {
    this.#core.refuseClosed();
    this.#core.objects.add(requireState(object));
  }

  addAll(objects: Iterable<object>): void {
    for (const object of objects) this.add(object);
  }

  /** Marks an object for deletion by the next flush, which also follows its `delete` cascades. */
  delete(object: object): void {
    this.#core.refuseClosed();
    this.#core.objects.delete(requireState(object));
  }

  /**
   * The object with this primary key, or null. No SQL when this transaction has read its row already.
   *
   * @param key - the value, or `{ orderId, number }` for a key of several columns.
   */
  async get<C extends ModelClass, const P extends string = never>(
    model: C,
    key: KeyOf<C>,
    options: GetOptions<P> & { readonly with?: readonly RelationshipPath<InstanceType<C>, P>[] } = {},
  ): Promise<Loaded<InstanceType<C>, P> | null> {
    const callSite = this.#core.callSite(this.get);
    const mapper = this.#mapperOf(model);
    const paths = (options.with ?? []).reduce((tree, path) => addPath(tree, wholePath(mapper, path)), NO_PATHS);
    const search = { values: keyValues(mapper, key), paths, populateExisting: options.populateExisting ?? false };
    const found = await this.#core.turn('get', callSite, () => findByKey(this.#core, mapper, search));
    return found === null ? null : (found.entity as Loaded<InstanceType<C>, P>);
  }

  /** Like `get`. @throws {NoResultError} QUERY_NO_RESULT - there is no such row. */
  async getOne<C extends ModelClass, const P extends string = never>(
    model: C,
    key: KeyOf<C>,
    options: GetOptions<P> & { readonly with?: readonly RelationshipPath<InstanceType<C>, P>[] } = {},
  ): Promise<Loaded<InstanceType<C>, P>> {
    const found = await this.get(model, key, options);
    if (found === null) throw NoResultError.of(model.name, 'getOne()');
    return found;
  }

  /** A query for objects of a model; `await` runs it. */
  find<C extends ModelClass>(model: C): Query<C> {
    this.#core.refuseClosed();
    return Query.of<C>({ core: this.#core, callSite: this.#core.callSite(this.find) }, this.#mapperOf(model));
  }

  /** Runs a text or a compiled Kysely query in the session's transaction; flushes first. Rows are arrays. */
  execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    return this.#execute('execute', executable, parameters);
  }

  /** The connection of the transaction, which thereby begins. */
  connection(): Promise<Connection> {
    return this.#core.turn('connection', this.#core.callSite(this.connection), () => this.#core.transactions.connection());
  }

  /** Writes what is pending, inside the transaction. @throws {StaleDataError} @throws {FlushCycleError} @throws {DatabaseError} */
  flush(): Promise<void> {
    return this.#core.turn('flush', this.#core.callSite(this.flush), () => this.#core.flush());
  }

  /** Flushes, commits and gives the connection back. When the commit fails, everything is rolled back. */
  commit(): Promise<void> {
    return this.#core.turn('commit', this.#core.callSite(this.commit), () => this.#core.commit());
  }

  /** Rolls the whole transaction back, and brings the objects back to how they were when it began. */
  rollback(): Promise<void> {
    return this.#core.turn('rollback', undefined, () => this.#core.rollback());
  }

  /**
   * Begins a transaction: as a handle, or around a function, which commits at its end and rolls back on its error.
   *
   * In autocommit mode a `begin` inside another joins it.
   *
   * @throws {SessionTransactionError} SESSION_TRANSACTION_BEGUN
   */
  begin(): TransactionHandle;
  begin<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T>;
  begin<T>(work?: (transaction: TransactionHandle) => Promise<T> | T): TransactionHandle | Promise<T> {
    this.#core.refuseClosed();
    const handle = this.#begin();
    return work === undefined ? handle : inTransaction(handle, work);
  }

  /** Flushes and opens a savepoint: as a handle, or around a function. Begins a transaction if there is none. */
  beginNested(): Promise<TransactionHandle>;
  beginNested<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T>;
  async beginNested<T>(work?: (transaction: TransactionHandle) => Promise<T> | T): Promise<TransactionHandle | T> {
    const level = await this.#core.turn('beginNested', this.#core.callSite(this.beginNested), () => this.#core.beginNested());
    const handle = this.#handle(level);
    return work === undefined ? handle : inTransaction(handle, work);
  }

  inTransaction(): boolean {
    return this.#core.transactions.level !== undefined;
  }

  inNestedTransaction(): boolean {
    return this.#core.transactions.level?.parent !== undefined;
  }

  /** Runs `work` with autoflush off. */
  noAutoflush<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#core.withoutAutoflush(work);
  }

  /** Reads an object's row again, and the relationships named. @throws {ObjectDeletedError} SESSION_OBJECT_DELETED - the row is gone. */
  refresh<E extends object>(object: E, attributes: readonly (keyof E & string)[] = []): Promise<void> {
    const state = requireState(object);
    return this.#core.turn('refresh', this.#core.callSite(this.refresh), () => refresh(this.#core, state, attributes));
  }

  /** Forgets an object's values, edits included: `refresh` brings them back. Runs no SQL. */
  expire<E extends object>(object: E, attributes: readonly (keyof E & string)[] = []): void {
    expire(this.#core, requireState(object), attributes);
  }

  expireAll(): void {
    for (const state of this.#core.identity) expire(this.#core, state, []);
  }

  /** Takes an object out of the session; it keeps its values. @throws {ObjectStateError} SESSION_NOT_PRESENT */
  expunge(object: object): void {
    this.#core.objects.expunge(requireState(object));
  }

  expungeAll(): void {
    this.#core.objects.expungeAll();
  }

  has(object: object): boolean {
    const state = stateOf(object);
    return state !== undefined && this.#core.objects.has(state);
  }

  /** Whether a flush would write something for this object. Runs no SQL. */
  isModified(object: object): boolean {
    reconcileTouched();
    return isModified(requireState(object));
  }

  /**
   * Ends the conversation: what is not committed is rolled back, the connection goes back, all objects are detached and
   * keep their values. Waits for what runs. The session may be used again unless `closeResetsOnly` is false.
   */
  async close(): Promise<void> {
    await this.#core.queue.run('close', () => this.#core.close());
    if (!this.#core.settings.closeResetsOnly) this.#core.shut();
  }

  /** Like `close`, and the session may be used again in any case. */
  async reset(): Promise<void> {
    await this.#core.queue.run('reset', () => this.#core.close());
    this.#core.reopen();
  }

  /** Like `close`, but throws the connection away, whatever it is doing. */
  async invalidate(cause?: unknown): Promise<void> {
    this.#core.transactions.invalidate(cause);
    await this.close();
  }

  /** What a close would throw away, in words; undefined when there is nothing. Runs no SQL. */
  uncommitted(): string | undefined {
    return describeUncommitted(this.#core);
  }

  /**
   * Closes for good, without waiting for the program: refuses what waits and what comes, lets the running statement
   * end for `graceMs`, and throws the connection away if it does not.
   */
  async terminate(reason: unknown, graceMs: number, clock = systemClock): Promise<void> {
    const quiet = await bounded(clock, graceMs, () => this.#core.queue.close(reason));
    if (quiet.outcome !== 'done') this.#core.transactions.invalidate(reason);
    this.#core.shut();
    await this.#core.close();
  }

  [Symbol.iterator](): Iterator<object> {
    return [...this.#core.objects.all()].map((state) => state.entity)[Symbol.iterator]();
  }

  /** `close()`; an error of the block is never hidden, because this does not throw. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: unknown) => {
      if (!(error instanceof SessionClosedError)) process.emitWarning(error instanceof Error ? error : String(error));
    });
  }

  #execute(name: string, executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    const core = this.#core;
    return core.turn(name, core.callSite(this.#execute), async () => {
      await core.autoflush();
      return core.execute(executable, parameters);
    });
  }

  #begin(): TransactionHandle {
    const { transactions, settings } = this.#core;
    const { level } = transactions;
    if (level !== undefined && settings.autocommit) return this.#joined(level);
    return this.#handle(transactions.begin());
  }

  #handle(level: TransactionLevel): TransactionHandle {
    const core = this.#core;
    const isRoot = level.parent === undefined;
    return new TransactionHandle({
      isActive: () => level.status !== 'closed',
      commit: () => core.turn('commit', core.callSite(this.begin), () => (isRoot ? core.commit() : core.releaseNested(level))),
      rollback: () => core.turn('rollback', undefined, () => (isRoot ? core.rollback() : core.rollbackNested(level))),
    });
  }

  /** The end of an inner block is the outer block's affair; its failure is everybody's. */
  #joined(level: TransactionLevel): TransactionHandle {
    const core = this.#core;
    let isOpen = true;
    return new TransactionHandle({
      isActive: () => isOpen && level.status !== 'closed',
      commit: () => {
        isOpen = false;
        return core.turn('flush', undefined, () => core.flush());
      },
      rollback: () => {
        isOpen = false;
        return core.turn('rollback', undefined, () => core.fail(SessionTransactionError.joined()));
      },
    });
  }

  #mapperOf(model: ModelClass): Mapper {
    const mapper = this.#mappers === undefined ? mapperOf(model) : this.#mappers.get(model);
    if (mapper !== undefined) return mapper;
    mapperOf(model);
    throw ObjectStateError.unknownModel(model.name);
  }
}
