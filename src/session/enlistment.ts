import type { Connection } from '../engine/connection.ts';
import type { TransactionOptions } from '../engine/connection.ts';
import { bind as toStatement } from '../engine/executable.ts';
import type { Executable } from '../engine/executable.ts';
import { TransactionStateError } from '../errors/engine-errors.ts';

/**
 * How a session lives inside a transaction that its caller's connection is already in.
 *
 * - `rollback_only`: commit leaves it to the caller; rollback rolls it back; close leaves it alone.
 * - `control_fully`: commit, rollback and close end it.
 * - `create_savepoint`: the session's transaction is a savepoint of its own; the caller's is never touched.
 * - `conditional_savepoint`: `create_savepoint` inside a savepoint, else `rollback_only`.
 */
export type JoinTransactionMode = 'conditional_savepoint' | 'rollback_only' | 'control_fully' | 'create_savepoint';

export const JOIN_TRANSACTION_MODES: readonly JoinTransactionMode[] = [
  'conditional_savepoint',
  'rollback_only',
  'control_fully',
  'create_savepoint',
];

interface EnlistmentTerms {
  /** Taken from the pool by the session, which gives it back. */
  readonly isOwn: boolean;
  /** Commit and close end what is joined. */
  readonly isControlled: boolean;
  /** What is joined or was set: a savepoint, else the whole transaction. */
  readonly savepoint?: string | undefined;
  /** The savepoint is the session's, nobody needs it afterwards. */
  readonly isOwnSavepoint?: boolean;
  /** BEGIN was the session's: it may be prepared, and says READ ONLY where that was asked. */
  readonly isBegun: boolean;
}

/** One connection that takes part in a session's transaction, and what the transaction's end means for it. */
export class Enlistment {
  readonly connection: Connection;
  readonly #terms: EnlistmentTerms;

  constructor(connection: Connection, terms: EnlistmentTerms) {
    this.connection = connection;
    this.#terms = terms;
  }

  /** Begins a transaction on a connection that the session took from the pool. */
  static own(connection: Connection, options: TransactionOptions): Enlistment {
    connection.begin(options);
    return new Enlistment(connection, { isOwn: true, isControlled: true, isBegun: true });
  }

  /** Comes to terms with a connection that the caller keeps. */
  static async join(
    connection: Connection,
    mode: JoinTransactionMode,
    options: TransactionOptions,
  ): Promise<Enlistment> {
    if (!connection.inTransaction) {
      connection.begin(options);
      return new Enlistment(connection, { isOwn: false, isControlled: true, isBegun: true });
    }
    const savepoint = connection.innermostSavepoint;
    const conditional = savepoint === undefined ? 'rollback_only' : 'create_savepoint';
    const wanted = mode === 'conditional_savepoint' ? conditional : mode;
    if (wanted === 'create_savepoint') return Enlistment.#inSavepoint(connection);
    const isControlled = wanted === 'control_fully';
    return new Enlistment(connection, { isOwn: false, isControlled, savepoint, isBegun: false });
  }

  static async #inSavepoint(connection: Connection): Promise<Enlistment> {
    const savepoint = connection.newSavepointName();
    await connection.savepoint(savepoint);
    const terms = { isOwn: false, isControlled: true, isBegun: false };
    return new Enlistment(connection, { ...terms, savepoint, isOwnSavepoint: true });
  }

  /** In a transaction that somebody else began, the server does not know that this session only reads. */
  refuseWriting(executable: Executable): void {
    if (this.isBegun) return;
    const { statement } = toStatement(this.connection.dialect, executable, undefined);
    if (statement.kind === 'write') throw TransactionStateError.readOnly(/^\s*\w+/.exec(statement.sql)?.[0].trim());
  }

  /** The server guards a read-only transaction. */
  get isBegun(): boolean {
    return this.#terms.isBegun;
  }

  get isControlled(): boolean {
    return this.#terms.isControlled;
  }

  /** Whether a commit sends anything. */
  get hasCommit(): boolean {
    const { isControlled, savepoint } = this.#terms;
    return isControlled && (savepoint !== undefined || this.connection.begunOnServer);
  }

  async commit(): Promise<void> {
    const { isControlled, savepoint } = this.#terms;
    if (!isControlled) return;
    await (savepoint === undefined ? this.connection.commit() : this.connection.releaseSavepoint(savepoint));
  }

  /** Rejects when the connection cannot; it is good for nothing then. */
  async rollback(): Promise<void> {
    const { connection } = this;
    const { savepoint, isOwnSavepoint = false } = this.#terms;
    if (connection.lease.isReleased) return;
    if (savepoint === undefined) return connection.rollback();
    // Whoever owns the savepoint may have ended it, with its transaction, in the meantime.
    if (!connection.inTransaction) return;
    await connection.rollbackTo(savepoint);
    if (isOwnSavepoint) await connection.releaseSavepoint(savepoint);
  }

  /** At the end of a session that did not commit. */
  async close(): Promise<void> {
    if (this.#terms.isControlled) await this.rollback();
  }

  /** Rolls back and gives the connection back, whatever it says. */
  async discard(): Promise<void> {
    await this.rollback().catch((error: unknown) => this.connection.invalidate(error));
    await this.release();
  }

  /** Gives the connection back, if it is the session's to give. */
  async release(): Promise<void> {
    if (this.#terms.isOwn) await this.connection.release();
  }
}

/** Runs work in a read-only transaction of its own. */
export async function inReadOnly<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  connection.begin({ readOnly: true });
  const result = await work();
  await connection.commit();
  return result;
}
