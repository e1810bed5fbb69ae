import { QueuePool } from '../../src/pool/index.ts';
import type { CheckoutOptions, Lease, PoolOptions } from '../../src/pool/index.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { ScriptedConnector } from './scripted-connector.ts';
import type { FakeConnection } from './scripted-connector.ts';

/** What became of a checkout so far. */
export interface Attempt {
  readonly promise: Promise<Lease<FakeConnection>>;
  lease: Lease<FakeConnection> | undefined;
  error: unknown;
}

/** A pool on a manual clock and a scripted connector, and shorthand for what tests say about it. */
export interface PoolBench {
  readonly pool: QueuePool<FakeConnection>;
  readonly connector: ScriptedConnector;
  readonly clock: ManualClock;
  /** Checks out `count` leases; all must be there at once. */
  take(count: number, options?: CheckoutOptions): Promise<Lease<FakeConnection>[]>;
  /** Checks out one. */
  takeOne(options?: CheckoutOptions): Promise<Lease<FakeConnection>>;
  /** Begins a checkout and watches it. */
  ask(options?: CheckoutOptions): Attempt;
  /** `[size, idle, overflow, out]`. */
  counts(): [number, number, number, number];
}

export function watch(promise: Promise<Lease<FakeConnection>>): Attempt {
  const attempt: Attempt = { promise, lease: undefined, error: undefined };
  promise.then(
    (lease) => (attempt.lease = lease),
    (error: unknown) => (attempt.error = error),
  );
  return attempt;
}

export function openPool(
  options: PoolOptions = {},
  { clock = new ManualClock(), connector = new ScriptedConnector() } = {},
): PoolBench {
  const pool = new QueuePool(connector, {
    clock,
    captureCallSites: false,
    random: () => 0,
    collectBeforeTimeout: false,
    ...options,
  });
  return {
    pool,
    connector,
    clock,
    take: (count, asked) => Promise.all(Array.from({ length: count }, () => pool.checkout(asked))),
    takeOne: (asked) => pool.checkout(asked),
    ask: (asked) => watch(pool.checkout(asked)),
    counts: () => {
      const { size, checkedIn, overflow, checkedOut } = pool.status();
      return [size, checkedIn, overflow, checkedOut];
    },
  };
}

/** The ids of connections, in the order of the leases. */
export function ids(leases: readonly Lease<FakeConnection>[]): number[] {
  return leases.map((lease) => lease.connection.id);
}

export async function releaseAll(leases: readonly Lease<FakeConnection>[]): Promise<void> {
  for (const lease of leases) await lease.release();
  await settle();
}
