import { describe, expect, it } from 'vitest';

import { StaticPool } from '../../src/pool/index.ts';
import type { PoolTotals } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

const NOTHING: PoolTotals = {
  started: 0,
  direct: 0,
  waited: 0,
  timedOut: 0,
  aborted: 0,
  refused: 0,
  failed: 0,
  opened: 0,
  closed: 0,
  detached: 0,
  connectsFailed: 0,
};

describe('Totals', () => {
  it('count each checkout once, by how it ended', async () => {
    const { pool, connector, takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100, maxWaiting: 3 });
    expect(pool.totals()).toEqual(NOTHING);
    connector.connects = [new Error('wrong password')];
    ask();
    await settle();
    await (await takeOne()).release();
    const lease = await takeOne();
    const controller = new AbortController();
    ask({ signal: controller.signal });
    ask({ signal: AbortSignal.abort() });
    ask({ timeout: 50 });
    ask();
    ask();
    ask({ timeout: -1 });
    controller.abort();
    await clock.advance(60);
    expect(pool.totals()).toEqual({
      ...NOTHING,
      started: 9,
      direct: 1,
      waited: 1,
      timedOut: 1,
      aborted: 2,
      refused: 2,
      failed: 1,
      opened: 1,
      connectsFailed: 1,
    });
    expect(pool.status().waiting).toBe(1);
    await lease.release();
    await settle();
    expect(pool.totals()).toMatchObject({ started: 9, waited: 2, refused: 2 });
  });

  it('count each connection once, by where it went', async () => {
    const { pool, take, clock } = openPool({ size: 3, maxOverflow: 2 });
    const [kept, overflow, thrown, detached] = await take(4);
    detached?.detach();
    thrown?.invalidate();
    await kept?.release();
    await overflow?.release();
    expect(pool.totals()).toMatchObject({ opened: 4, closed: 1, detached: 1 });
    expect(pool.status()).toMatchObject({ checkedIn: 2, checkedOut: 0 });
    await pool.dispose();
    await clock.advance(0);
    expect(pool.totals()).toMatchObject({ opened: 4, closed: 3, detached: 1 });
  });

  it('count a connection that came too late as opened and closed', async () => {
    const { pool, ask, clock, connector } = openPool({ size: 1, maxOverflow: 0, connectTimeout: 10 });
    let arrive = (): void => {};
    connector.connects = [new Promise((resolve) => (arrive = resolve))];
    ask();
    await clock.advance(10);
    arrive();
    await settle();
    expect(pool.totals()).toMatchObject({ started: 1, failed: 1, opened: 1, closed: 1, connectsFailed: 1 });
  });

  it('count the leases of a shared connection', async () => {
    const pool = new StaticPool(new ScriptedConnector());
    await pool.checkout();
    await pool.checkout();
    expect(pool.totals()).toMatchObject({ started: 2, waited: 2, opened: 1, closed: 0 });
  });
});
