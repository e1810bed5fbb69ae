import { describe, expect, it } from 'vitest';

import { NullPool, PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import type { CheckoutOptions, DisposeOptions, PoolOptions, PoolSize } from '../../src/pool/index.ts';
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

  it('to checkout may have a name that every object has', async () => {
    const { pool, connector } = openPool();
    const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__'];
    for (const name of names) {
      const options = JSON.parse(`{"${name}":1}`) as CheckoutOptions;
      expect((await faultsOf(() => pool.checkout(options)))[0]).toMatch(new RegExp(`^${name} is not an option`));
      expect((await faultsOf(() => pool.dispose(options)))[0]).toMatch(new RegExp(`^${name} is not an option`));
      expect((await faultsOf(() => pool.resize(options as PoolSize)))[0]).toMatch(
        new RegExp(`^${name} is not an option`),
      );
      const make = (): unknown => new QueuePool(connector, options);
      expect((await faultsOf(make))[0]).toMatch(new RegExp(`^${name} is not an option`));
    }
    expect(connector.log).toEqual([]);
  });

  it('may be an object of another kind, or inherit what is wrong', async () => {
    const { pool, connector } = openPool();
    class Settings {
      timeout = 5;
      colour = 'red';
    }
    class Hidden {
      get timeout(): unknown {
        return 'soon';
      }
    }
    const odd = [[], new Map(), new Set(), Promise.resolve({}), 'postgres://app:secret@db', new Settings()];
    odd.push(new Hidden() as Settings, Object.create({ timeout: 'soon' }) as Settings);
    const faults = [
      'the options must be an object, not an array',
      'the options must be an object, not a Map',
      'the options must be an object, not a Set',
      'the options must be an object, not a promise',
      'the options must be an object, not a string',
      'colour is not an option',
      "timeout must be milliseconds, 0 or more, not 'soon'",
      "timeout must be milliseconds, 0 or more, not 'soon'",
    ].map((fault) => [fault]);
    const found = odd.map((options) => faultsOf(() => pool.checkout(options as CheckoutOptions)));
    expect(await Promise.all(found)).toEqual(faults);
    const made = odd.map((options) => faultsOf(() => new QueuePool(connector, options as PoolOptions)));
    expect(await Promise.all(made)).toEqual(faults);
  });

  it('is right when it inherits what is right', async () => {
    const { pool } = openPool();
    const options = Object.create({ label: 'GET /users' }) as CheckoutOptions;
    await using lease = await pool.checkout(options);
    await using bare = await pool.checkout(Object.assign(Object.create(null) as object, { label: 'job' }));
    expect([lease.label, bare.label]).toEqual(['GET /users', 'job']);
  });

  it('to use is refused before anything is opened', async () => {
    const connector = new ScriptedConnector();
    const pools = [new QueuePool(connector), new NullPool(connector), new StaticPool(connector)];
    for (const pool of pools) {
      const used = pool.use(undefined as unknown as () => number);
      await expect(used).rejects.toMatchObject({ faults: ['work must be a function, not undefined'] });
    }
    expect(connector.log).toEqual([]);
  });

  it('to maxPerLabel names the label', async () => {
    const make = (maxPerLabel: unknown) => () => new QueuePool(new ScriptedConnector(), { maxPerLabel } as PoolOptions);
    const wanted = 'maxPerLabel must be a whole number of 1 or more, or Infinity, or an object of such by label, not';
    expect(await faultsOf(make([]))).toEqual([`${wanted} an array`]);
    expect(await faultsOf(make([3]))).toEqual([`${wanted} an array`]);
    expect(await faultsOf(make(new Map([['a', 0]])))).toEqual([`${wanted} a Map`]);
    expect(await faultsOf(make('3'))).toEqual([`${wanted} '3'`]);
    expect(await faultsOf(make({ a: 0, b: 2, __proto__: null, c: '1' }))).toEqual([
      "maxPerLabel['a'] must be a whole number of 1 or more, or Infinity, not 0",
      "maxPerLabel['c'] must be a whole number of 1 or more, or Infinity, not '1'",
    ]);
    expect(await faultsOf(make({ a: Infinity }))).toEqual([]);
  });

  it('that is long is shown in part', async () => {
    const resetOnReturn = 'x'.repeat(1_000) as 'none';
    expect(await faultsOf(() => new QueuePool(new ScriptedConnector(), { resetOnReturn }))).toEqual([
      `resetOnReturn must be 'rollback', 'commit' or 'none', not '${'x'.repeat(40)}…'`,
    ]);
  });

  it('to a pool is shown without the text that came instead of a connector', async () => {
    const connector = 'postgres://app:secret@db' as unknown as ScriptedConnector;
    expect(await faultsOf(() => new QueuePool(connector))).toEqual([
      'connector must be an object with connect and close, not a string',
    ]);
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
