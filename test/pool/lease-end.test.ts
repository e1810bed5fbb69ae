import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';

import { StaticPool } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function noteInto(log: string[], name: string, entry: string): void {
  const listener = (): number => log.push(entry);
  channel(name).subscribe(listener);
  cleanups.push(() => channel(name).unsubscribe(listener));
}

describe('The end of a lease', () => {
  it('is told of, then reset, then lent to the next', async () => {
    const { takeOne, ask, connector } = openPool({ size: 1, maxOverflow: 0 });
    noteInto(connector.log, 'hermetic:pool:release', 'release');
    const lease = await takeOne();
    const next = ask();
    void next.promise.then(() => connector.log.push('lent'));
    lease.connection.condition = 'dirty';
    await lease.release();
    await settle();
    expect(connector.log).toEqual(['connect', 'release', 'reset 1', 'lent']);
  });

  it('is not reset when its connection leaves the pool', async () => {
    const { take, connector } = openPool({ size: 2 });
    const leases = await take(2);
    for (const { connection } of leases) connection.condition = 'dirty';
    leases[0]?.invalidate();
    leases[1]?.detach();
    for (const lease of leases) await lease.release();
    expect(connector.log).toEqual(['connect', 'connect', 'destroy 1']);
  });

  it('cannot be ended through an object that is no lease', async () => {
    const { takeOne, counts } = openPool({ size: 1 });
    const lease = await takeOne();
    expect(() => lease.release.call({ ...lease })).toThrow(TypeError);
    expect(counts()).toEqual([1, 0, 0, 1]);
  });

  it('of a shared connection is followed by one reset, after the last', async () => {
    const connector = new ScriptedConnector();
    const pool = new StaticPool(connector);
    const [first, second] = [await pool.checkout(), await pool.checkout()];
    first.connection.condition = 'dirty';
    await first.release();
    await first.release();
    expect(connector.log).toEqual(['connect']);
    await second.release();
    expect(connector.log).toEqual(['connect', 'reset 1']);
  });

  it('leaves nothing of what its borrower set to the next', async () => {
    const { takeOne, connector } = openPool({ size: 1, maxOverflow: 0 });
    const settings = new Map<number, string>();
    const reset = connector.reset.bind(connector);
    const resetAll = async (connection: FakeConnection): Promise<void> => {
      settings.delete(connection.id);
      await reset(connection);
    };
    Object.assign(connector, { reset: resetAll });
    const { connection } = await takeOne().then((lease) => {
      settings.set(lease.connection.id, 'serializable');
      lease.connection.condition = 'dirty';
      const { connection } = lease;
      return lease.release().then(() => ({ connection }));
    });
    const next = await takeOne();
    expect([next.connection === connection, settings.get(next.connection.id)]).toEqual([true, undefined]);
  });

  it('leaves no timer that keeps the process alive, unless somebody waits', async () => {
    const { takeOne, ask, clock } = openPool({
      size: 1,
      maxOverflow: 0,
      minIdle: 1,
      idleTimeout: 60_000,
      keepAlive: 1_000,
      recycle: 90_000,
      warnHeldAfter: 500,
      leakWatch: true,
    });
    const lease = await takeOne();
    expect(clock.timerCount).toBe(0);
    const next = ask();
    expect(clock.timerCount).toBeGreaterThan(0);
    await lease.release();
    await (await next.promise).release();
    expect(clock.timerCount).toBe(0);
  });
});

