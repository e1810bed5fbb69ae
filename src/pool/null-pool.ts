import type { Lease } from './lease.ts';
import type { PoolEventName, PoolListener } from './pool-announcements.ts';
import type { PoolDesk } from './pool-desk.ts';
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
import { QueueRules } from './queue-rules.ts';
import { statusText } from './status-text.ts';
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
  readonly #rules: QueueRules<C>;
  readonly #desk: PoolDesk<C>;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: NullPoolOptions = {}) {
    this.#connector = connector;
    this.#settings = PoolSettings.forNullPool(options, connector);
    this.#rules = new QueueRules(connector, this.#settings);
    this.#desk = this.#rules.desk;
  }

  /**
   * Opens a connection and lends it.
   *
   * @throws {PoolTimeoutError} POOL_TIMEOUT - it took longer than `timeout`.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   */
  checkout(options?: CheckoutOptions): Promise<Lease<C>> {
    return this.#desk.checkout(options, this.checkout);
  }

  /** Lends a connection for as long as `work` runs; see `Pool`. @throws What `checkout` and `work` throw. */
  use<T>(work: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: CheckoutOptions): Promise<T> {
    return use(this, work, options);
  }

  get name(): string {
    return this.#desk.name;
  }

  get capacity(): PoolCapacity {
    return { limit: Infinity, maxIdle: 0, minIdle: 0 };
  }

  status(): PoolStatus {
    return this.#rules.status();
  }

  /** Counts since the pool was made, which only grow. */
  totals(): PoolTotals {
    return this.#desk.totals();
  }

  /** `Pool size: 0  Connections in pool: 0 Current Overflow: 3 Current Checked out connections: 3`. */
  statusText(): string {
    return statusText(this.status());
  }

  holders(): PoolHolder[] {
    return this.#rules.holders();
  }

  /** Who waits for a connection to open, first come first. */
  waiters(): PoolWaiting[] {
    return this.#desk.line.waiting();
  }

  /** What each label has and wants, most connections first; counted when it is asked for. */
  usage(): PoolUsage[] {
    return this.#desk.usage();
  }

  /** Lent connections are closed when they come back in any case; those being opened are closed when they arrive. */
  invalidateAll(cause?: unknown): void {
    this.#rules.invalidateAll(cause);
  }

  /** A new pool with the same connector, options and listeners. */
  recreate(): NullPool<C> {
    const pool = new NullPool(this.#connector, this.#settings.given);
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
