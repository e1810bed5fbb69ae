import { describe, expect, it } from 'vitest';

import { PoolConnectTimeoutError, QueuePool, withScope } from '../../src/pool/index.ts';
import type { Connector, PoolOptions } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { watch } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

type Hooks = Pick<Connector<FakeConnection>, 'prepare' | 'prepareOnce'>;

function open(
  hooks: Hooks,
  options: PoolOptions = {},
): {
  pool: QueuePool<FakeConnection>;
  connector: ScriptedConnector;
  clock: ManualClock;
} {
  const clock = new ManualClock();
  const connector = Object.assign(new ScriptedConnector(), hooks);
  return { pool: new QueuePool(connector, { clock, random: () => 0, ...options }), connector, clock };
}

describe('A connector’s prepare', () => {
  it('runs on each new connection before it is lent', async () => {
    const prepared: number[] = [];
    const { pool } = open({ prepare: async ({ id }) => void prepared.push(id) });
    const lease = await pool.checkout();
    expect([prepared, lease.connection.id]).toEqual([[1], 1]);
    await lease.release();
    await pool.checkout();
    expect(prepared).toEqual([1]);
  });

  it('closes the connection when it throws or rejects, tells the caller, and runs again for the next', async () => {
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const hooks = {
      prepare: ({ id }: FakeConnection): Promise<void> | undefined => {
        if (id === 1) throw thrown;
        return id === 2 ? Promise.reject(rejected) : undefined;
      },
    };
    const { pool, connector } = open(hooks, { size: 1, maxOverflow: 0 });
    const errors = [];
    for (let i = 0; i < 2; i++) errors.push(await pool.checkout().catch((error: unknown) => error));
    const lease = await pool.checkout();
    expect([errors, lease.connection.id, connector.log]).toEqual([
      [thrown, rejected],
      3,
      ['connect', 'close 1', 'connect', 'close 2', 'connect'],
    ]);
  });

  it('is bounded by the deadline of its connect', async () => {
    const { pool, connector, clock } = open({ prepare: () => new Promise<void>(() => {}) }, { connectTimeout: 1_000 });
    const attempt = watch(pool.checkout());
    await clock.advance(1_000);
    expect([attempt.error?.constructor, connector.open, pool.status().connecting]).toEqual([
      PoolConnectTimeoutError,
      0,
      0,
    ]);
  });
});

describe('A connector’s prepareOnce', () => {
  it('runs once for a pool, and is done before any connection is lent', async () => {
    const slow = gate();
    const runs: number[] = [];
    const hooks = {
      prepareOnce: ({ id }: FakeConnection): Promise<void> => {
        runs.push(id);
        return slow.opened;
      },
    };
    const { pool } = open(hooks, { maxConnecting: 5 });
    const attempts = Array.from({ length: 5 }, () => watch(pool.checkout()));
    await settle();
    expect([runs, attempts.some(({ lease }) => lease !== undefined)]).toEqual([[1], false]);
    slow.open();
    await settle();
    expect([runs, new Set(attempts.map(({ lease }) => lease?.connection.id)).size]).toEqual([[1], 5]);
  });

  it('runs again with the next connection when it fails, and pools nothing until then', async () => {
    let runs = 0;
    const failure = new Error('no such encoding');
    const hooks = {
      prepareOnce: async (): Promise<void> => {
        runs += 1;
        if (runs < 3) throw failure;
      },
    };
    const { pool, connector } = open(hooks);
    const attempts = Array.from({ length: 3 }, () => watch(pool.checkout()));
    await settle();
    expect([runs, attempts.map(({ error }) => error), connector.open]).toEqual([3, [failure, failure, undefined], 1]);
  });

  it('that never settles keeps others waiting no longer than its own connect may take', async () => {
    let runs = 0;
    const hooks = { prepareOnce: (): Promise<void> | undefined => (++runs === 1 ? new Promise(() => {}) : undefined) };
    const { pool, clock } = open(hooks, { connectTimeout: 1_000 });
    const first = watch(pool.checkout());
    await clock.advance(500);
    const second = watch(pool.checkout());
    await clock.advance(500);
    expect([first.error?.constructor, second.lease?.connection.id]).toEqual([PoolConnectTimeoutError, 2]);
  });
});

