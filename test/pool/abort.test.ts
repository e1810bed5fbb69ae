import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';

import { PoolCheckoutAbortedError } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { gate, refusal } from '../support/scripted-connector.ts';

describe('QueuePool abort', () => {
  it('refuses a signal that is aborted already, and opens nothing', async () => {
    const { pool, connector } = openPool();
    const reason = new Error('client went away');
    await expect(pool.checkout({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'POOL_CHECKOUT_ABORTED',
      cause: reason,
    });
    expect(connector.log).toEqual([]);
  });

  it('ends the wait, with the reason as cause', async () => {
    const { take, ask, pool, clock } = openPool({ size: 1, maxOverflow: 0 });
    await take(1);
    const controller = new AbortController();
    const waiter = ask({ signal: controller.signal });
    await clock.advance(1_500);
    controller.abort('enough');
    await settle();
    expect(waiter.error).toBeInstanceOf(PoolCheckoutAbortedError);
    expect(waiter.error).toMatchObject({ cause: 'enough', retryable: false });
    expect((waiter.error as Error).message).toBe(
      'The checkout was aborted by its signal after 1.5 s (enough); no connection was taken. Look at `cause` for the reason that the signal gives. [POOL_CHECKOUT_ABORTED]',
    );
    expect([pool.status().waiting, clock.timerCount]).toEqual([0, 0]);
  });

  it('says whose checkout it was, how long it waited, and the reason in words', async () => {
    const { take, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    await take(1);
    const reasons = [new RangeError('too slow\nby far'), new Error(''), undefined, { password: 'hunter2' }, null];
    const texts: string[] = [];
    for (const reason of reasons) {
      const controller = new AbortController();
      const waiter = ask({ signal: controller.signal, label: 'GET /a' });
      await clock.advance(200);
      controller.abort(reason);
      await settle();
      texts.push((waiter.error as Error).message.split(';')[0] ?? '');
    }
    const refused = ask({ signal: AbortSignal.abort('shut down'), label: 'job' });
    await settle();
    texts.push((refused.error as Error).message.split(';')[0] ?? '');
    expect(texts).toEqual([
      String.raw`The checkout of GET /a was aborted by its signal after 0.2 s ("RangeError: too slow\nby far")`,
      'The checkout of GET /a was aborted by its signal after 0.2 s (Error)',
      'The checkout of GET /a was aborted by its signal after 0.2 s (AbortError: This operation was aborted)',
      'The checkout of GET /a was aborted by its signal after 0.2 s (the reason is object)',
      'The checkout of GET /a was aborted by its signal after 0.2 s (the reason is null)',
      'The checkout of job was aborted by its signal after 0.0 s (shut down)',
    ]);
  });

  it('does not touch a lease that was served before', async () => {
    const { takeOne, counts } = openPool();
    const controller = new AbortController();
    const lease = await takeOne({ signal: controller.signal });
    controller.abort();
    expect([lease.connection.id, counts()]).toEqual([1, [5, 0, 0, 1]]);
  });

  it('leaves the lease with a caller who aborts after it was granted but before it resumed', async () => {
    const { takeOne, ask, counts } = openPool({ size: 1, maxOverflow: 0 });
    const controller = new AbortController();
    const first = await takeOne();
    const waiter = ask({ signal: controller.signal });
    void first.release();
    controller.abort();
    await settle();
    expect([waiter.lease?.connection.id, waiter.error, counts()]).toEqual([1, undefined, [1, 0, 0, 1]]);
  });

  it('returns a connection whose test succeeds after the abort, and serves the next with it', async () => {
    const { takeOne, ask, connector } = openPool({ size: 1, maxOverflow: 0, prePing: true });
    await (await takeOne()).release();
    const ping = gate();
    connector.pings = [ping.opened];
    const controller = new AbortController();
    const gone = ask({ signal: controller.signal });
    const next = ask();
    await settle();
    controller.abort();
    ping.open();
    await settle();
    expect([(gone.error as PoolCheckoutAbortedError).code, next.lease?.connection.id, connector.log]).toEqual([
      'POOL_CHECKOUT_ABORTED',
      1,
      ['connect', 'ping 1'],
    ]);
  });

  it('lets the connect go on for another who waits', async () => {
    const { ask, connector, pool } = openPool({ size: 1, maxOverflow: 0 });
    const slow = gate();
    connector.connects = [slow.opened];
    const controller = new AbortController();
    ask({ signal: controller.signal });
    const other = ask();
    await settle();
    controller.abort();
    slow.open();
    await settle();
    expect([other.lease?.connection.id, connector.log, pool.status().connecting]).toEqual([1, ['connect'], 0]);
  });

  it('says what is known against the database, when that is why it waited', async () => {
    const { ask, connector, clock } = openPool({ connectTimeout: 60_000 });
    const controllers = [new AbortController(), new AbortController()];
    connector.connects = Array.from({ length: 20 }, refusal);
    const refusedMeanwhile = ask({ signal: controllers[0]?.signal, label: 'GET /users' });
    await clock.advance(1_000);
    controllers[0]?.abort(new Error('gone'));
    await settle();
    expect((refusedMeanwhile.error as Error).message).toBe(
      'The checkout of GET /users was aborted by its signal after 1.0 s (Error: gone); no connection was taken. Meanwhile the last 6 attempts to connect failed, most recently 0.2 s ago: connect ECONNREFUSED 127.0.0.1:5432. Look at `cause` for the reason that the signal gives. See that the database runs, and that it can be reached. [POOL_CHECKOUT_ABORTED]',
    );
    const { ask: askSilent, connector: silent, clock: later } = openPool({ connectTimeout: 60_000 });
    silent.connects = ['never'];
    const unanswered = askSilent({ signal: controllers[1]?.signal });
    await later.advance(1_500);
    controllers[1]?.abort(new Error('gone'));
    await settle();
    expect(unanswered.error).toMatchObject({
      databaseTrouble: '1 attempt to connect was without an answer, the oldest for 1.5 s',
    });
  });

  it('says so too when the database has come back meanwhile, and only of an outage during its own wait', async () => {
    const { ask, takeOne, connector, clock } = openPool({ size: 1, maxOverflow: 0 });
    connector.connects = [refusal(), refusal()];
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const served = ask();
    const waiting = ask({ signal: first.signal });
    await clock.advance(75);
    const later = ask({ signal: second.signal });
    await clock.advance(100);
    first.abort(new Error('gone'));
    second.abort(new Error('gone'));
    await settle();
    expect([served.lease?.connection.id, waiting.error, later.error]).toMatchObject([
      1,
      {
        databaseTrouble:
          '2 attempts to connect failed until 0.1 s ago, the last one saying: connect ECONNREFUSED 127.0.0.1:5432',
      },
      { databaseTrouble: undefined },
    ]);
    await served.lease?.release();
    await takeOne();
    const unrelated = ask({ signal: third.signal });
    third.abort(new Error('gone'));
    await settle();
    expect(unrelated.error).toMatchObject({ databaseTrouble: undefined });
  });

  it('cancels the connect that nobody else wants', async () => {
    const { ask, connector, pool, clock } = openPool();
    connector.connects = ['never', 'never'];
    const controllers = [new AbortController(), new AbortController()];
    for (const { signal } of controllers) ask({ signal });
    await settle();
    controllers[0]?.abort();
    await settle();
    expect([connector.signals.map(({ aborted }) => aborted), pool.status().connecting]).toEqual([[false, true], 1]);
    controllers[1]?.abort();
    await settle();
    expect([connector.signals.map(({ aborted }) => aborted), pool.status()]).toEqual([
      [true, true],
      { size: 5, checkedIn: 0, checkedOut: 0, overflow: 0, waiting: 0, connecting: 0 },
    ]);
    expect(clock.timerCount).toBe(0);
  });

  it('leaves a connect alone that minIdle or a warm-up wants too', async () => {
    const { ask, connector, pool } = openPool({ size: 2, maxOverflow: 0 });
    const slow = gate();
    connector.connects = [slow.opened];
    const controller = new AbortController();
    ask({ signal: controller.signal });
    const warm = pool.warmUp(1);
    controller.abort();
    slow.open();
    await warm;
    expect([connector.signals[0]?.aborted, pool.status().checkedIn]).toEqual([false, 1]);
  });

  it('keeps a connection that arrives for nobody, since its connector could not be stopped', async () => {
    const { ask, connector, counts } = openPool();
    const slow = gate();
    connector.connects = [slow.opened];
    const controller = new AbortController();
    ask({ signal: controller.signal });
    controller.abort();
    expect(connector.signals[0]?.aborted).toBe(true);
    slow.open();
    await settle();
    expect([counts(), connector.log]).toEqual([[5, 1, 0, 0], ['connect']]);
  });

  it('serves whoever comes meanwhile with a connection that was given up and arrives all the same', async () => {
    const { ask, connector } = openPool({ size: 1, maxOverflow: 0 });
    const slow = gate();
    connector.connects = [slow.opened];
    const controller = new AbortController();
    ask({ signal: controller.signal });
    controller.abort();
    const next = ask();
    slow.open();
    await settle();
    expect([next.lease?.connection.id, connector.log]).toEqual([1, ['connect']]);
  });

  it('gives up the connect when nobody waits and it could not be kept', async () => {
    const { take, ask, connector, counts, pool } = openPool({ size: 1, maxOverflow: 1 });
    connector.connects = ['ok', 'never'];
    const [held] = await take(1);
    const controller = new AbortController();
    const waiter = ask({ signal: controller.signal });
    await settle();
    await held?.release();
    await settle();
    expect([waiter.lease?.connection.id, counts(), pool.status().connecting]).toEqual([1, [1, 0, 1, 1], 1]);
    await waiter.lease?.release();
    const second = ask();
    await settle();
    await second.lease?.release();
    expect([connector.signals.map((signal) => signal.aborted), counts(), pool.status().connecting]).toEqual([
      [false, true],
      [1, 1, 0, 0],
      0,
    ]);
  });

  it('removes its listener however the wait ends', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    const { signal } = new AbortController();
    const lease = await takeOne({ signal });
    const served = ask({ signal });
    const timedOut = ask({ signal });
    expect(getEventListeners(signal, 'abort').length).toBe(2);
    await lease.release();
    await clock.advance(100);
    expect([served.lease?.connection.id, (timedOut.error as Error).name]).toEqual([1, 'PoolTimeoutError']);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });
});
