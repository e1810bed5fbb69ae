import type { Dialect, IsolationLevel } from '../dialects/dialect.ts';
import type { DriverConnection, DriverResult } from '../driver/driver.ts';
import { CommitUnknownError, DatabaseError, DisconnectError } from '../errors/database-errors.ts';
import { TransactionStateError } from '../errors/engine-errors.ts';
import type { Lease } from '../pool/lease.ts';
import type { Statement } from '../sql/statement.ts';
import { bind } from './executable.ts';
import type { Executable } from './executable.ts';
import type { EngineEvents, ExecutionOptions } from './engine-events.ts';
import type { EngineOptions } from './engine-options.ts';
import type { StatementObserver } from './statement-observer.ts';
import { COMMIT, control, ROLLBACK, Transaction } from './transaction.ts';
import { UNFINISHED } from './unfinished.ts';

export type { DriverResult } from '../driver/driver.ts';

/** One statement on its way. */
interface Sending {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
  /** Goes ahead of it in the same round trip. */
  readonly lead?: Statement;
  readonly executionOptions?: ExecutionOptions | undefined;
}

/** What a connection needs of its engine. */
export interface ConnectionContext {
  readonly dialect: Dialect;
  readonly events: EngineEvents;
  readonly observer: StatementObserver;
  /** Host, port and database, or the file. */
  readonly address: string;
  /** Of transactions that name no level. */
  readonly isolationLevel: IsolationLevel | undefined;
  /** The program's word on which errors mean a lost connection. */
  readonly isDisconnect: EngineOptions['isDisconnect'];
}

/** How a transaction is to be. */
export interface TransactionOptions {
  /** Default: the engine's. */
  readonly isolationLevel?: IsolationLevel | undefined;
  /** Refuse to write: PostgreSQL itself does, for SQLite the connection. Default: false. */
  readonly readOnly?: boolean | undefined;
}

/**
 * The use of one database connection, from `engine.connect()` until `release()`.
 *
 * Statements run one at a time; those that come while another runs wait in line. `begin()` sends nothing: BEGIN goes
 * out with the first statement that needs it.
 *
 * @example
 * await using connection = await engine.connect({ label: 'nightly report' });
 * connection.begin();
 * await connection.execute('update jobs set status = $1', ['queued']);
 * await connection.commit();
 */
export class Connection {
  readonly lease: Lease<DriverConnection>;
  readonly dialect: Dialect;
  readonly #context: ConnectionContext;
  readonly #driver: DriverConnection;
  readonly #transaction: Transaction;
  #isRunning = false;
  /** Those who wait for the statement that runs, first come first served. */
  readonly #line: (() => void)[] = [];
  /** Savepoints that are open, outermost first. */
  readonly #savepoints: string[] = [];
  #savepointCount = 0;
  /** Set once the program threw the connection away. */
  #drop: { readonly cause: unknown } | undefined;

  constructor(lease: Lease<DriverConnection>, context: ConnectionContext) {
    this.lease = lease;
    this.dialect = context.dialect;
    this.#context = context;
    this.#driver = lease.connection;
    this.#driver.holder = lease.label;
    this.#transaction = new Transaction(context.dialect);
  }

  /** Host, port and database, or the file. Never a password. */
  get address(): string {
    return this.#context.address;
  }

  /** Between `begin()` and `commit()` or `rollback()`; also while the server is in one that was begun by a text. */
  get inTransaction(): boolean {
    return this.#transaction.isOpen || this.#isOpenOnServer;
  }

  /** Inside a savepoint. */
  get inNestedTransaction(): boolean {
    return this.#savepoints.length > 0;
  }

  /** The innermost open savepoint. */
  get innermostSavepoint(): string | undefined {
    return this.#savepoints.at(-1);
  }

  /** True when an error ended the transaction and nothing but a rollback is possible. */
  get isAborted(): boolean {
    return this.#driver.transactionStatus === 'failed';
  }

  /** True once BEGIN went out. */
  get begunOnServer(): boolean {
    return this.#transaction.isBegun;
  }

  /** True while a statement runs or waits in line. */
  get isBusy(): boolean {
    return this.#isRunning;
  }

