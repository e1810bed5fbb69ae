import { SessionTransactionError } from '../errors/session-errors.ts';
import type { SessionCore } from './session-core.ts';
import type { TransactionLevel } from './transaction-level.ts';

/** What a handle does when it ends: the session's part. */
interface TransactionEnds {
  /** False once this handle has nothing to end any more. */
  isOpen(): boolean;
  commit(): Promise<void>;
  /** @param cause - the error that the rollback answers, if one does. */
  rollback(cause?: unknown): Promise<void>;
}

/**
 * One transaction, or one savepoint, of a session, in the program's hand.
 *
 * Disposing of it rolls back unless it was committed.
 */
export class TransactionHandle {
  readonly #level: TransactionLevel;
  readonly #core: SessionCore;
  readonly #ends: TransactionEnds;

  constructor(core: SessionCore, level: TransactionLevel, ends: TransactionEnds) {
    this.#core = core;
    this.#level = level;
    this.#ends = ends;
  }

  /** Open, and neither failed nor on its way out. */
  get isActive(): boolean {
    return this.#ends.isOpen() && this.#level.status === 'active';
  }

  /** Committed, released or rolled back, by this handle or by the session. */
  get isEnded(): boolean {
    return !this.#ends.isOpen();
  }

  /** A savepoint. */
  get isNested(): boolean {
    return this.#level.parent !== undefined;
  }

  /** The transaction or savepoint that this savepoint is in; null for the transaction itself. */
  get parent(): TransactionHandle | null {
    const { parent } = this.#level;
    return parent === undefined ? null : handleOf(this.#core, parent);
  }

  /** Flushes, then commits the transaction or releases the savepoint. @throws {SessionTransactionError} SESSION_CLOSED_TRANSACTION */
  async commit(): Promise<void> {
    if (this.isEnded) throw SessionTransactionError.closed();
    await this.#ends.commit();
  }

  /**
   * Rolls the transaction or savepoint back, and the objects with it.
   *
   * @param cause - the error that made it necessary; whoever shares the transaction is told.
   * @throws {SessionTransactionError} SESSION_CLOSED_TRANSACTION
   */
  async rollback(cause?: unknown): Promise<void> {
    if (this.isEnded) throw SessionTransactionError.closed();
    await this.#ends.rollback(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isEnded) await this.#ends.rollback();
  }
}

const handles = new WeakMap<TransactionLevel, TransactionHandle>();

/** The handle of a level: always the same one. */
export function handleOf(core: SessionCore, level: TransactionLevel): TransactionHandle {
  let handle = handles.get(level);
  if (handle === undefined) handles.set(level, (handle = new TransactionHandle(core, level, endsOf(core, level))));
  return handle;
}

function endsOf(core: SessionCore, level: TransactionLevel): TransactionEnds {
  const isRoot = level.parent === undefined;
  return {
    isOpen: () => level.status !== 'closed',
    commit: () =>
      core.turn('commit', core.callSite(endsOf), () => {
        refuseEnded(level);
        return isRoot ? core.commit() : core.releaseNested(level);
      }),
    rollback: () =>
      core.turn('rollback', undefined, () => {
        refuseEnded(level);
        return isRoot ? core.rollback() : core.rollbackNested(level);
      }),
  };
}

/** While the handle waited for its turn, something else may have ended its transaction. */
function refuseEnded(level: TransactionLevel): void {
  if (level.status === 'closed') throw SessionTransactionError.closed();
}

/** For a begin inside another: its end is the outer one's affair, its failure everybody's. */
export function joinedHandle(core: SessionCore, level: TransactionLevel): TransactionHandle {
  let isOpen = true;
  return new TransactionHandle(core, level, {
    isOpen: () => isOpen && level.status !== 'closed',
    commit: () => {
      isOpen = false;
      return core.turn('flush', undefined, () => core.flush());
    },
    rollback: (cause) => {
      isOpen = false;
      return core.turn('rollback', undefined, () => core.fail(SessionTransactionError.joined(cause)));
    },
  });
}

/** Where a begin block runs. */
export interface Block {
  readonly core: SessionCore;
  readonly level: TransactionLevel;
  readonly handle: TransactionHandle;
}

/** Runs `work` and ends the handle accordingly. The error of the work is never hidden by one of the rollback. */
export async function runBlock<T>(
  { core, level, handle }: Block,
  work: (transaction: TransactionHandle) => Promise<T> | T,
): Promise<T> {
  core.transactions.enterBlock(level);
  try {
    const result = await work(handle);
    // A change that was made after the transaction ended would wait for a commit that nobody means for it.
    if (!handle.isEnded) await handle.commit();
    else if (core.hasWork()) core.transactions.refuseEndedBlock();
    return result;
  } catch (error) {
    if (!handle.isEnded) await handle.rollback(error).catch(() => {});
    throw error;
  } finally {
    core.transactions.leaveBlock(level);
  }
}
