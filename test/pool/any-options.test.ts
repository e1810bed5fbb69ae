import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NullPool, PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import type { PoolOptions } from '../../src/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();
const connector = {
  connect: () => new Promise<object>(() => {}),
  close: async () => {},
  ping: async () => {},
};
const ms = fc.constantFrom(1, 20, 1_000, 5_000, 60_000, 3_600_000, Infinity);
const some = fc.constantFrom(1, 2, 3, 5, 15, 20);
const flag = fc.boolean();

/** Values of each option that are right by themselves. */
const RIGHT: Record<keyof PoolOptions, fc.Arbitrary<unknown>> = {
  size: fc.constantFrom(0, 1, 2, 5, 20),
  maxOverflow: fc.constantFrom(-1, 0, 1, 10),
  timeout: fc.oneof(ms, fc.constant(0)),
  maxWaiting: fc.oneof(some, fc.constantFrom(0, Infinity)),
  refuseHopeless: flag,
  recycle: fc.oneof(ms, fc.constant(-1)),
  maxUses: fc.oneof(some, fc.constant(Infinity)),
  minIdle: fc.constantFrom(0, 1, 3, 6),
  idleTimeout: ms,
  keepAlive: ms,
  prePing: flag,
  pingAfter: fc.oneof(ms, fc.constant(0)),
  thawAfter: ms,
  useLifo: flag,
  resetOnReturn: fc.constantFrom('rollback', 'commit', 'none'),
  name: fc.string({ minLength: 1 }),
  clock: fc.constant(clock),
  random: fc.constant(() => 0),
  captureCallSites: fc.constantFrom(true, false, 'sampled'),
  connectTimeout: ms,
  maxConnecting: some,
  retryDelay: ms,
  maxRetryDelay: ms,
  circuitAfter: some,
  closeTimeout: ms,
  resetTimeout: ms,
  pingTimeout: ms,
  maxPerLabel: fc.oneof(some, fc.constant(Infinity), fc.dictionary(fc.string(), fc.oneof(some, fc.constant(Infinity)))),
  warnHeldAfter: ms,
  warnIdleInTransactionAfter: ms,
  refuseSelfStarvation: flag,
  leakWatch: flag,
  collectBeforeTimeout: fc.oneof(
    flag,
    fc.constant(() => {}),
  ),
};

const rightOptions = fc.record(RIGHT, { requiredKeys: [] });
const anyOptions = fc.oneof(
  fc.record(Object.fromEntries(Object.entries(RIGHT).map(([name, right]) => [name, fc.oneof(right, fc.anything())])), {
    requiredKeys: [],
  }),
  fc.dictionary(
    fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'max', 'size'), fc.string()),
    fc.anything(),
  ),
  fc.anything(),
);

/** Undefined when a pool was made. Fails when anything else than bad options is told. */
function faultsOf(Pool: typeof QueuePool | typeof NullPool | typeof StaticPool, options: unknown): readonly string[] {
  try {
    const pool = new Pool(connector, options as PoolOptions);
    expect(pool.recreate().capacity).toEqual(pool.capacity);
    return [];
  } catch (error) {
    if (!(error instanceof PoolOptionError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    return error.faults;
  }
}

describe('Options', () => {
  it('that are right one by one make a pool, or are told all at once', () => {
    fc.assert(
      fc.property(rightOptions, (options) => {
        const faults = faultsOf(QueuePool, options);
        // With what the faults name left out, or made large enough, nothing is left to find fault with.
        const named = new Set(faults.flatMap((fault) => fault.match(/\w+/g) ?? []));
        const rest = Object.entries(options).filter(([name]) => !named.has(name));
        const sizes = named.has('size') ? { size: 20, maxOverflow: 10 } : {};
        const kept = named.has('minIdle') ? { minIdle: 1 } : {};
        expect(faultsOf(QueuePool, { ...Object.fromEntries(rest), ...sizes, ...kept })).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of any kind make a pool or are refused with POOL_BAD_OPTION', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        for (const Pool of [QueuePool, NullPool, StaticPool]) faultsOf(Pool, options);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of any kind that are given to a checkout, to use or to dispose never make it throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (options) => {
        const pool = new QueuePool({ ...connector, connect: async () => ({}) }, { clock });
        const asked = [pool.checkout(options as object), pool.use(() => {}, options as object)];
        const outcomes = await Promise.allSettled([...asked, pool.dispose(options as object)]);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(['POOL_BAD_OPTION', 'POOL_CLOSED']).toContain(outcome.reason.code);
      }),
    );
  });
});
