import type { Connection } from '../engine/connection.ts';
import type { Engine } from '../engine/engine.ts';
import { SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import type { Models } from '../model/model-types.ts';
import { bounded } from '../util/bounded.ts';
import { systemClock } from '../util/clock.ts';
import { SessionBulk } from './session-bulk.ts';
import { SessionObjects } from './session-objects.ts';
import type { SessionOptions } from './session-options.ts';
import { sessionSettings } from './session-options.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { inTransaction, TransactionHandle } from './transaction-handle.ts';
import { describeUncommitted } from './uncommitted.ts';

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

  constructor(engine: Engine, models: M | undefined, ...options: readonly SessionOptions[]) {
    super(engine, models, sessionSettings(...options));
  }

  /** False only after a failed flush, until `rollback()`. */
  get isActive(): boolean {
    return this.#core.transactions.level?.status !== 'failed';
  }

  /** The connection of the transaction, which thereby begins. */
  connection(): Promise<Connection> {
    return this.#core.turn('connection', this.#core.callSite(this.connection), () =>
      this.#core.transactions.connection(),
    );
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
    return work === undefined ? this.#begin() : this.#beginAround(work);
  }

  /** Flushes and opens a savepoint: as a handle, or around a function. Begins a transaction if there is none. */
  beginNested(): Promise<TransactionHandle>;
  beginNested<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T>;
  async beginNested<T>(work?: (transaction: TransactionHandle) => Promise<T> | T): Promise<TransactionHandle | T> {
    const level = await this.#core.turn('beginNested', this.#core.callSite(this.beginNested), () =>
      this.#core.beginNested(),
    );
    const handle = this.#handle(level);
    if (work === undefined) return handle;
    return this.#core.transactions.inBlock(level, () => inTransaction(handle, work));
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
    this.#core.terminate(reason);
    await this.#core.close();
  }

  /** `close()`; an error of the block is never hidden, because this does not throw. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: unknown) => {
      if (!(error instanceof SessionClosedError)) process.emitWarning(error instanceof Error ? error : String(error));
    });
  }

  async #beginAround<T>(work: (transaction: TransactionHandle) => Promise<T> | T): Promise<T> {
    const handle = this.#begin();
    const { transactions } = this.#core;
    return transactions.inBlock(transactions.ensureLevel(), () => inTransaction(handle, work));
  }

  #begin(): TransactionHandle {
    this.#core.refuseClosed();
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
      commit: () =>
        core.turn('commit', core.callSite(this.begin), () => {
          refuseEnded(level);
          return isRoot ? core.commit() : core.releaseNested(level);
        }),
      rollback: () =>
        core.turn('rollback', undefined, () => {
          refuseEnded(level);
          return isRoot ? core.rollback() : core.rollbackNested(level);
        }),
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
}

/** While the handle waited for its turn, something else may have ended its transaction. */
function refuseEnded(level: TransactionLevel): void {
  if (level.status === 'closed') throw SessionTransactionError.closed();
}
