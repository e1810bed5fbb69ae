import { channel, tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';

import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function record(name: string): unknown[] {
  const messages: unknown[] = [];
  const listener = (message: unknown): void => void messages.push(message);
  channel(name).subscribe(listener);
  cleanups.push(() => channel(name).unsubscribe(listener));
  return messages;
}

describe('pool events', () => {
  it('trace each checkout from call to lease, or to error', async () => {
    const steps: string[] = [];
    const note =
      (step: string) =>
      (message: object): void => {
        const { pool, label, error } = message as { pool: string; label?: string; error?: Error };
        steps.push([step, pool, label, error?.name].filter((part) => part !== undefined).join(' '));
      };
    const handlers = {
      start: note('start'),
      end: note('end'),
      asyncStart: note('asyncStart'),
      asyncEnd: note('asyncEnd'),
      error: note('error'),
    };
    const traced = tracingChannel('hermetic:pool:checkout');
    traced.subscribe(handlers);
    cleanups.push(() => traced.unsubscribe(handlers));
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100, name: 'main' });
    await takeOne({ label: 'a' });
    ask({ label: 'b' });
    await clock.advance(100);
    expect(steps).toEqual([
      'start main a',
      'end main a',
      'asyncStart main a',
      'asyncEnd main a',
      'start main b',
      'end main b',
      'error main b PoolTimeoutError',
      'asyncStart main b PoolTimeoutError',
      'asyncEnd main b PoolTimeoutError',
    ]);
  });

  it('tell of releases with the time held', async () => {
    const messages = record('hermetic:pool:release');
    const { takeOne, clock } = openPool({ name: 'main' });
    const lease = await takeOne({ label: 'job' });
    await clock.advance(250);
    await lease.release();
    expect(messages).toEqual([
      { pool: 'main', connection: { id: 1, condition: 'idle', isClosed: false }, label: 'job', heldMs: 250 },
    ]);
  });

  it('tell of timeouts with the error', async () => {
    const messages = record('hermetic:pool:timeout');
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    await takeOne();
    const attempt = ask({ label: 'late' });
    await clock.advance(100);
    expect(messages).toEqual([{ pool: 'default', label: 'late', error: attempt.error }]);
  });

  it('tell of invalidations, of one and of all', async () => {
    const messages = record('hermetic:pool:invalidate');
    const cause = new Error('gone');
    const { take, pool } = openPool();
    const [one, all] = await take(2, { label: 'job' });
    one?.invalidate(cause);
    all?.invalidateAll(cause);
    pool.invalidateAll(cause);
    expect(messages).toMatchObject([
      { pool: 'default', connection: { id: 1 }, label: 'job', cause, all: false, soft: false },
      { pool: 'default', connection: { id: 2 }, label: 'job', cause, all: true, soft: false },
      { pool: 'default', connection: undefined, label: undefined, cause, all: true, soft: false },
    ]);
  });

  it('stay consistent when a listener uses the pool', async () => {
    const { takeOne, pool, counts } = openPool({ size: 1, maxOverflow: 0 });
    let nested: Promise<unknown> | undefined;
    const listener = (): void => {
      channel('hermetic:pool:release').unsubscribe(listener);
      nested = pool.checkout();
    };
    channel('hermetic:pool:release').subscribe(listener);
    await (await takeOne()).release();
    await settle();
    expect([counts(), nested !== undefined]).toEqual([[1, 0, 0, 1], true]);
  });

  it('tell of connections that did not close as they should', async () => {
    const messages = record('hermetic:pool:close-failed');
    const { take, pool, connector, clock } = openPool({ name: 'main', closeTimeout: 1_000 });
    for (const lease of await take(3)) await lease.release();
    const refused = new Error('no');
    const stuck = new Error('still there');
    connector.closes = [refused, 'never', new Error('no')];
    connector.destroy = (connection) => {
      if (connection.id === 3) throw stuck;
      connection.isClosed = true;
    };
    const disposed = pool.dispose();
    await clock.advance(1_000);
    await disposed;
    expect(messages).toEqual([
      { pool: 'main', error: refused, mayBeOpen: false },
      { pool: 'main', error: stuck, mayBeOpen: true },
      { pool: 'main', error: expect.objectContaining({ code: 'POOL_CLOSE_TIMEOUT' }), mayBeOpen: false },
    ]);
  });
});
