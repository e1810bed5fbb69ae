import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';

import { QueuePool } from '../../src/pool/index.ts';
import type { Connector } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import type { FakeConnection } from '../support/scripted-connector.ts';

type Hooks = Partial<Connector<FakeConnection>>;

function broken(): never {
  throw new Error('a fault of the connector');
}

describe('A connector that misbehaves', () => {
  it('by throwing from isPassing, lets the caller hear how the connect failed', async () => {
    const { connector, ask, counts } = openPool({ size: 1, maxOverflow: 0 });
    Object.assign<Hooks, Hooks>(connector, { isPassing: broken });
    connector.connects = [new Error('wrong password')];
    const asked = ask();
    await settle();
    expect([asked.error, counts()]).toEqual([new Error('wrong password'), [1, 0, 0, 0]]);
  });

  it('by throwing from isDisconnect, has the connection replaced', async () => {
    const { connector, ask, takeOne, counts } = openPool({ size: 1, maxOverflow: 0, prePing: true });
    Object.assign<Hooks, Hooks>(connector, { isDisconnect: broken });
    await (await takeOne()).release();
    connector.pings = [new Error('gone')];
    const asked = ask();
    await settle();
    expect([asked.lease?.connection.id, counts()]).toEqual([2, [1, 0, 0, 1]]);
  });

  it('by rejecting from an async destroy, is told of as one that may have left its connection open', async () => {
    const { connector, takeOne, counts } = openPool({ size: 1, maxOverflow: 0 });
    const messages: unknown[] = [];
    const listen = (message: unknown): number => messages.push(message);
    channel('hermetic:pool:close-failed').subscribe(listen);
    Object.assign(connector, { destroy: (): unknown => Promise.reject(new Error('a fault of the connector')) });
    (await takeOne()).invalidate();
    await settle();
    channel('hermetic:pool:close-failed').unsubscribe(listen);
    expect([messages, counts()]).toEqual([
      [{ pool: 'default', error: new Error('a fault of the connector'), mayBeOpen: true }],
      [1, 0, 0, 0],
    ]);
  });

  it('by throwing instead of rejecting, costs no place', async () => {
    const { connector, take, ask, counts } = openPool({ size: 1, maxOverflow: 1 });
    const connect = connector.connect.bind(connector);
    Object.assign<Hooks, Hooks>(connector, { connect: broken, reset: broken, close: broken });
    const refused = ask();
    await settle();
    Object.assign<Hooks, Hooks>(connector, { connect });
    const leases = await take(2);
    for (const { connection } of leases) connection.condition = 'dirty';
    for (const lease of leases) await lease.release();
    await settle();
    expect([refused.error, counts(), connector.open]).toEqual([new Error('a fault of the connector'), [1, 0, 0, 0], 0]);
    await take(2);
    expect(counts()).toEqual([1, 0, 1, 2]);
  });

  it('by giving no connection, fails the caller by name and costs no place', async () => {
    const { connector, ask, takeOne, counts } = openPool({ size: 1, maxOverflow: 0 });
    const connect = connector.connect.bind(connector);
    for (const nothing of [undefined, null]) {
      Object.assign(connector, { connect: async () => nothing });
      const asked = ask();
      await settle();
      expect(asked.error).toMatchObject({
        code: 'POOL_NO_CONNECTION',
        message: expect.stringContaining(`resolved with ${nothing} instead of a connection`),
      });
    }
    Object.assign(connector, { connect });
    expect([(await takeOne()).connection.id, counts()]).toEqual([1, [1, 0, 0, 1]]);
  });

  it('by invalidating everything while it prepares a connection, has that one replaced', async () => {
    const { ask, connector, pool, counts } = openPool({ size: 1, maxOverflow: 0 });
    let prepared = 0;
    const prepare = (): void => {
      prepared += 1;
      if (prepared === 1) pool.invalidateAll();
    };
    Object.assign<Hooks, Hooks>(connector, { prepare });
    const asked = ask();
    await settle();
    expect([asked.lease?.connection.id, counts(), connector.open]).toEqual([2, [1, 0, 0, 1], 1]);
  });

  it('by disposing of the pool while it resets, still ends with every connection closed', async () => {
    const { takeOne, connector, pool } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    let disposed: ReturnType<typeof pool.dispose> | undefined;
    const reset = connector.reset.bind(connector);
    const resetAndDispose = (connection: FakeConnection): Promise<void> => {
      disposed = pool.dispose();
      return reset(connection);
    };
    Object.assign<Hooks, Hooks>(connector, { reset: resetAndDispose });
    await lease.release();
    expect([await disposed, connector.open]).toEqual([{ holders: [] }, 0]);
  });

  it('is refused at once when it is none', () => {
    const make = (connector: unknown) => () => new QueuePool(connector as Connector<unknown>, { size: -1 });
    expect(make({ close: 1, reset: 'rollback' })).toThrow(
      "QueuePool was given 4 bad options: connector.connect must be a function, not undefined; connector.close must be a function, not 1; connector.reset must be a function, not 'rollback'; size must be",
    );
    expect(make(undefined)).toThrow('connector must be an object with connect and close, not undefined');
  });
});
