import { describe, expect, it } from 'vitest';

import { NullPool, PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import type { CheckoutOptions, DisposeOptions, PoolOptions } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { refusal, ScriptedConnector } from '../support/scripted-connector.ts';

async function faultsOf(work: () => unknown): Promise<readonly string[]> {
  const error = await new Promise((resolve) => resolve(work())).catch((reason: unknown) => reason);
  return error instanceof PoolOptionError ? error.faults : [];
}

describe('Bad input', () => {
  it('to checkout is refused with all faults at once, and opens nothing', async () => {
    const { pool, connector } = openPool();
    const options = { timeuot: 3, timeout: -1, label: 7, priority: 'urgent', signal: {}, owner: 1 } as unknown;
    expect(await faultsOf(() => pool.checkout(options as CheckoutOptions))).toEqual([
      'timeuot is not an option, did you mean timeout?',
      'timeout must be milliseconds, 0 or more, not -1',
      'label must be a text, not 7',
      'signal must be an AbortSignal, not object',
      "priority must be 'high', 'normal' or 'low', not 'urgent'",
      'owner must be an object, not 1',
    ]);
    expect(connector.log).toEqual([]);
  });

  it('to checkout rejects and never throws', async () => {
    const { pool } = openPool();
    for (const options of [null, 'GET /users', 5] as unknown[]) {
      const asked = pool.checkout(options as CheckoutOptions);
      await expect(asked).rejects.toMatchObject({ code: 'POOL_BAD_OPTION' });
    }
  });

  it('to dispose is refused, and the pool lives on', async () => {
    const { pool, takeOne } = openPool();
    const options = { timeout: -1, waiters: 'kill', close: 0, force: true } as unknown;
    expect(await faultsOf(() => pool.dispose(options as DisposeOptions))).toEqual([
      'force is not an option',
      "waiters must be 'refuse' or 'serve', not 'kill'",
      'timeout must be milliseconds, 0 or more, not -1',
      'close must be true or false, not 0',
    ]);
    expect((await takeOne()).connection.id).toBe(1);
  });

  it('to warmUp is refused', async () => {
    const { pool } = openPool({ size: 0 });
    const counts = [-1, 1.5, Number.NaN, Infinity];
    for (const count of counts)
      expect(await faultsOf(() => pool.warmUp(count))).toEqual([
        `count must be a whole number of 0 or more, not ${count}`,
      ]);
  });

  it('to a pool comes in one error: wrong by itself and contradictory', async () => {
    const make = (options: unknown) => () => new QueuePool(new ScriptedConnector(), options as PoolOptions);
    expect(await faultsOf(make({ sise: 1, timeout: -1, size: 2, minIdle: 9 }))).toEqual([
      'sise is not an option, did you mean size?',
      'timeout must be milliseconds, 0 or more, not -1',
      'minIdle (9) must not exceed size (2): no more are kept',
    ]);
    expect(await faultsOf(make({ size: -2, minIdle: 9 }))).toEqual([
      'size must be a whole number of 0 or more, not -2',
    ]);
    expect(await faultsOf(make(null))).toEqual(['the options must be an object, not null']);
    expect(await faultsOf(make({ clock: { now: () => 0 } }))).toEqual(['clock must be a Clock, not object']);
  });

  it('is refused by pools of other kinds too', async () => {
    const connector = new ScriptedConnector();
    for (const Pool of [NullPool, StaticPool]) {
      expect(await faultsOf(() => new Pool({ connect: connector.connect } as unknown as ScriptedConnector))).toEqual([
        'connector.close must be a function, not undefined',
      ]);
      const pool = new Pool(connector);
      const options = { lable: 'x' } as unknown as CheckoutOptions;
      expect(await faultsOf(() => pool.checkout(options))).toEqual(['lable is not an option, did you mean label?']);
    }
  });
});

describe('timeout 0', () => {
  it('of a StaticPool does not wait for another attempt either', async () => {
    const { clock } = openPool();
    const connector = new ScriptedConnector();
    const pool = new StaticPool(connector, { clock, collectBeforeTimeout: false, random: () => 0 });
    connector.connects = [refusal()];
    const patient = pool.checkout({ timeout: 1_000 });
    await expect(pool.checkout({ timeout: 0 })).rejects.toThrow('ECONNREFUSED');
    await settle();
    await clock.advance(100);
    expect((await patient).connection.id).toBe(1);
  });
});
