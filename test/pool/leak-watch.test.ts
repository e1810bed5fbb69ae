import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StaticPool } from '../../src/pool/index.ts';
import type { Pool } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

const warnings: { message: string; code: string | undefined }[] = [];

function onWarning(warning: Error & { code?: string }): void {
  warnings.push({ message: warning.message, code: warning.code });
}

beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});

afterEach(() => {
  process.off('warning', onWarning);
});

/** Runs the collector until `done`, or often enough that it would have found what there is. */
async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 20 && !done(); i++) {
    globalThis.gc?.();
    await turn();
  }
}

/** A task of the program that takes a lease and loses it: `this`, the owner and the closure all know the lease. */
class LosingTask {
  #lease: unknown;

  async run(pool: Pool<FakeConnection>, condition: FakeConnection['condition']): Promise<void> {
    const lease = await pool.checkout({ label: 'GET /lost', owner: this });
    lease.connection.condition = condition;
    this.#lease = lease;
    await settle(this.#lease === undefined ? 0 : 1);
  }
}

async function lose(pool: Pool<FakeConnection>, condition: FakeConnection['condition'] = 'idle'): Promise<void> {
  await new LosingTask().run(pool, condition);
}

describe('LeakWatch', () => {
  it('takes a lost connection back, reset, and names who lost it', async () => {
    const { pool, connector, clock, counts } = openPool({ captureCallSites: true, name: 'main' });
    await lose(pool, 'dirty');
    await clock.advance(1_000);
    await collect(() => warnings.length > 0);
    await settle();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'reset 1'],
      [5, 1, 0, 0],
    ]);
    expect(warnings).toEqual([
      {
        message: expect.stringMatching(
          /^A lease of pool main was garbage-collected without release\(\): GET \/lost, taken at test\/pool\/leak-watch\.test\.ts:\d+:\d+\. Its connection was taken back; release it in a finally, or use `await using`\.$/,
        ) as string,
        code: 'HERMETIC_LEASE_LEAKED',
      },
    ]);
  });

  it('serves a waiter with it', async () => {
    const { pool, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    await lose(pool);
    const waiter = ask();
    await clock.advance(1_000);
    await collect(() => waiter.lease !== undefined);
    expect(waiter.lease?.connection.id).toBe(1);
  });

  it('destroys it when a statement still runs', async () => {
    const { pool, connector, clock, counts } = openPool();
    await lose(pool, 'busy');
    await clock.advance(1_000);
    await collect(() => warnings.length > 0);
    expect([connector.log, counts()]).toEqual([
      ['connect', 'destroy 1'],
      [5, 0, 0, 0],
    ]);
  });

  it('says nothing of leases that were released, before or after it began to watch them', async () => {
    const { pool, clock, counts } = openPool();
    await (await pool.checkout()).release();
    const long = await pool.checkout();
    await clock.advance(5_000);
    await long.release();
    await collect(() => warnings.length > 0);
    expect([warnings, counts(), clock.timerCount]).toEqual([[], [5, 1, 0, 0], 0]);
  });

  it('leaves leases alone that are still held', async () => {
    const { pool, clock, counts } = openPool();
    const lease = await pool.checkout();
    await clock.advance(5_000);
    await collect(() => warnings.length > 0);
    expect([warnings, counts(), lease.isReleased]).toEqual([[], [5, 0, 0, 1], false]);
  });

  it('can be switched off', async () => {
    const { pool, clock, counts } = openPool({ leakWatch: false });
    await lose(pool);
    await clock.advance(5_000);
    await collect(() => warnings.length > 0);
    expect([warnings, counts()]).toEqual([[], [5, 0, 0, 1]]);
  });

  it('closes a lost connection of a pool that was disposed of', async () => {
    const { pool, connector, clock } = openPool();
    await lose(pool);
    const disposed = pool.dispose();
    await clock.advance(1_000);
    await collect(() => warnings.length > 0);
    await settle();
    expect([connector.log, await disposed]).toEqual([['connect', 'close 1'], { holders: [] }]);
  });

  it('works for a shared connection too', async () => {
    const clock = new ManualClock();
    const connector = new ScriptedConnector();
    const pool = new StaticPool(connector, { clock });
    await lose(pool, 'dirty');
    await clock.advance(1_000);
    await collect(() => warnings.length > 0);
    await settle();
    expect([connector.log, pool.status().checkedOut]).toEqual([['connect', 'reset 1'], 0]);
  });
});
