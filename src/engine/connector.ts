import type { Driver, DriverConnection } from '../driver/driver.ts';
import type { Connector } from '../pool/pool.ts';
import type { Statement } from '../sql/statement.ts';
import type { EngineEvents } from './engine-events.ts';
import type { StatementObserver } from './statement-observer.ts';
import { COMMIT, ROLLBACK } from './transaction.ts';
import { UNFINISHED } from './unfinished.ts';

/** Lets a pool open, mend and close the driver's connections. */
export class DriverConnector implements Connector<DriverConnection> {
  readonly #driver: Driver;
  readonly #address: string;
  readonly #events: EngineEvents;
  readonly #observer: StatementObserver;

  constructor(driver: Driver, address: string, listeners: { events: EngineEvents; observer: StatementObserver }) {
    this.#driver = driver;
    this.#address = address;
    this.#events = listeners.events;
    this.#observer = listeners.observer;
  }

  async connect(signal: AbortSignal): Promise<DriverConnection> {
    const connection = await this.#driver.connect(signal);
    if (this.#events.isWanted('connect')) this.#events.emit('connect', { address: this.#address });
    return connection;
  }

  close(connection: DriverConnection): Promise<void> {
    return connection.close();
  }

  destroy(connection: DriverConnection): void {
    connection.destroy();
  }

  ping(connection: DriverConnection): Promise<void> {
    return connection.ping();
  }

  /** Drivers that cannot cancel leave the connection busy, and the pool throws it away. */
  async cancel(connection: DriverConnection): Promise<void> {
    await connection.cancel?.();
  }

  async reset(connection: DriverConnection): Promise<void> {
    UNFINISHED.delete(connection);
    if (connection.transactionStatus !== 'idle') await this.#run(ROLLBACK, connection);
  }

  /** A failed transaction the server would roll back whatever it is told. */
  async commit(connection: DriverConnection): Promise<void> {
    const isWhole = connection.transactionStatus === 'open' && !UNFINISHED.has(connection);
    if (isWhole) await this.#run(COMMIT, connection);
    else await this.reset(connection);
  }

  condition(connection: DriverConnection): 'idle' | 'dirty' | 'busy' | 'broken' {
    if (connection.isClosed) return 'broken';
    if (connection.isBusy) return 'busy';
    return connection.transactionStatus === 'idle' ? 'idle' : 'dirty';
  }

  async #run(statement: Statement, connection: DriverConnection): Promise<void> {
    const observed = { statement, parameterCount: 0, label: undefined, executionOptions: undefined };
    await this.#observer.watch(observed, () => connection.execute(statement, []));
  }
}
