import type { Connection } from '../engine/connection.ts';
import type { Engine } from '../engine/engine.ts';
import type { Executable } from '../engine/executable.ts';
import type { DriverResult } from '../driver/driver.ts';
import { PendingRollbackError, SessionClosedError, SessionTransactionError } from '../errors/session-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { SessionSettings } from './session-options.ts';
import { TransactionLevel } from './transaction-level.ts';

/**
 * The session's side of the database: at most one connection, taken at the first SQL and given back when the
 * transaction ends, and the levels of the transaction on it. Knows nothing of objects.
 */
export class SessionTransaction {
  readonly #engine: Engine;
  readonly #settings: SessionSettings;
  readonly #holder: object;
  #connection: Connection | undefined;
  #level: TransactionLevel | undefined;
  #number = 0;
  #savepoints = 0;
  /** Of the begin block that runs now. */
  #block: TransactionLevel | undefined;
  /** Set once nothing may use the database any more. */
  #refusal: { readonly reason: unknown } | undefined;
  /** The program's line that is about to use the database, for whoever looks at the pool. */
  callSite: CallSite | undefined;

  constructor(engine: Engine, settings: SessionSettings, holder: object) {
    this.#engine = engine;
    this.#settings = settings;
    this.#holder = holder;
  }

  /** Counts transactions up: what was read under another number may be stale. */
  get number(): number {
    return this.#number;
  }

  /** The innermost level; undefined outside a transaction. */
  get level(): TransactionLevel | undefined {
    return this.#level;
  }

  get hasConnection(): boolean {
    return this.#connection !== undefined;
  }

  /** Runs a begin block: when its transaction ends before it does, there is none to work in until the block's end. */
  async inBlock<T>(level: TransactionLevel, work: () => Promise<T>): Promise<T> {
    const outer = this.#block;
    this.#block = level;
    try {
      return await work();
    } finally {
      this.#block = outer;
    }
  }

