import { PoolOptionError } from '../errors/pool-errors.ts';
import type { Lease } from './lease.ts';
import { show } from './option-rules.ts';
import type { PoolDesk } from './pool-desk.ts';
import type { PoolEventName, PoolListener } from './pool-announcements.ts';
import type { PoolOptions, PoolSize } from './pool-options.ts';
import { PoolSettings } from './pool-settings.ts';
import type {
  CheckoutOptions,
  Connector,
  DisposalReport,
  DisposeOptions,
  Pool,
  PoolCapacity,
  PoolHolder,
  PoolStatus,
  PoolTotals,
  PoolUsage,
  PoolWaiting,
} from './pool.ts';
import { QueueRules } from './queue-rules.ts';
import { statusText } from './status-text.ts';
import { use } from './use.ts';

/**
 * Keeps up to `size` connections, opens up to `maxOverflow` more while they are needed, and lets callers wait in line
 * beyond that. Opens nothing until it is asked, unless `minIdle` says so.
 *
 * @example
 * const pool = new QueuePool(connector, { size: 5, maxOverflow: 10, timeout: 30_000 });
 * await using lease = await pool.checkout({ label: 'GET /users' });
 * await lease.connection.query('select 1');
 */
export class QueuePool<C> implements Pool<C> {
  readonly #settings: PoolSettings;
  readonly #connector: Connector<C>;
  readonly #rules: QueueRules<C>;
  readonly #desk: PoolDesk<C>;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: PoolOptions = {}) {
    this.#connector = connector;
    this.#settings = PoolSettings.forQueue(options, connector);
    this.#rules = new QueueRules(connector, this.#settings);
    this.#desk = this.#rules.desk;
    if (this.#settings.options.minIdle > 0) this.#rules.pump();
  }

  /**
   * Lends a connection, waiting in line when none is free and none may be opened.
   *
   * @returns A lease. Give it back with `release()` or `await using`.
   * @throws {PoolTimeoutError} POOL_TIMEOUT - nothing became free in time; it says who holds what, and why.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolOverloadedError} POOL_OVERLOADED - the line is full, or hopelessly long where `refuseHopeless` is set.
   * @throws {PoolUnavailableError} POOL_UNAVAILABLE - the database counts as down since several connects failed.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   * @throws Whatever the connector rejected with, when a connection could not be opened.
   */
  checkout(options?: CheckoutOptions): Promise<Lease<C>> {
    return this.#desk.checkout(options, this.checkout);
  }

  /** Lends a connection for as long as `work` runs; see `Pool`. @throws What `checkout` and `work` throw. */
  use<T>(work: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: CheckoutOptions): Promise<T> {
    return use(this, work, options);
  }

  get capacity(): PoolCapacity {
    const { limit, keep } = this.#settings.limits;
    return { limit, maxIdle: keep, minIdle: this.#settings.options.minIdle };
  }

  get name(): string {
    return this.#desk.name;
  }

  status(): PoolStatus {
    return this.#rules.status();
  }

  /** Counts since the pool was made, which only grow. */
  totals(): PoolTotals {
    return this.#desk.totals();
  }

  /** `Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15`. */
  statusText(): string {
    return statusText(this.status());
  }

  holders(): PoolHolder[] {
    return this.#rules.holders();
  }

  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[] {
    return this.#desk.line.waiting();
  }

  /** What each label has and wants, most connections first; counted when it is asked for. */
  usage(): PoolUsage[] {
    return this.#desk.usage();
  }

  /**
   * Opens connections until `count` are there, in use or not, and keeps them. Call it before the program takes requests:
   * when it resolves the database has answered.
   *
   * @param count - default, and most: the kept size.
   * @throws {PoolOptionError} POOL_BAD_OPTION - `count` is no whole number of 0 or more.
   * @throws {PoolTimeoutError} POOL_TIMEOUT - they were not there within `timeout`.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   * @throws Whatever the connector rejected with, when that will not pass.
   */
  async warmUp(count: number = this.#settings.limits.size): Promise<void> {
    if (!Number.isInteger(count) || count < 0)
      throw PoolOptionError.of('warmUp', [`count must be a whole number of 0 or more, not ${show(count)}`]);
    await this.#desk.warmUp(Math.min(count, this.#settings.limits.keep));
  }

  /**
   * Changes how many connections there may be. More serve waiters at once; fewer close idle connections at once and
   * lent ones when they come back, never a holder's.
   *
   * @throws {PoolOptionError} POOL_BAD_OPTION
   */
  resize(size: PoolSize): void {
    this.#settings.resize(size);
    this.#desk.stock.shrink();
    this.#rules.pump();
  }

  /** From now on lends nothing: callers wait in line, each until its timeout, for `resume()`. */
  suspend(): void {
    this.#rules.suspend();
  }

  /** Ends a `suspend()`. */
  resume(): void {
    this.#rules.resume();
  }

  get isSuspended(): boolean {
    return this.#rules.isSuspended;
  }

  /** Replaces every connection opened before now: idle ones at once, lent ones when they come back. */
  invalidateAll(cause?: unknown): void {
    this.#rules.invalidateAll(cause);
  }

  /** A new pool with the same connector, options and listeners, as large as this one is now. */
  recreate(): QueuePool<C> {
    const pool = new QueuePool(this.#connector, this.#settings.given);
    pool.#desk.announcements.adopt(this.#desk.announcements);
    return pool;
  }

  /** Tells `listener` what happens in this pool; see `Pool`. @throws {PoolOptionError} POOL_BAD_OPTION */
  on<N extends PoolEventName>(name: N, listener: PoolListener<N>): () => void {
    return this.#desk.on(name, listener);
  }

  dispose(options?: DisposeOptions): Promise<DisposalReport> {
    return this.#desk.dispose(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
