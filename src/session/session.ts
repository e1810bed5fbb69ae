import type { IsolationLevel } from '../dialects/dialect.ts';
import type { Connection } from '../engine/connection.ts';
import { SessionClosedError, SessionOptionError } from '../errors/session-errors.ts';
import { mapperOf } from '../mapping/configure.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { Models } from '../model/model-types.ts';
import { bounded } from '../util/bounded.ts';
import { systemClock } from '../util/clock.ts';
import type { Bind } from './binds.ts';
import { SessionBulk } from './session-bulk.ts';
import { warnOf } from './session-hooks.ts';
import { SessionObjects } from './session-objects.ts';
import type { SessionOptions } from './session-options.ts';
import { checkOptions, sessionSettings } from './session-options.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { handleOf, joinedHandle, runBlock } from './transaction-handle.ts';
import type { TransactionHandle } from './transaction-handle.ts';
import { describeUncommitted } from './uncommitted.ts';

/** Which connection, and how. */
export interface ConnectionOptions {
  /** Of the transaction on it; heeded when this call takes the connection, else a warning. */
  readonly isolationLevel?: IsolationLevel | undefined;
  /** Whose engine, when models live on several. */
  readonly model?: ModelClass | undefined;
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
export class Session<M extends Models = any> extends SessionBulk<M> {
  readonly #core = SessionObjects.coreOf(this);

  /** @param bind - an engine, a connection that the caller keeps, or nothing when the options say where models live. */
  constructor(bind: Bind | undefined, models: M | undefined, ...options: readonly SessionOptions[]) {
    super(bind, models, sessionSettings(...options));
  }

  /** False only after a failed flush, until `rollback()`. */
  get isActive(): boolean {
    return this.#core.transactions.level?.status !== 'failed';
  }

  /**
   * The connection of the transaction, which thereby begins. It is the session's: do not end its transaction.
   *
   * @throws {UnboundError} SESSION_NO_BIND
   */
  async connection({ isolationLevel, model }: ConnectionOptions = {}): Promise<Connection> {
    checkOptions({ isolationLevel });
    return this.#core.turn('connection', this.#core.callSite(this.connection), () =>
      this.#core.transactions.connection(this.getBind(model), isolationLevel),
    );
  }

  /** The engine or connection of a model; without one, that of statements which name none. @throws {UnboundError} SESSION_NO_BIND */
  getBind(model?: ModelClass): Bind {
    return model === undefined ? this.#core.binds.default : this.#core.binds.of(mapperOf(model));
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
    if (work !== undefined) return this.#beginAround(work);
    const core = this.#core;
    core.turns.refuseOverlap('begin');
    const { handle } = this.#begin();
    // Nobody can wait for its listeners; if one fails, so does the transaction.
    if (core.hooks.hasBoundaries) core.turn('begin', undefined, () => core.news.announce()).catch(() => {});
    return handle;
  }

  /** Flushes and opens a savepoint: as a handle, or around a function. Begins a transaction if there is none. */
  beginNested(): Promise<TransactionHandle>;
  beginNested<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T>;
  async beginNested<T>(work?: (transaction: TransactionHandle) => Promise<T> | T): Promise<TransactionHandle | T> {
    const level = await this.#core.turn('beginNested', this.#core.callSite(this.beginNested), () =>
      this.#core.beginNested(),
    );
    const handle = handleOf(this.#core, level);
    return work === undefined ? handle : runBlock({ core: this.#core, level, handle }, work);
  }

  /**
   * The first half of a two-phase commit: flushes, then has every engine promise to commit. Only `commit`, `rollback` and
   * `close` may follow. `commit` does it by itself when several engines took part.
   *
   * @throws {SessionOptionError} SESSION_BAD_OPTION - without `twophase: true`.
   */
  async prepare(): Promise<void> {
    if (!this.#core.settings.twophase) throw SessionOptionError.needsTwoPhase();
    await this.#core.turn('prepare', this.#core.callSite(this.prepare), () => this.#core.prepare());
  }

  /** The transaction's handle, savepoints or not; null outside a transaction. */
  getTransaction(): TransactionHandle | null {
    const { level } = this.#core.transactions;
    return level === undefined ? null : handleOf(this.#core, level.root);
  }

  /** The innermost savepoint's handle; null outside savepoints. */
  getNestedTransaction(): TransactionHandle | null {
    const { level } = this.#core.transactions;
    return level?.parent === undefined ? null : handleOf(this.#core, level);
  }

  inTransaction(): boolean {
    return this.#core.transactions.level !== undefined;
  }

  inNestedTransaction(): boolean {
    return this.#core.transactions.level?.parent !== undefined;
  }

  /**
   * Ends the conversation: what is not committed is rolled back, the connection goes back, all objects are detached and
   * keep their values. Waits for what runs. The session may be used again unless `closeResetsOnly` is false.
   */
  async close(): Promise<void> {
    if (this.#core.isTerminated) return;
    await this.#core.turns.end('close', () => this.#core.close());
    if (!this.#core.settings.closeResetsOnly) this.#core.shut();
  }

  /** Like `close`, and the session may be used again in any case. */
  async reset(): Promise<void> {
    await this.#core.turns.end('reset', () => this.#core.close());
    this.#core.reopen();
  }

  /** Like `close`, but throws the connection away, whatever it is doing. */
  async invalidate(cause?: unknown): Promise<void> {
    this.#core.turns.refuseInListener('invalidate');
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
    this.#core.terminate(reason);
    await this.#core.close().catch((error: unknown) => warnOf([error]));
  }

  /** `close()`; an error of the block is never hidden, because this does not throw. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: unknown) => {
      if (!(error instanceof SessionClosedError)) process.emitWarning(error instanceof Error ? error : String(error));
    });
  }

  async #beginAround<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T> {
    const core = this.#core;
    const begun = await core.turn('begin', undefined, async () => {
      const opened = this.#begin();
      await core.announceOrEnd();
      return opened;
    });
    return runBlock({ core, ...begun }, work);
  }

  #begin(): { level: TransactionLevel; handle: TransactionHandle } {
    const core = this.#core;
    core.refuseClosed();
    const { level } = core.transactions;
    if (level !== undefined && core.settings.autocommit) return { level, handle: joinedHandle(core, level) };
    const begun = core.transactions.begin();
    return { level: begun, handle: handleOf(core, begun) };
  }
}