  /** @throws {SessionTransactionError} SESSION_CLOSED_TRANSACTION - in a begin block that has no transaction any more. */
  refuseClosedBlock(): void {
    if (this.#level === undefined && this.#block?.status === 'closed') throw SessionTransactionError.closedInBlock();
  }

  /** Refuses every use from now on, also by what waits for a connection. */
  shut(reason: unknown): void {
    this.#refusal = { reason };
  }

  /** Opens the transaction, in memory: the connection comes with the first SQL. */
  begin(): TransactionLevel {
    this.refuseClosedBlock();
    if (this.#level !== undefined) throw SessionTransactionError.begun();
    return (this.#level = new TransactionLevel());
  }

  /** The level to work in, begun by itself when there is none. */
  ensureLevel(): TransactionLevel {
    const level = this.#level ?? this.#autobegin();
    if (level.status === 'failed') throw PendingRollbackError.after(level.error);
    return level;
  }

  /** Runs one statement in the transaction; in autocommit mode outside `begin`, on a connection of its own. */
  async execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    this.#refuse();
    this.refuseClosedBlock();
    if (this.#level === undefined && this.#settings.autocommit) return this.#executeAlone(executable, parameters);
    return this.#using(await this.connection(), (connection) => connection.execute(executable, parameters));
  }

  /** The connection of the transaction, taken now if it is not there yet. */
  async connection(): Promise<Connection> {
    this.ensureLevel();
    if (this.#connection !== undefined) return this.#connection;
    const connection = await this.#connect();
    if (this.#refusal !== undefined) await connection.release();
    this.#refuse();
    connection.begin(this.#settings.isolationLevel);
    return (this.#connection = connection);
  }

  async beginNested(): Promise<TransactionLevel> {
    const parent = this.ensureLevel();
    const name = `hermetic_${++this.#savepoints}`;
    await this.#using(await this.connection(), (connection) => connection.savepoint(name));
    return (this.#level = new TransactionLevel(parent, name));
  }

  /** Releases the innermost savepoint; its changes become its parent's. */
  async releaseNested(): Promise<void> {
    const level = this.ensureLevel();
    const { savepoint } = level;
    if (savepoint !== undefined)
      await this.#using(this.#connection, (connection) => connection.releaseSavepoint(savepoint));
    level.mergeIntoParent();
    this.#leave(level);
  }

  /** Undoes the innermost savepoint on the server and leaves it. When the server cannot, only `rollback` helps. */
  async rollbackNested(): Promise<void> {
    const level = this.#level;
    const savepoint = level?.savepoint;
    if (level === undefined || savepoint === undefined) return;
    try {
      if (level.status !== 'failed')
        await this.#using(this.#connection, (connection) => connection.rollbackTo(savepoint));
    } catch (error) {
      this.#failAll(error);
      throw error;
    }
    this.#number++;
    this.#leave(level);
  }

  /** Commits and gives the connection back. Rejects when the database refuses; the transaction is then still there. */
  async commit(): Promise<void> {
    this.ensureLevel();
    await this.#connection?.commit();
    await this.end();
  }

  /** Undoes everything on the server and gives the connection back. Never rejects: a connection that cannot is thrown away. */
  async rollback(): Promise<void> {
    const connection = this.#connection;
    if (connection !== undefined && !connection.lease.isReleased) {
      await connection.rollback().catch((error: unknown) => connection.invalidate(error));
    }
    await this.end();
  }

  /** After a failed flush: undoes the innermost level at once, so that no lock is held while the program thinks. */
  async fail(error: unknown): Promise<void> {
    const level = this.#level;
    if (level === undefined) return;
    level.status = 'failed';
    level.error = error;
    this.#number++;
    const connection = this.#connection;
    if (connection === undefined) return;
    if (level.savepoint !== undefined && !connection.lease.isReleased) {
      await connection.rollbackTo(level.savepoint).catch((failure: unknown) => connection.invalidate(failure));
      return;
    }
    await connection.rollback().catch((failure: unknown) => connection.invalidate(failure));
    await this.#giveBack();
  }

  /** Throws the connection away, whatever it is doing. */
  invalidate(cause?: unknown): void {
    this.#connection?.invalidate(cause);
  }

  /** Closes all levels and gives the connection back. */
  async end(): Promise<void> {
    for (const level of this.#level?.outward() ?? []) level.status = 'closed';
    this.#level = undefined;
    this.#number++;
    await this.#giveBack();
  }

  /** Outside a transaction every turn is one of its own. */
  endTurn(): void {
    this.callSite = undefined;
    if (this.#level === undefined) this.#number++;
  }

  #autobegin(): TransactionLevel {
    this.refuseClosedBlock();
    if (!this.#settings.autobegin) throw SessionTransactionError.noAutobegin();
    return (this.#level = new TransactionLevel());
  }

  /** The connection broke, and the transaction with it: the program must roll back to go on. */
  async #using<T, C extends Connection | undefined>(
    connection: C,
    work: (connection: NonNullable<C>) => Promise<T>,
  ): Promise<T> {
    if (connection === undefined) throw SessionTransactionError.closed();
    try {
      return await work(connection);
    } catch (error) {
      if (connection.lease.isReleased) {
        this.#connection = undefined;
        this.#failAll(error);
      }
      throw error;
    }
  }

  #failAll(error: unknown): void {
    for (const level of this.#level?.outward() ?? []) {
      level.status = 'failed';
      level.error = error;
    }
  }

  #leave(level: TransactionLevel): void {
    level.status = 'closed';
    this.#level = level.parent;
  }

  #refuse(): void {
    if (this.#refusal !== undefined) throw this.#refusal.reason;
    const { signal } = this.#settings;
    if (signal?.aborted === true) throw SessionClosedError.aborted(signal.reason);
  }

  async #executeAlone(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    const connection = await this.#connect();
    try {
      return await connection.execute(executable, parameters);
    } finally {
      await connection.release();
    }
  }

  #connect(): Promise<Connection> {
    const { signal, label } = this.#settings;
    const { callSite } = this;
    return this.#engine.connect({
      owner: this.#holder,
      ...(signal === undefined ? {} : { signal }),
      ...(label === undefined ? {} : { label }),
      ...(callSite === undefined ? {} : { callSite }),
    });
  }

  async #giveBack(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.release();
  }
}