describe('Preparing a connection', () => {
  it('that waits for another connection of the same pool is refused at once', async () => {
    const errors: unknown[] = [];
    const outer: { pool?: QueuePool<FakeConnection> } = {};
    const prepare = async (): Promise<void> => {
      await withScope('types', () => outer.pool?.checkout() ?? Promise.reject(new Error('no pool'))).catch(
        (error: unknown) => {
          errors.push(error);
          throw error;
        },
      );
    };
    const { pool, clock } = open({ prepare }, { size: 1, maxOverflow: 0 });
    outer.pool = pool;
    const attempt = watch(pool.checkout());
    await settle();
    expect([errors.length, attempt.error, clock.timerCount]).toEqual([1, errors[0], 0]);
    expect((attempt.error as Error).message).toBe(
      'A connection of pool default is being made ready, and that waits for another connection of the same pool, which may never come. Do all of one task’s work on the connection it already has, or take what it needs before the first. [POOL_SELF_STARVATION]',
    );
  });
});

describe('A connector’s cancel', () => {
  it('makes a connection quiet that comes back busy, which is then reset and lent again', async () => {
    const log: string[] = [];
    const { pool, connector } = open({});
    Object.assign(connector, {
      cancel: async (connection: FakeConnection) => {
        log.push(`cancel ${connection.id}`);
        connection.condition = 'dirty';
      },
    });
    const lease = await pool.checkout();
    lease.connection.condition = 'busy';
    await lease.release();
    const next = await pool.checkout();
    expect([log, connector.log, next.connection.id]).toEqual([['cancel 1'], ['connect', 'reset 1'], 1]);
  });

  it('that fails, hangs or leaves it busy costs the connection', async () => {
    const cancels = [() => Promise.reject(new Error('no')), () => new Promise(() => {}), async () => {}];
    for (const cancel of cancels) {
      const { pool, connector, clock } = open({}, { resetTimeout: 100 });
      Object.assign(connector, { cancel });
      const lease = await pool.checkout();
      lease.connection.condition = 'busy';
      const released = lease.release();
      await clock.advance(100);
      await released;
      expect([connector.log, pool.status().checkedOut]).toEqual([['connect', 'destroy 1'], 0]);
    }
  });

  it('is not asked for a connection that would be closed anyway', async () => {
    const { pool, connector } = open({});
    Object.assign(connector, { cancel: () => expect.unreachable() });
    const lease = await pool.checkout();
    lease.connection.condition = 'busy';
    pool.invalidateAll();
    await lease.release();
    expect(connector.log).toEqual(['connect', 'destroy 1']);
  });
});

describe('A connector’s isDisconnect', () => {
  it('says which errors of a ping the caller hears, instead of getting another connection', async () => {
    const refused = new Error('read-only now');
    const { pool, connector } = open({}, { prePing: true });
    Object.assign(connector, { isDisconnect: (error: unknown) => error !== refused });
    await (await pool.checkout()).release();
    connector.pings = [refused, new Error('terminated')];
    await expect(pool.checkout()).rejects.toBe(refused);
    await (await pool.checkout()).release();
    const lease = await pool.checkout();
    expect([lease.connection.id, connector.log]).toEqual([
      3,
      ['connect', 'ping 1', 'destroy 1', 'connect', 'ping 2', 'destroy 2', 'connect'],
    ]);
  });

  it('is not asked when the ping has no answer', async () => {
    const { pool, connector, clock } = open({}, { prePing: true, pingTimeout: 100 });
    Object.assign(connector, { isDisconnect: () => false });
    await (await pool.checkout()).release();
    connector.pings = ['never'];
    const attempt = watch(pool.checkout());
    await clock.advance(100);
    expect(attempt.lease?.connection.id).toBe(2);
  });
});