  /**
   * Runs one statement, after those that were asked for before it.
   *
   * @param parameters - for a compiled Kysely query, instead of its own when given.
   * @param executionOptions - for listeners of statements.
   * @throws {DatabaseError} what the database said; a `DisconnectError` invalidates the connection.
   * @throws {LeaseReleasedError} POOL_LEASE_RELEASED - after `release()`.
   */
  execute(
    executable: Executable,
    parameters?: readonly unknown[],
    executionOptions?: ExecutionOptions,
  ): Promise<DriverResult> {
    const bound = bind(this.dialect, executable, parameters);
    return this.#inTurn(() => this.#send({ ...bound, executionOptions }));
  }

  /**
   * Opens a transaction. Sends nothing yet.
   *
   * @param options - an isolation level, or more.
   * @throws {TransactionStateError} ENGINE_TRANSACTION_OPEN - when one is open.
   */
  begin(options: IsolationLevel | TransactionOptions = {}): void {
    if (this.#isOpenOnServer) throw TransactionStateError.alreadyBegun();
    const { isolationLevel, readOnly = false } = typeof options === 'string' ? { isolationLevel: options } : options;
    this.#transaction.ask({ isolationLevel: isolationLevel ?? this.#context.isolationLevel, readOnly });
  }

  /**
   * Commits; sends nothing when BEGIN never went out. When it fails, the transaction may still have to be rolled back.
   *
   * @throws {TransactionStateError} ENGINE_TRANSACTION_FAILED - when an earlier error ended the transaction.
   * @throws {CommitUnknownError} DATABASE_COMMIT_UNKNOWN - the connection was lost before the answer came.
   */
  commit(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#transaction.isBegun && !this.#isOpenOnServer) return this.#ended();
      if (this.#driver.transactionStatus !== 'open') throw TransactionStateError.failed();
      await this.#end(COMMIT);
    });
  }