describe('What happens to a lease', () => {
  it('comes in order: connect, checkout, release', async () => {
    const log: string[] = [];
    for (const step of ['start', 'asyncEnd'])
      for (const kind of ['checkout', 'connect'])
        noteInto(log, `tracing:hermetic:pool:${kind}:${step}`, `${kind} ${step}`);
    noteInto(log, 'hermetic:pool:release', 'release');
    expect(tracingChannel('hermetic:pool:checkout').hasSubscribers).toBe(true);
    const { takeOne, pool } = openPool();
    for (let i = 0; i < 2; i++) await (await takeOne()).release();
    await pool.dispose();
    expect(log).toEqual([
      'checkout start',
      'connect start',
      'connect asyncEnd',
      'checkout asyncEnd',
      'release',
      'checkout start',
      'checkout asyncEnd',
      'release',
    ]);
  });

  it('stays in the async context of whoever asked', async () => {
    const requests = new AsyncLocalStorage<string>();
    const { pool, connector } = openPool({ size: 1, maxOverflow: 0 });
    const opened: unknown[] = [];
    connector.onConnect = () => opened.push(requests.getStore());
    const work = (request: string): Promise<string | undefined> =>
      requests.run(request, async () => {
        await using lease = await pool.checkout();
        lease.connection.condition = 'dirty';
        return requests.getStore();
      });
    expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c']);
    expect(opened).toEqual([undefined]);
  });
});

describe('What a program notes of a connection', () => {
  it('is there for each later holder, and empty when the connection is new', async () => {
    const { takeOne } = openPool({ size: 1, maxOverflow: 0 });
    const first = await takeOne();
    first.info.set('search path', 'tenant_7');
    await first.release();
    expect(() => first.info).toThrow('POOL_LEASE_RELEASED');
    const second = await takeOne();
    expect([second.connection.id, [...second.info]]).toEqual([1, [['search path', 'tenant_7']]]);
    second.invalidate();
    const third = await takeOne();
    expect([third.connection.id, [...third.info]]).toEqual([2, []]);
  });

  it('is empty after the connection was recycled', async () => {
    const { takeOne, clock } = openPool({ recycle: 30_000 });
    const first = await takeOne();
    first.info.set('a', 1);
    await first.release();
    await clock.advance(1_000);
    const same = await takeOne();
    expect([...same.info]).toEqual([['a', 1]]);
    await same.release();
    await clock.advance(34_000);
    expect([...(await takeOne()).info]).toEqual([]);
  });
});

describe('A soft invalidation', () => {
  it('lets the holder go on, and closes the connection when it comes back', async () => {
    const { takeOne, ask, connector, counts } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    lease.invalidate(new Error('old'), { soft: true });
    expect([lease.isReleased, lease.connection.isClosed, counts()]).toEqual([false, false, [1, 0, 0, 1]]);
    const waiter = ask();
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, connector.log]).toEqual([2, ['connect', 'close 1', 'connect']]);
  });

  it('does nothing after the lease has ended', async () => {
    const { takeOne } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    await lease.release();
    lease.invalidate(undefined, { soft: true });
    expect((await takeOne()).connection.id).toBe(1);
  });
});

/** Notes for each call which request it belongs to. */
class AttributingConnector extends ScriptedConnector {
  readonly requests = new AsyncLocalStorage<string>();
  readonly seen = new Set<string>();

  override connect(signal: AbortSignal): Promise<FakeConnection> {
    this.#note('connect');
    return super.connect(signal);
  }

  override ping(connection: FakeConnection): Promise<void> {
    this.#note('ping');
    return super.ping(connection);
  }

  override reset(connection: FakeConnection): Promise<void> {
    this.#note('reset');
    return super.reset(connection);
  }

  override close(connection: FakeConnection): Promise<void> {
    this.#note('close');
    return super.close(connection);
  }

  override destroy(connection: FakeConnection): void {
    this.#note('destroy');
    super.destroy(connection);
  }

  #note(call: string): void {
    this.seen.add(`${call} ${this.requests.getStore() ?? 'in no request'}`);
  }
}

describe('What a pool does with connections', () => {
  it('belongs to no request: opening, resetting, pinging, closing, dropping', async () => {
    const connector = new AttributingConnector();
    const { takeOne } = openPool({ size: 1, maxOverflow: 0, prePing: true, maxUses: 2 }, { connector });
    await connector.requests.run('GET /users', async () => {
      const first = await takeOne();
      first.connection.condition = 'dirty';
      await first.release();
      await (await takeOne()).release();
      await settle();
      (await takeOne()).invalidate();
    });
    expect([...connector.seen]).toEqual(
      ['connect', 'reset', 'ping', 'close', 'destroy'].map((call) => `${call} in no request`),
    );
  });
});
