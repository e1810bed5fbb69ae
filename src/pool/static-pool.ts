import type { Lease } from './lease.ts';
import type { PoolEventName, PoolListener } from './pool-announcements.ts';
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
import { StaticRules } from './static-rules.ts';
import { statusText } from './status-text.ts';
import { use } from './use.ts';

/** The options of a pool of one shared connection. */
export type StaticPoolOptions = Omit<PoolOptions, QueueOnlyOption>;

/**
 * One connection for everybody at the same time: each checkout is a lease of its own on it.
 *
 * The borrowers see each other's transactions. It is reset when the last of them has given it back.
 */
export class StaticPool<C> implements Pool<C> {
  readonly #connector: Connector<C>;
  readonly #settings: PoolSettings;
  readonly #rules: StaticRules<C>;

  /** @throws {PoolOptionError} POOL_BAD_OPTION - with every fault of the options at once. */
  constructor(connector: Connector<C>, options: StaticPoolOptions = {}) {
    this.#connector = connector;
    this.#settings = PoolSettings.forStaticPool(options, connector);
    this.#rules = new StaticRules(connector, this.#settings);
  }

  get name(): string {
    return this.#rules.desk.name;
  }

  /**
   * Lends the one connection, opening it first where need be.
   *
   * @throws {PoolTimeoutError} POOL_TIMEOUT - opening or resetting it took longer than `timeout`.
   * @throws {PoolCheckoutAbortedError} POOL_CHECKOUT_ABORTED - `options.signal` aborted first.
   * @throws {PoolClosedError} POOL_CLOSED - the pool is disposed of.
   */
  checkout(options?: CheckoutOptions): Promise<Lease<C>> {
    return this.#rules.desk.checkout(options, this.checkout);
  }

  /** Lends a connection for as long as `work` runs; see `Pool`. @throws What `checkout` and `work` throw. */
  use<T>(work: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: CheckoutOptions): Promise<T> {
    return use(this, work, options);
  }

  get capacity(): PoolCapacity {
    return { limit: 1, maxIdle: 1, minIdle: 0 };
  }

  /** `checkedOut` counts leases here: many may share the one connection. */
  status(): PoolStatus {
    return this.#rules.status();
  }

  /** Counts since the pool was made, which only grow. */
  totals(): PoolTotals {
    return this.#rules.desk.totals();
  }

  /** `Pool size: 1  Connections in pool: 0 Current Overflow: 0 Current Checked out connections: 3`. */
  statusText(): string {
    return statusText(this.status());
  }

  /** Longest held first. */
  holders(): PoolHolder[] {
    return this.#rules.holders();
  }

  /** Who stands in line, first come first. */
  waiters(): PoolWaiting[] {
    return this.#rules.desk.line.waiting();
  }

  /** What each label has and wants, most connections first; counted when it is asked for. */
  usage(): PoolUsage[] {
    return this.#rules.desk.usage();
  }

  /**
   * Replaces the connection: now when it is idle, else when the last of its holders has given it back. Until then whoever
   * asks waits.
   */
  invalidateAll(cause?: unknown): void {
    this.#rules.invalidateAll(cause);
  }

  /** A new pool with the same connector, options and listeners. */
  recreate(): StaticPool<C> {
    const pool = new StaticPool(this.#connector, this.#settings.given);
    pool.#rules.desk.announcements.adopt(this.#rules.desk.announcements);
    return pool;
  }

  /** Tells `listener` what happens in this pool; see `Pool`. @throws {PoolOptionError} POOL_BAD_OPTION */
  on<N extends PoolEventName>(name: N, listener: PoolListener<N>): () => void {
    return this.#rules.desk.on(name, listener);
  }

  dispose(options?: DisposeOptions): Promise<DisposalReport> {
    return this.#rules.desk.dispose(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
