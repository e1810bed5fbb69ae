import type { Dialect, DialectWithDriver } from '../dialects/dialect.ts';
import type { DriverConnection, DriverResult } from '../driver/driver.ts';
import { EngineDisposedError } from '../errors/engine-errors.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { CheckoutOptions, DisposeOptions, Pool } from '../pool/pool.ts';
import { Connection } from './connection.ts';
import type { ConnectionContext, TransactionOptions } from './connection.ts';
import { DriverConnector } from './connector.ts';
import { createAll, dropAll } from './create-all.ts';
import { createPool } from './create-pool.ts';
import { echo } from './echo.ts';
import { EngineEvents } from './engine-events.ts';
import type { EngineEventName, EngineListener } from './engine-events.ts';
import type { EngineSettings } from './engine-options.ts';
import type { Executable } from './executable.ts';
import { tablesOf } from './model-tables.ts';
import { StatementObserver } from './statement-observer.ts';

export type ConnectOptions = CheckoutOptions;

export interface BeginOptions extends ConnectOptions, TransactionOptions {}

/**
 * One database: its dialect and its connections.
 *
 * Made by `createEngine`; opens its first connection at its first use. One for each database is enough for a program.
 */
export class Engine {
  readonly dialect: Dialect;
  /** Host, port and database, or the file. Never a password. */
  readonly address: string;
  readonly pool: Pool<DriverConnection>;
  readonly #events = new EngineEvents();
  readonly #context: ConnectionContext;
  #isDisposed = false;

  constructor(database: DialectWithDriver, settings: EngineSettings) {
    const { dialect, driver, address } = database;
    const events = this.#events;
    const observer = new StatementObserver(events, settings.clock, { dialect: dialect.name, address });
    this.dialect = dialect;
    this.address = address;
    const { isolationLevel, isDisconnect } = settings.options;
    this.#context = { dialect, events, observer, address, isolationLevel, isDisconnect };
    this.pool = createPool(new DriverConnector(driver, address, { events, observer }), database, settings);
    echo(events, settings.options.echo);
  }

  /**
   * Takes a connection from the pool. Give it back with `release()` or `await using`.
   *
   * @throws {PoolTimeoutError} POOL_TIMEOUT - when none became free in time.
   * @throws {EngineDisposedError} ENGINE_DISPOSED - after `dispose()`.
   */
  async connect(options?: ConnectOptions): Promise<Connection> {
    if (this.#isDisposed) throw EngineDisposedError.of(this.address);
    const lease = await this.pool.checkout(options);
    const connection = new Connection(lease, this.#context);
    if (this.#events.isWanted('checkout')) this.#events.emit('checkout', { label: lease.label });
    return connection;
  }

  /**
   * Runs `work` in a transaction: commits when it succeeds, rolls back and rejects with its error when it fails.
   *
   * @example
   * await engine.begin((connection) => connection.execute('delete from jobs'));
   */
  async begin<T>(work: (connection: Connection) => Promise<T> | T, options: BeginOptions = {}): Promise<T> {
    const { isolationLevel, readOnly, ...checkout } = options;
    const connection = await this.connect(checkout);
    try {
      connection.begin({ isolationLevel, readOnly });
      const result = await work(connection);
      await connection.commit();
      return result;
    } catch (error) {
      // The error of the work is the one to see; a connection that cannot roll back is thrown away.
      await connection.rollback().catch((failure: unknown) => connection.invalidate(failure));
      throw error;
    } finally {
      await connection.release();
    }
  }

  /**
   * Runs one statement on a connection of its own, committed at once.
   *
   * @param executable - a text, a `Statement` or a compiled Kysely query.
   */
  async execute(executable: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    const connection = await this.connect();
    try {
      return await connection.execute(executable, parameters);
    } finally {
      await connection.release();
    }
  }

  /**
   * Creates the tables and indexes of these models, in one transaction, in the order that foreign keys ask for; also the
   * tables between two of them that have no class.
   */
  createAll(models: readonly ModelClass[], options: { readonly ifNotExists?: boolean } = {}): Promise<void> {
    return createAll(this, tablesOf(models, 'both'), options.ifNotExists ?? true);
  }

  /** Drops the tables of these models, with everything in them, in one transaction. Tables that are not there are passed over. */
  dropAll(models: readonly ModelClass[]): Promise<void> {
    return dropAll(this, tablesOf(models, 'any'));
  }

  /** @returns what removes the listener again. */
  on<N extends EngineEventName>(event: N, listener: EngineListener<N>): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Closes every connection: idle ones now, the others when they come back, or when time is up. Later use is refused.
   * Done once. `engine.pool.dispose()` says who still had a connection when time was up.
   */
  async dispose(options?: DisposeOptions): Promise<void> {
    this.#isDisposed = true;
    await this.pool.dispose(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** The models' tables, and those between them: `sides` says whether one or both sides must be among the models. */