  /** Rolls back; sends nothing when there is nothing to roll back on the server. */
  rollback(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#driver.isClosed || !this.#isOpenOnServer) return this.#ended();
      await this.#end(ROLLBACK);
    });
  }

  /** A name for a savepoint that nobody else uses on this connection. */
  newSavepointName(): string {
    return `hermetic_${++this.#savepointCount}`;
  }

  /** @throws {TransactionStateError} ENGINE_NO_TRANSACTION - outside a transaction; so do the next two. */
  async savepoint(name: string): Promise<void> {
    await this.#inSavepoint('savepoint', name);
    this.#savepoints.push(name);
  }

  /** Undoes what came after the savepoint, which stays open, and ends those inside it. */
  async rollbackTo(name: string): Promise<void> {
    await this.#inSavepoint('rollback to savepoint', name);
    this.#endSavepoints(this.#savepoints.lastIndexOf(name) + 1);
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.#inSavepoint('release savepoint', name);
    this.#endSavepoints(this.#savepoints.lastIndexOf(name));
  }

  /**
   * First half of a two-phase commit: the transaction is kept by the server under this name, whatever happens to the
   * connection, until `commitPrepared` or `rollbackPrepared` on any connection of the database.
   *
   * @throws {TransactionStateError} ENGINE_NO_TWO_PHASE - the database has no such thing.
   */
  async prepareTransaction(id: string): Promise<void> {
    this.#refuseTwoPhase();
    await this.#inTurn(async () => {
      if (this.isAborted) throw TransactionStateError.failed();
      await this.#end(control(`prepare transaction ${quoteText(id)}`, 'commit'));
    });
  }

  async commitPrepared(id: string): Promise<void> {
    this.#refuseTwoPhase();
    await this.#inTurn(() =>
      this.#run({ statement: control(`commit prepared ${quoteText(id)}`, 'commit'), parameters: [] }),
    );
  }

  async rollbackPrepared(id: string): Promise<void> {
    this.#refuseTwoPhase();
    await this.#inTurn(() =>
      this.#run({ statement: control(`rollback prepared ${quoteText(id)}`, 'rollback'), parameters: [] }),
    );
  }

  /** Gives the connection back to the pool, which rolls back what is open. Idempotent, never rejects. */
  async release(): Promise<void> {
    if (this.lease.isReleased) return;
    this.#driver.holder = undefined;
    if (this.#transaction.isBegun && this.#driver.transactionStatus !== 'idle') UNFINISHED.add(this.#driver);
    await this.lease.release();
    this.#tellCheckin();
  }

  /** Throws the connection away, whatever it is doing. Idempotent. */
  invalidate(cause?: unknown): void {
    if (this.lease.isReleased) return;
    this.#drop = { cause };
    this.lease.invalidate(cause);
    this.#tellCheckin();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #inSavepoint(verb: string, name: string): Promise<void> {
    if (!this.inTransaction) throw TransactionStateError.notBegun(verb);
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await this.#inTurn(() => this.#send({ statement: control(`${verb} ${quoted}`), parameters: [] }));
  }

  /** Sends COMMIT or ROLLBACK. The server may refuse COMMIT and keep the transaction, so its word counts. */
  async #end(statement: Statement): Promise<void> {
    const wasClosed = this.#driver.isClosed;
    try {
      await this.#run({ statement, parameters: [] });
    } catch (error) {
      const isUnknown = statement === COMMIT && !wasClosed && error instanceof DisconnectError;
      throw isUnknown ? CommitUnknownError.after(error) : error;
    } finally {
      if (this.#driver.isClosed || !this.#isOpenOnServer) this.#ended();
    }
  }

  /** In a transaction on the server, failed or not. */
  get #isOpenOnServer(): boolean {
    return this.#driver.transactionStatus !== 'idle';
  }

  #ended(): void {
    this.#transaction.end();
    this.#endSavepoints(0);
  }

  #endSavepoints(from: number): void {
    if (from >= 0) this.#savepoints.length = Math.min(from, this.#savepoints.length);
  }

  #refuseTwoPhase(): void {
    if (!this.dialect.supportsTwoPhase) throw TransactionStateError.noTwoPhase(this.dialect.name);
  }

  async #send(sending: Sending): Promise<DriverResult> {
    this.#transaction.refuseWriting(sending.statement);
    const lead = this.#transaction.leadOf(sending.statement);
    if (lead === undefined) return this.#run(sending);
    try {
      if (this.#driver.executeAfter !== undefined) return await this.#run({ ...sending, lead });
      await this.#run({ ...sending, statement: lead, parameters: [] });
      return await this.#run(sending);
    } finally {
      if (!this.#driver.isClosed && this.#isOpenOnServer) this.#transaction.begun();
    }
  }

  async #run(sending: Sending): Promise<DriverResult> {
    const driver = this.lease.connection;
    this.lease.noteStart(sending.statement.sql);
    try {
      return await this.#observe(driver, sending);
    } catch (error) {
      if (error instanceof DatabaseError && this.#isDisconnect(error)) this.#lose(error);
      // The driver sees a socket close and cannot know that its own side did it.
      if (this.#drop === undefined || !(error instanceof DisconnectError)) throw error;
      throw DisconnectError.dropped(sending.statement.sql, this.#drop.cause);
    } finally {
      if (!this.lease.isReleased) this.lease.noteEnd(driver.transactionStatus !== 'idle');
    }
  }

  #observe(
    driver: DriverConnection,
    { statement, parameters, lead, executionOptions }: Sending,
  ): Promise<DriverResult> {
    const { observer } = this.#context;
    const { label } = this.lease;
    const observed = { statement, parameterCount: parameters.length, label, executionOptions };
    if (lead === undefined) return observer.watch(observed, () => driver.execute(statement, parameters));
    observer.tell({ statement: lead, parameterCount: 0, label, executionOptions });
    return observer.watch(
      observed,
      async () => driver.executeAfter?.(lead, statement, parameters) ?? driver.execute(statement, parameters),
    );
  }

  #isDisconnect(error: DatabaseError): boolean {
    const isDisconnect = error instanceof DisconnectError;
    return this.#context.isDisconnect?.(error, isDisconnect) ?? isDisconnect;
  }

  #lose(error: DatabaseError): void {
    this.#ended();
    if (this.lease.isReleased) return;
    // What ended this connection has most likely ended its neighbours too.
    this.lease.invalidateAll(error);
    this.#tellCheckin();
  }

  #tellCheckin(): void {
    const { events } = this.#context;
    if (events.isWanted('checkin')) events.emit('checkin', { label: this.lease.label });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isRunning) await new Promise<void>((resolve) => this.#line.push(resolve));
    this.#isRunning = true;
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#isRunning = false;
      else next();
    }
  }
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
