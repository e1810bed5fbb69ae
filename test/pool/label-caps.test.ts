import { describe, expect, it } from 'vitest';

import { PoolOptionError, PoolOverloadedError, PoolTimeoutError, QueuePool, withScope } from '../../src/pool/index.ts';
import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

const capped = { size: 4, maxOverflow: 0, timeout: 1_000, maxPerLabel: 2 };

function errorOf(attempt: { readonly error: unknown }): PoolTimeoutError {
  expect(attempt.error).toBeInstanceOf(PoolTimeoutError);
  return attempt.error as PoolTimeoutError;
}

describe('maxPerLabel', () => {
  it('lets work of one label wait for its own, while other labels are served', async () => {
    const { take, ask, pool } = openPool(capped);
    const [first] = await take(2, { label: 'GET /report' });
    const third = ask({ label: 'GET /report' });
    const other = ask({ label: 'GET /users' });
    const unlabelled = ask();
    await settle();
    expect([third.lease, other.lease?.label, unlabelled.lease?.label]).toEqual([undefined, 'GET /users', undefined]);
    expect([pool.status().waiting, pool.waiters().map(({ label }) => label)]).toEqual([1, ['GET /report']]);
    await first?.release();
    await settle();
    expect([third.lease?.connection.id, pool.status().waiting]).toEqual([1, 0]);
  });

  it('serves those of a label in order, and counts connections that were thrown away or taken out as given back', async () => {
    const { take, ask } = openPool(capped);
    const [a, b] = await take(2, { label: 'job' });
    const waiting = [ask({ label: 'job' }), ask({ label: 'job' }), ask({ label: 'job' })];
    a?.invalidate();
    await settle();
    b?.detach();
    await settle();
    expect(waiting.map(({ lease }) => lease !== undefined)).toEqual([true, true, false]);
    await waiting[0]?.lease?.release();
    await settle();
    expect(waiting[2]?.lease !== undefined).toBe(true);
  });

  it('gives whom it lets through the place in line that is theirs by when they came', async () => {
    const { take, ask } = openPool({ size: 2, maxOverflow: 0, maxPerLabel: { job: 1 } });
    const [job] = await take(1, { label: 'job' });
    const [other] = await take(1);
    const order = [ask({ label: 'job' }), ask(), ask()];
    await job?.release();
    await settle();
    expect(order.map(({ lease }) => lease !== undefined)).toEqual([true, false, false]);
    await other?.release();
    await settle();
    expect(order.map(({ lease }) => lease !== undefined)).toEqual([true, true, false]);
  });

  it('lets the most urgent of a label through first', async () => {
    const { takeOne, ask } = openPool({ size: 2, maxOverflow: 0, maxPerLabel: 1 });
    const lease = await takeOne({ label: 'job' });
    const [low, high] = [ask({ label: 'job', priority: 'low' }), ask({ label: 'job', priority: 'high' })];
    await lease.release();
    await settle();
    expect([low.lease, high.lease !== undefined]).toEqual([undefined, true]);
  });

  it('caps only the labels that it names', async () => {
    const { take, ask, pool } = openPool({ ...capped, maxPerLabel: { slow: 1 } });
    await take(3, { label: 'quick' });
    await take(1, { label: 'slow' });
    ask({ label: 'slow' });
    expect(pool.status()).toMatchObject({ checkedOut: 4, waiting: 1 });
  });

  it('counts as the cause only where the label is at work with all that it may have', async () => {
    const { take, ask, clock } = openPool(capped);
    for (const lease of await take(2, { label: 'GET /report' })) lease.noteStart('select 1');
    const third = ask({ label: 'GET /report' });
    await clock.advance(1_000);
    const { verdict, cure } = errorOf(third);
    expect([verdict, cure]).toEqual([
      {
        cause: 'overload',
        evidence: 'GET /report had 2 connections, all that maxPerLabel allows it: 2 at work now and 0 a moment ago',
      },
      'Make its transactions shorter, let fewer of its tasks run at once, or raise `maxPerLabel`.',
    ]);
  });

  it('lets a capped caller hear what holds up its label, and nobody else', async () => {
    const { takeOne, ask, clock } = openPool({ ...capped, maxPerLabel: 1 });
    await takeOne({ label: 'a' });
    for (const label of ['b', 'c', 'd']) (await takeOne({ label })).noteStart('select 1');
    const held = ask({ label: 'a' });
    const other = ask({ label: 'e' });
    await clock.advance(1_000);
    expect([errorOf(held).verdict, errorOf(other).verdict]).toEqual([
      {
        cause: 'leak',
        evidence:
          '1 of 1 connections of a has been idle for 1.0 s or more; 1 was taken by a; maxPerLabel allows a no more than 1',
      },
      {
        cause: 'overload',
        evidence:
          'of 4 connections checked out, 3 at work now and 0 a moment ago, 1 idle for long, for 2 callers in line',
      },
    ]);
  });

  it('is not blamed where the label has less: those before the caller wait for what everybody waits for', async () => {
    const stuck = openPool({ ...capped, maxPerLabel: 1 });
    stuck.connector.connects = ['never', 'never'];
    stuck.ask({ label: 'a', timeout: 5_000 });
    const hanging = stuck.ask({ label: 'a' });
    const leaky = openPool({ ...capped, size: 2, maxPerLabel: { a: 1 } });
    await leaky.take(2, { label: 'leaky' });
    leaky.ask({ label: 'a', timeout: 5_000 });
    const behind = leaky.ask({ label: 'a' });
    await stuck.clock.advance(1_000);
    await leaky.clock.advance(1_000);
    const rest =
      '; others of a, which has 0 connections of the 1 that maxPerLabel allows it, stand in line before this one';
    expect([errorOf(hanging).verdict, errorOf(behind).verdict]).toEqual([
      {
        cause: 'database down',
        evidence: `1 attempt to connect still without an answer, the oldest after 1.0 s${rest}`,
      },
      {
        cause: 'leak',
        evidence: `2 of 2 connections have been idle for 1.0 s or more; 2 were taken by leaky${rest}`,
      },
    ]);
  });

  it('makes a task starve that takes a second connection of its label', async () => {
    const { pool, clock } = openPool({ ...capped, maxPerLabel: 1 });
    const nested = withScope('a', () => pool.use(() => pool.use(() => 'never'))).catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(errorOf({ error: await nested }).verdict).toEqual({
      cause: 'self-starvation',
      evidence:
        '1 of 1 connections of a are held by tasks that are themselves waiting here for another one; maxPerLabel allows a no more than 1',
    });
  });

  it('frees the place of those who gave up, were refused or failed to connect', async () => {
    const { ask, clock, connector, takeOne } = openPool({ ...capped, maxPerLabel: 1 });
    connector.connects = [new Error('password authentication failed')];
    const failed = ask({ label: 'a' });
    await settle();
    expect(failed.error).toEqual(new Error('password authentication failed'));
    const lease = await takeOne({ label: 'a' });
    const controller = new AbortController();
    const aborted = ask({ label: 'a', signal: controller.signal });
    const late = ask({ label: 'a', timeout: 100 });
    const last = ask({ label: 'a', timeout: 10_000 });
    controller.abort();
    await clock.advance(100);
    expect([aborted.error !== undefined, late.error !== undefined]).toEqual([true, true]);
    await lease.release();
    await settle();
    expect(last.lease?.connection.id).toBe(1);
    await last.lease?.release();
    expect((await takeOne({ label: 'a' })).connection.id).toBe(1);
  });

  it('counts who is held back as waiting: for timeout 0, maxWaiting and dispose', async () => {
    const { takeOne, ask, pool, clock } = openPool({ ...capped, maxPerLabel: 1, maxWaiting: 1 });
    await takeOne({ label: 'a' });
    const impatient = ask({ label: 'a', timeout: 0 });
    const first = ask({ label: 'a' });
    const second = ask({ label: 'a' });
    await settle();
    expect([
      impatient.error instanceof PoolTimeoutError,
      first.error,
      second.error instanceof PoolOverloadedError,
    ]).toEqual([true, undefined, true]);
    const disposed = pool.dispose({ timeout: 0 });
    await settle();
    expect(first.error).toMatchObject({ code: 'POOL_CLOSED' });
    await clock.advance(10_000);
    await disposed;
  });

  it('do not keep a caller waiting for a reset or a close while another connection is free', async () => {
    for (const maxUses of [Infinity, 1]) {
      const { takeOne, ask, connector } = openPool({ size: 2, maxOverflow: 0, maxPerLabel: 1, maxUses });
      const lease = await takeOne({ label: 'a' });
      const next = ask({ label: 'a' });
      lease.connection.condition = 'dirty';
      connector.resets = ['never'];
      connector.closes = ['never'];
      void lease.release();
      await settle();
      expect(next.lease?.connection.id).toBe(2);
    }
  });

  it('do not hinder the warm-up, which holds all its connections together', async () => {
    const { pool, counts } = openPool({ size: 4, maxOverflow: 0, maxPerLabel: 1 });
    await pool.warmUp();
    expect(counts()).toEqual([4, 4, 0, 0]);
  });

  it('must be a whole number above 0, or an object of such', () => {
    for (const maxPerLabel of [0, 1.5, -1, { a: 0 }, { a: 2, b: Number.NaN }]) {
      expect(() => new QueuePool(new ScriptedConnector(), { maxPerLabel })).toThrow(PoolOptionError);
    }
    for (const maxPerLabel of [1, Infinity, {}, { a: 3 }]) {
      expect(new QueuePool(new ScriptedConnector(), { maxPerLabel }).status().size).toBe(5);
    }
  });
});
