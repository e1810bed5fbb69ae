import { SessionTransactionError } from '../errors/session-errors.ts';

/** What a handle does when it ends: the session's part. */
export interface TransactionEnds {
  isActive(): boolean;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/**
 * One transaction, or one savepoint, of a session, in the program's hand.
 *
 * Disposing of it rolls back unless it was committed.
 */
export class TransactionHandle {
  readonly #ends: TransactionEnds;

  constructor(ends: TransactionEnds) {
    this.#ends = ends;
  }

  get isActive(): boolean {
    return this.#ends.isActive();
  }

  /** Flushes, then commits the transaction or releases the savepoint. @throws {SessionTransactionError} SESSION_CLOSED_TRANSACTION */
  async commit(): Promise<void> {
    if (!this.isActive) throw SessionTransactionError.closed();
    await this.#ends.commit();
  }

  /** Rolls the transaction or savepoint back, and the objects with it. @throws {SessionTransactionError} SESSION_CLOSED_TRANSACTION */
  async rollback(): Promise<void> {
    if (!this.isActive) throw SessionTransactionError.closed();
    await this.#ends.rollback();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isActive) await this.#ends.rollback();
  }
}

/** Runs `work` and ends the handle accordingly. The error of the work is never hidden by one of the rollback. */
export async function inTransaction<T>(
  handle: TransactionHandle,
  work: (transaction: TransactionHandle) => Promise<T> | T,
): Promise<T> {
  let result: T;
  try {
    result = await work(handle);
    if (handle.isActive) await handle.commit();
  } catch (error) {
    if (handle.isActive) await handle.rollback().catch(() => {});
    throw error;
  }
  return result;
}
