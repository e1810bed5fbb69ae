import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { NullPool, PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import type { Connector, PoolOptions } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';
import type { FakeConnection, Reply } from '../support/scripted-connector.ts';

/** One that can commit, and cancel what runs. */
class CommittingConnector extends ScriptedConnector {
  commits: Reply[] = [];

  async commit(connection: FakeConnection): Promise<void> {
    this.log.push(`commit ${connection.id}`);
    const reply = this.commits.shift();
    if (reply instanceof Error) throw reply;
    if (reply === 'never') await new Promise(() => {});
    connection.condition = 'idle';
  }

  async cancel(connection: FakeConnection): Promise<void> {
    this.log.push(`cancel ${connection.id}`);
    connection.condition = 'dirty';
  }
}

interface Bench {
  readonly pool: QueuePool<FakeConnection>;
  readonly connector: CommittingConnector;
  readonly clock: ManualClock;
}

function open(options: PoolOptions = {}): Bench {
  const connector = new CommittingConnector();
  const clock = new ManualClock();
  const pool = new QueuePool(connector, { clock, resetOnReturn: 'commit', ...options });
  return { pool, connector, clock };
}

async function giveBack(
  pool: { checkout: QueuePool<FakeConnection>['checkout'] },
  condition: FakeConnection['condition'],
): Promise<void> {
  const lease = await pool.checkout();
  lease.connection.condition = condition;
  await lease.release();
}

describe("resetOnReturn 'commit'", () => {
  it('commits what a holder left open, and nothing where nothing is open', async () => {
    const { pool, connector } = open();
    await giveBack(pool, 'dirty');
    await giveBack(pool, 'idle');
    expect([connector.log, pool.status().checkedIn]).toEqual([['connect', 'commit 1'], 1]);
  });

  it('throws a connection away whose commit fails, or does not end', async () => {
    const { pool, connector, clock } = open({ resetTimeout: 2_000 });
    connector.commits = [new Error('could not serialize access'), 'never'];
    await giveBack(pool, 'dirty');
    const returned = giveBack(pool, 'dirty');
    await settle();
    await clock.advance(2_000);
    await returned;
    expect(connector.log).toEqual(['connect', 'commit 1', 'destroy 1', 'connect', 'commit 2', 'destroy 2']);
  });

  it('rolls back what it had to cancel', async () => {
    const { pool, connector } = open();
    await giveBack(pool, 'busy');
    expect(connector.log).toEqual(['connect', 'cancel 1', 'reset 1']);
  });

  it('rolls back what a lost lease left open, and commits again what the next holder does', async () => {
    const { pool, connector, clock } = open();
    await (async () => {
      const lease = await pool.checkout();
      lease.connection.condition = 'dirty';
    })();
    await clock.advance(1_000);
    for (let i = 0; i < 20 && connector.log.length < 2; i++) {
      globalThis.gc?.();
      await turn();
    }
    await giveBack(pool, 'dirty');
    expect(connector.log).toEqual(['connect', 'reset 1', 'commit 1']);
  });

  it('throws away what it would have to roll back, where the connector cannot', async () => {
    const { connector } = open();
    const { log } = connector;
    const bare: Connector<FakeConnection> = {
      connect: (signal) => connector.connect(signal),
      close: (connection) => connector.close(connection),
      cancel: (connection) => connector.cancel(connection),
      commit: (connection) => connector.commit(connection),
      condition: (connection) => connector.condition(connection),
    };
    await giveBack(new QueuePool(bare, { resetOnReturn: 'commit', clock: new ManualClock() }), 'busy');
    expect(log).toEqual(['connect', 'cancel 1', 'close 1']);
  });

  it('commits before a connection is closed for its age, its uses, or an invalidation', async () => {
    const { pool, connector } = open({ maxUses: 1 });
    await giveBack(pool, 'dirty');
    const lease = await pool.checkout();
    lease.connection.condition = 'dirty';
    pool.invalidateAll();
    await lease.release();
    await settle();
    expect(connector.log).toEqual(['connect', 'commit 1', 'close 1', 'connect', 'commit 2', 'close 2']);
  });

  it('commits what comes back while the pool is disposed of', async () => {
    const { pool, connector } = open();
    const lease = await pool.checkout();
    lease.connection.condition = 'dirty';
    const disposed = pool.dispose();
    await lease.release();
    expect([await disposed, connector.log]).toEqual([{ holders: [] }, ['connect', 'commit 1', 'close 1']]);
  });

  it('commits in pools of other kinds too, a shared connection after its last holder', async () => {
    const connector = new CommittingConnector();
    const options = { resetOnReturn: 'commit', clock: new ManualClock() } as const;
    await giveBack(new NullPool(connector, options), 'dirty');
    const pool = new StaticPool(connector, options);
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    first.connection.condition = 'dirty';
    await first.release();
    expect(connector.log).toEqual(['connect', 'commit 1', 'close 1', 'connect']);
    await second.release();
    expect(connector.log.slice(4)).toEqual(['commit 2']);
  });

  it('is refused where the connector cannot commit', () => {
    const options = { resetOnReturn: 'commit' } as const;
    for (const Pool of [QueuePool, NullPool, StaticPool]) {
      const make = (): unknown => new Pool(new ScriptedConnector(), options);
      expect(make).toThrow(PoolOptionError);
      expect(make).toThrow("resetOnReturn 'commit' needs a connector that can commit");
    }
  });
});
