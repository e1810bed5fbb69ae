import { spawnSync } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PoolTimeoutError, QueuePool } from '../../src/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

const collections: unknown[] = [];
const onCollect = (message: unknown): void => void collections.push(message);

beforeEach(() => {
  collections.length = 0;
  channel('hermetic:pool:collect').subscribe(onCollect);
});

afterEach(() => {
  channel('hermetic:pool:collect').unsubscribe(onCollect);
});

describe('Before checkouts time out', () => {
  it('garbage is collected, and a lease that the program lost comes back in time', async () => {
    const connector = new ScriptedConnector();
    const clock = new ManualClock();
    // The collector's finds come in turns of the real event loop.
    clock.afterIo = (run) => void setImmediate(run);
    const pool = new QueuePool(connector, { size: 1, maxOverflow: 0, timeout: 100, name: 'main', clock });
    const codes: unknown[] = [];
    const onWarning = (warning: Error): void => void codes.push('code' in warning && warning.code);
    process.on('warning', onWarning);
    await pool.checkout({ label: 'lost' });
    await turn();
    const next = pool.checkout({ label: 'next' });
    await clock.advance(100);
    const lease = await next;
    await turn();
    process.off('warning', onWarning);
    expect([lease.connection.id, lease.label]).toEqual([1, 'next']);
    expect(codes).toContain('HERMETIC_LEASE_LEAKED');
    expect(collections).toEqual([{ pool: 'main', ms: 0 }]);
    await lease.release();
    await pool.dispose();
  });

  it('it is collected once in a storm of timeouts, and again in the next', async () => {
    let count = 0;
    const options = { size: 1, maxOverflow: 0, timeout: 100, collectBeforeTimeout: () => void (count += 1) };
    const { takeOne, ask, clock } = openPool(options);
    const held = await takeOne();
    const counts: number[] = [];
    for (const ms of [100, 100, 9_899, 100]) {
      const attempts = [ask(), ask()];
      await clock.advance(ms);
      expect(attempts.map(({ error }) => error?.constructor)).toEqual([PoolTimeoutError, PoolTimeoutError]);
      counts.push(count);
    }
    expect([counts, held.isReleased]).toEqual([[1, 1, 1, 2], false]);
  });

  it('nothing is collected while all holders are at work, or had no time to be idle', async () => {
    let count = 0;
    const options = { size: 2, maxOverflow: 0, timeout: 100, collectBeforeTimeout: () => void (count += 1) };
    const { take, ask, clock } = openPool(options);
    const [busy, fresh] = await take(2);
    busy?.noteStart('select 1');
    const attempt = ask();
    await clock.advance(60);
    fresh?.noteStart('select 1');
    fresh?.noteEnd(false);
    await clock.advance(40);
    expect([attempt.error?.constructor, count]).toEqual([PoolTimeoutError, 0]);
  });

  it('nothing is collected for holders that were idle for less than 100 ms, however short the wait was', async () => {
    let count = 0;
    const options = { size: 1, maxOverflow: 0, collectBeforeTimeout: () => void (count += 1) };
    const { takeOne, ask, clock } = openPool(options);
    await takeOne();
    await clock.advance(89);
    const attempts = [ask({ timeout: 0 }), ask({ timeout: 10 }), ask({ timeout: 11 })];
    await clock.advance(10);
    expect([attempts.map(({ error }) => error?.constructor), count]).toEqual([
      [PoolTimeoutError, PoolTimeoutError, undefined],
      0,
    ]);
    await clock.advance(1);
    expect([attempts[2]?.error?.constructor, count]).toEqual([PoolTimeoutError, 1]);
  });

  it('garbage is collected when a statement seems to run for the whole wait, and for more than a second', async () => {
    let count = 0;
    const options = { size: 1, maxOverflow: 0, collectBeforeTimeout: () => void (count += 1) };
    const { takeOne, ask, clock } = openPool(options);
    (await takeOne()).noteStart('select 1');
    ask({ timeout: 900 });
    await clock.advance(900);
    expect(count).toBe(0);
    ask({ timeout: 1_000 });
    await clock.advance(1_000);
    expect(count).toBe(1);
  });

  it('nothing is collected when that, or the watch for lost leases, is switched off', async () => {
    const attempts = [{ collectBeforeTimeout: false }, { leakWatch: false, collectBeforeTimeout: undefined }].map(
      async (options) => {
        const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100, ...options });
        await takeOne();
        const attempt = ask();
        await clock.advance(100);
        return attempt.error?.constructor;
      },
    );
    expect(await Promise.all(attempts)).toEqual([PoolTimeoutError, PoolTimeoutError]);
    expect(collections).toEqual([]);
  });

  it('a collector that throws takes nobody’s timeout away', async () => {
    const { takeOne, ask, clock } = openPool({
      size: 1,
      maxOverflow: 0,
      timeout: 100,
      collectBeforeTimeout: () => {
        throw new Error('no');
      },
    });
    await takeOne();
    const attempt = ask();
    await clock.advance(100);
    expect(attempt.error).toBeInstanceOf(PoolTimeoutError);
  });

  it('a collector that rejects takes nobody’s timeout away, and its rejection is not left alone', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const collectBeforeTimeout = (): unknown => Promise.reject(new Error('no'));
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100, collectBeforeTimeout });
    await takeOne();
    const attempt = ask();
    await clock.advance(100);
    await turn();
    process.off('unhandledRejection', onRejection);
    expect([attempt.error?.constructor, rejections]).toEqual([PoolTimeoutError, []]);
  });
});

it('V8’s collector is found without a flag too', () => {
  const script = `
    import { garbageCollector } from './src/util/garbage-collector.ts';
    let lost = 0;
    const registry = new FinalizationRegistry(() => (lost += 1));
    (() => registry.register({}, 1))();
    garbageCollector()?.();
    for (let turn = 0; lost === 0 && turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    console.log(typeof globalThis.gc, lost);
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout.trim()).toBe('undefined 1');
});
