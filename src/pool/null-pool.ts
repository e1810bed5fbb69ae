import type { Lease } from './lease.ts';
import type { PoolOptions } from './pool-options.ts';
import { PoolSettings } from './pool-settings.ts';
import type { QueueOnlyOption } from './pool-settings.ts';
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
import { QueuePool } from './queue-pool.ts';
import { use } from './use.ts';

/** The options of a pool that keeps nothing. */
export type NullPoolOptions = Omit<PoolOptions, QueueOnlyOption>;

/**
 * Opens a connection for each checkout and closes it at its release: no limit, nothing kept.
 *
 * For platforms where a socket must not outlive its request, and behind a pooler that does the keeping.
 */
export class NullPool<C> implements Pool<C> {
  readonly #connector: Connector<C>;
  readonly #settings: PoolSettings;
  readonly #pool: QueuePool<C>;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: NullPoolOptions = {}) {
    this.#connector = connector;
    this.#settings = PoolSettings.forNullPool(options, connector);
    this.#pool = new QueuePool(connector, this.#settings);
  }

  /**
   * Opens a connection and lends it.
   *
   * @throws {PoolTimeoutError} POOL_TIMEOUT - it took longer than `timeout`.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   */
  checkout(options?: CheckoutOptions): Promise<Lease<C>> {
    return this.#pool.checkout(options);
  }

  /** Lends a connection for as long as `work` runs; see `Pool`. @throws What `checkout` and `work` throw. */
  use<T>(work: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: CheckoutOptions): Promise<T> {
    return use(this, work, options);
  }

  get name(): string {
    return this.#pool.name;
  }

  get capacity(): PoolCapacity {
    return this.#pool.capacity;
  }

  status(): PoolStatus {
    return this.#pool.status();
  }

  /** Counts since the pool was made, which only grow. */
  totals(): PoolTotals {
    return this.#pool.totals();
  }

  /** `Pool size: 0  Connections in pool: 0 Current Overflow: 3 Current Checked out connections: 3`. */
  statusText(): string {
    return this.#pool.statusText();
  }

  holders(): PoolHolder[] {
    return this.#pool.holders();
  }

  /** Who waits for a connection to open, first come first. */
  waiters(): PoolWaiting[] {
    return this.#pool.waiters();
  }

  /** What each label has and wants, most connections first; counted when it is asked for. */
  usage(): PoolUsage[] {
    return this.#pool.usage();
  }

  /** Lent connections are closed when they come back in any case; those being opened are closed when they arrive. */
  invalidateAll(cause?: unknown): void {
    this.#pool.invalidateAll(cause);
  }

  /** A new pool with the same connector and options. */
  recreate(): NullPool<C> {
    return new NullPool(this.#connector, this.#settings.given);
  }

  dispose(options?: DisposeOptions): Promise<DisposalReport> {
    return this.#pool.dispose(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
