import { describe, expect, it } from 'vitest';

import { LeaseReleasedError, QueuePool } from '../../src/pool/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector, gate } from '../support/scripted-connector.ts';

describe('QueuePool checkin', () => {
  it('resets a dirty connection once, and skips one that says it is idle', async () => {
    const { takeOne, connector } = openPool();
    const dirty = await takeOne();
    dirty.connection.condition = 'dirty';
    await dirty.release();
    await (await takeOne()).release();
    expect(connector.log).toEqual(['connect', 'reset 1']);
  });

  it('does not reset with resetOnReturn none', async () => {
    const { takeOne, connector, counts } = openPool({ resetOnReturn: 'none' });
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    await lease.release();
    expect([connector.log, counts()]).toEqual([['connect'], [5, 1, 0, 0]]);
  });

  it('resets every time when the connector cannot tell a condition', async () => {
    const connector = new ScriptedConnector();
    const blind = {
      connect: (signal: AbortSignal) => connector.connect(signal),
      reset: (connection: Awaited<ReturnType<typeof connector.connect>>) => connector.reset(connection),
      close: (connection: Awaited<ReturnType<typeof connector.connect>>) => connector.close(connection),
    };
    const pool = new QueuePool(blind, { clock: new ManualClock() });
    await (await pool.checkout()).release();
    await (await pool.checkout()).release();
    expect(connector.log).toEqual(['connect', 'reset 1', 'reset 1']);
  });

  it('throws a busy connection away', async () => {
    const { takeOne, connector, counts } = openPool();
    const lease = await takeOne();
    lease.connection.condition = 'busy';
    await lease.release();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'destroy 1'],
      [5, 0, 0, 0],
    ]);
  });

  it('throws a connection away whose reset fails, without rejecting', async () => {
    const { takeOne, connector, counts } = openPool();
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    connector.resets = [new Error('server closed the connection')];
    expect(await lease.release()).toBe(undefined);
    expect([connector.log, counts()]).toEqual([
      ['connect', 'reset 1', 'destroy 1'],
      [5, 0, 0, 0],
    ]);
  });

  it('throws a connection away that is not idle after its reset', async () => {
    const { takeOne, connector } = openPool();
    const lease = await takeOne();
    const { connection } = lease;
    connection.condition = 'dirty';
    const reset = gate();
    connector.resets = [reset.opened];
    const released = lease.release();
    Object.defineProperty(connection, 'condition', { get: () => 'dirty', set: () => {} });
    reset.open();
    await released;
    expect(connector.log).toEqual(['connect', 'reset 1', 'destroy 1']);
  });

  it('bounds a reset that hangs, and serves the waiter by a replacement', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 1, maxOverflow: 0, resetTimeout: 2_000 });
    const lease = await takeOne();
    const waiter = ask();
    lease.connection.condition = 'dirty';
    connector.resets = ['never'];
    const released = lease.release();
    await clock.advance(2_000);
    await released;
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'reset 1', 'destroy 1', 'connect']]);
  });

  it('lends nothing before it is reset', async () => {
    const { takeOne, ask, connector, counts } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    const reset = gate();
    connector.resets = [reset.opened];
    void lease.release();
    const waiter = ask();
    await settle();
    expect([waiter.lease, counts()]).toEqual([undefined, [1, 0, 0, 1]]);
    reset.open();
    await settle();
    expect(waiter.lease?.connection.id).toBe(1);
  });

  it('treats a condition that throws as broken', async () => {
    const { takeOne, connector, counts } = openPool();
    const lease = await takeOne();
    connector.condition = () => {
      throw new Error('no socket');
    };
    await lease.release();
    expect(counts()).toEqual([5, 0, 0, 0]);
  });
});

describe('Lease', () => {
  it('is released once, however often it is asked', async () => {
    const { takeOne, ask, counts } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const waiter = ask();
    await Promise.all([lease.release(), lease.release()]);
    const next = await waiter.promise;
    await lease.release();
    await lease[Symbol.asyncDispose]();
    lease.invalidate();
    lease.invalidateAll();
    expect([lease.isReleased, next.isReleased, next.connection.id, counts()]).toEqual([true, false, 1, [1, 0, 0, 1]]);
  });

  it('says the same of a release that is still resetting', async () => {
    const { takeOne, connector } = openPool();
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    const reset = gate();
    connector.resets = [reset.opened];
    expect(lease.release()).toBe(lease.release());
    reset.open();
    await lease.release();
    expect(connector.log).toEqual(['connect', 'reset 1']);
  });

  it('refuses every use after its end and touches nothing', async () => {
    const { takeOne, counts } = openPool();
    const lease = await takeOne({ label: 'GET /users', callSite: { line: 'app.ts:3:7' } });
    await lease.release();
    lease.noteEnd(true);
    const refusals = [() => lease.connection, () => lease.detach(), () => lease.noteStart('select 1')].map((use) => {
      try {
        return use();
      } catch (error) {
        return error instanceof LeaseReleasedError ? error.message : error;
      }
    });
    const rest =
      'was asked of a lease that has ended (GET /users, taken at app.ts:3:7); its connection may be somebody else’s now. Check out a new lease for new work, and keep none beyond its release. [POOL_LEASE_RELEASED]';
    expect(refusals).toEqual([`The connection ${rest}`, `Detaching ${rest}`, `A statement ${rest}`]);
    expect(counts()).toEqual([5, 1, 0, 0]);
  });

  it('cannot be released after it was invalidated or detached', async () => {
    const { take, connector, counts } = openPool();
    const [invalidated, detached] = await take(2);
    invalidated?.invalidate();
    detached?.detach();
    await invalidated?.release();
    await detached?.release();
    expect([connector.log, counts()]).toEqual([
      ['connect', 'connect', 'destroy 1'],
      [5, 0, 0, 0],
    ]);
  });

  it('knows its label and its line', async () => {
    const { takeOne } = openPool({ captureCallSites: true });
    const lease = await takeOne({ label: 'job' });
    expect(lease.label).toBe('job');
    expect(lease.callSite?.line).toMatch(/^test\/support\/pool-bench\.ts:\d+:\d+$/);
  });
});
