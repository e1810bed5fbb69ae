import { describe, expect, it } from 'vitest';

import { NullPool, PoolTimeoutError } from '../../src/pool/index.ts';
import type { CheckoutOptions } from '../../src/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openPool, watch } from '../support/pool-bench.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

const callSite = { line: 'examples/leak.ts:12:3' };

async function timeoutOf(attempt: { readonly error: unknown }): Promise<PoolTimeoutError> {
  expect(attempt.error).toBeInstanceOf(PoolTimeoutError);
  return attempt.error as PoolTimeoutError;
}

describe('PoolTimeoutError', () => {
  it('is what the sixteenth checkout of a 5 + 10 pool gets after 30 seconds, saying who holds what and why', async () => {
    const { take, ask, clock } = openPool();
    const leaks = await take(13, { label: 'GET /leak', callSite });
    for (const lease of leaks) {
      lease.noteStart('select  "id" from "users"\n where "name" = \'Ada\' and "id" = $1');
      lease.noteEnd(true);
    }
    const [report] = await take(1, { label: 'nightly report' });
    report?.noteStart('select count(*) from events');
    await take(1);
    await clock.advance(1_000);
    const attempt = ask({ label: 'GET /users' });
    await clock.advance(30_000);
    const error = await timeoutOf(attempt);
    const leak =
      '  - 13 × GET /leak: held for 31.0 s, idle in transaction for 31.0 s, last statement: select "id" from "users" where "name" = ? and "id" = $1, taken at examples/leak.ts:12:3';
    expect(error.message.split('\n')).toEqual([
      'QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30',
      'Waited 30.0 s; pool default: 15 checked out, 0 idle, 0 connecting, 1 waiting',
      leak,
      '  - nightly report: held for 31.0 s, a statement is running, not in transaction, last statement: select count(*) from events',
      '  - unlabelled: held for 31.0 s, no statement yet, not in transaction',
      '  in line: GET /users',
      'Looks like leak: 14 of 15 connections have been idle (13 in transaction) for 31.0 s or more; 13 were taken by GET /leak at examples/leak.ts:12:3. Give each connection back: use `await using`, or release it or remove its session in a `finally`, at the lines named above. [POOL_TIMEOUT]',
    ]);
  });

  it('carries what it says as values', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 200, name: 'main' });
    const lease = await takeOne({ label: 'job', callSite });
    lease.noteStart('begin');
    lease.noteEnd(true);
    const attempt = ask();
    await clock.advance(200);
    const { code, status, holders, verdict, waitedMs, retryable, message } = await timeoutOf(attempt);
    expect({ code, status, holders, verdict, waitedMs, retryable }).toEqual({
      code: 'POOL_TIMEOUT',
      status: { size: 1, checkedIn: 0, checkedOut: 1, overflow: 0, waiting: 1, connecting: 0 },
      holders: [
        {
          label: 'job',
          heldMs: 200,
          idleMs: 200,
          isRunning: false,
          inTransaction: true,
          lastStatement: 'begin',
          line: 'examples/leak.ts:12:3',
        },
      ],
      verdict: {
        cause: 'leak',
        evidence:
          '1 of 1 connections has been idle in transaction for 0.2 s or more; 1 was taken by job at examples/leak.ts:12:3',
      },
      waitedMs: 200,
      retryable: false,
    });
    expect(message.split('\n')[0]).toBe(
      'QueuePool limit of size 1 overflow 0 reached, connection timed out, timeout 0.2',
    );
  });

  it('puts holders together that differ only in their times', async () => {
    const { takeOne, ask, clock } = openPool({ size: 4, maxOverflow: 0, timeout: 100 });
    for (const label of ['a', 'a', 'b', 'a']) {
      const lease = await takeOne({ label, callSite });
      lease.noteStart(`select ${label} from t`);
      lease.noteEnd(false);
      await clock.advance(1_000);
    }
    const attempt = ask();
    await clock.advance(100);
    expect((await timeoutOf(attempt)).message.split('\n').slice(2, 4)).toEqual([
      '  - 3 × a: held for 1.1 s to 4.1 s, idle for 1.1 s to 4.1 s, not in transaction, last statement: select a from t, taken at examples/leak.ts:12:3',
      '  - b: held for 2.1 s, idle for 2.1 s, not in transaction, last statement: select b from t, taken at examples/leak.ts:12:3',
    ]);
  });

  it('names twenty kinds of holders and counts the rest', async () => {
    const { takeOne, ask, clock } = openPool({ size: 23, maxOverflow: 0, timeout: 100 });
    for (let i = 0; i < 23; i++) await takeOne({ label: `job ${i}` });
    const attempt = ask();
    await clock.advance(100);
    const lines = (await timeoutOf(attempt)).message.split('\n');
    expect([lines.length, lines.at(-2)]).toEqual([2 + 20 + 1 + 1, '  and 3 more']);
  });

  it('says who stands in line, most first, ten labels by name', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    await takeOne({ label: 'job' });
    const attempts = Array.from({ length: 12 }, (_, i) => ask({ label: `GET /${i}` }));
    ask({ label: 'GET /11' });
    ask();
    ask();
    ask();
    await clock.advance(100);
    const { message, waiters } = await timeoutOf(attempts[0]!);
    expect(message.split('\n').at(-2)).toBe(
      '  in line: 3 × unlabelled, 2 × GET /11, GET /0, GET /1, GET /2, GET /3, GET /4, GET /5, GET /6, GET /7, and 3 more',
    );
    expect(waiters.slice(0, 2)).toEqual([
      { label: undefined, count: 3 },
      { label: 'GET /11', count: 2 },
    ]);
  });

  it('says at which lines they ask, labelled or not, ten groups at most', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 100 });
    await takeOne({ label: 'job' });
    const at = (line: number): CheckoutOptions => ({ callSite: { line: `src/report.ts:${line}:1` } });
    const first = ask({ ...at(7), label: 'GET /report' });
    ask({ ...at(7), label: 'GET /report' });
    ask({ ...at(9), label: 'GET /report' });
    for (let i = 0; i < 3; i++) ask(at(20));
    for (let i = 0; i < 9; i++) ask(at(30 + i));
    await clock.advance(100);
    const { message, waiters } = await timeoutOf(first);
    expect(message.split('\n').at(-2)).toBe(
      '  in line: 3 × unlabelled at src/report.ts:20:1, 2 × GET /report at src/report.ts:7:1, GET /report at src/report.ts:9:1, unlabelled at src/report.ts:30:1, unlabelled at src/report.ts:31:1, unlabelled at src/report.ts:32:1, unlabelled at src/report.ts:33:1, unlabelled at src/report.ts:34:1, unlabelled at src/report.ts:35:1, unlabelled at src/report.ts:36:1, and 2 more',
    );
    expect(waiters.slice(0, 2)).toEqual([
      { label: undefined, count: 3, line: 'src/report.ts:20:1' },
      { label: 'GET /report', count: 2, line: 'src/report.ts:7:1' },
    ]);
  });

  it('counts those too whom a long line hides, and reads no more than two hundred lines', async () => {
    let read = 0;
    const counted = {
      get line(): string {
        read += 1;
        return 'src/a.ts:1:1';
      },
    };
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    await takeOne();
    const first = ask({ timeout: 100, label: 'GET /a', callSite: counted });
    for (let i = 0; i < 1_500; i++) ask({ label: 'GET /a', callSite: counted });
    await clock.advance(100);
    const { message } = await timeoutOf(first);
    expect([message.split('\n').at(-2), read]).toEqual([
      '  in line: 800 × GET /a, 200 × GET /a at src/a.ts:1:1, and 501 more',
      200,
    ]);
  });

  it('prints labels and lines so that they stay on their line and can be seen', async () => {
    const { takeOne, ask, clock } = openPool({ size: 3, maxOverflow: 0, timeout: 200 });
    await takeOne({ label: '' });
    await takeOne({ label: 'a\nb', callSite: { line: 'x.ts:1\n  - nobody' } });
    await takeOne({ label: 'x'.repeat(200) });
    const attempt = ask({ label: '  spaced\u2028' });
    await clock.advance(200);
    expect((await timeoutOf(attempt)).message.split('\n').slice(2)).toEqual([
      '  - "": held for 0.2 s, no statement yet, not in transaction',
      String.raw`  - "a\nb": held for 0.2 s, no statement yet, not in transaction, taken at "x.ts:1\n  - nobody"`,
      `  - ${'x'.repeat(120)}…: held for 0.2 s, no statement yet, not in transaction`,
      String.raw`  in line: "  spaced\u2028"`,
      expect.stringMatching(
        /^Looks like leak: 3 of 3 .* taken by ""; 1 was taken by "a\\nb" at "x\.ts:1\\n {2}- nobody"; 1 was taken by x{120}…\. Give/,
      ) as string,
    ]);
  });

  it('says what is so when the pool itself has the connection in hand', async () => {
    const { takeOne, ask, clock, connector } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    lease.connection.condition = 'dirty';
    connector.resets = ['never'];
    void lease.release();
    const attempt = ask({ timeout: 300 });
    await clock.advance(300);
    const { message } = await timeoutOf(attempt);
    expect(message.split('\n').slice(2)).toEqual([
      '  - the pool itself: 1 connection is being reset, for 0.3 s so far',
      expect.stringMatching(
        /^Looks like database down: 1 connection is being reset, for 0\.3 s so far, without an answer\. Check that the database runs/,
      ) as string,
    ]);
  });

  it('asks for resume() where the pool is suspended', async () => {
    const { ask, clock, pool } = openPool({ timeout: 100 });
    pool.suspend();
    const attempt = ask();
    await clock.advance(100);
    expect((await timeoutOf(attempt)).cure).toBe('Call `resume()`, or let nothing ask while the pool is suspended.');
  });

  it('knows since when a connection is being reset or closed', async () => {
    const texts: string[] = [];
    for (const maxUses of [Infinity, 1]) {
      const { takeOne, ask, clock, connector } = openPool({ size: 1, maxOverflow: 0, maxUses });
      const lease = await takeOne();
      await clock.advance(5_000);
      lease.connection.condition = maxUses === 1 ? 'idle' : 'dirty';
      connector.resets = ['never'];
      connector.closes = ['never'];
      void lease.release();
      const attempt = ask({ timeout: 300 });
      await clock.advance(300);
      texts.push((await timeoutOf(attempt)).verdict.evidence);
    }
    expect(texts).toEqual([
      '1 connection is being reset, for 0.3 s so far, without an answer',
      'nobody holds a connection; 1 connection is being closed, for 0.3 s so far, for 1 caller in line',
    ]);
  });

  it('comes to everybody, though holders, statements or lines cannot be put into words', async () => {
    const { takeOne, ask, clock, pool } = openPool({ size: 2, maxOverflow: 0, timeout: 100 });
    const [one, two] = [await takeOne({ label: 'one' }), await takeOne({ label: 'two' })];
    Reflect.apply(one.noteStart, one, [{ text: 'select 1' }]);
    Reflect.apply(two.noteStart, two, [null]);
    const callSite = {
      get line(): string {
        throw new Error('no line');
      },
    };
    const attempts = [ask({ label: 'a', callSite }), ask({ label: 'b' })];
    await clock.advance(100);
    const errors = await Promise.all(attempts.map(timeoutOf));
    expect(errors.map(({ verdict }) => verdict.cause)).toEqual(['overload', 'overload']);
    expect([pool.status().waiting, errors[0]?.holders.map(({ lastStatement }) => lastStatement)]).toEqual([
      0,
      ['a statement that is no text (object)', 'a statement that is no text (object)'],
    ]);
  });

  it('comes to everybody, though the report fails', async () => {
    const { takeOne, ask, clock, pool } = openPool({ size: 1, maxOverflow: 0, timeout: 100, name: 'main' });
    await takeOne();
    const attempts = [ask(), ask()];
    // As if a report met something that nobody has thought of.
    const groupBy = Map.groupBy;
    Map.groupBy = () => {
      throw new RangeError('odd');
    };
    await clock.advance(100);
    Map.groupBy = groupBy;
    const errors = await Promise.all(attempts.map(timeoutOf));
    expect([errors.map(({ verdict }) => verdict.evidence), pool.status().waiting]).toEqual([
      Array(2).fill('the pool could not find out more, since its report failed (RangeError)'),
      0,
    ]);
    expect(errors[0]?.cause).toEqual(new RangeError('odd'));
  });

  it('gives those who time out together the verdict of a wait like their own', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0 });
    const lease = await takeOne();
    const long = ask({ timeout: 1_000 });
    await clock.advance(800);
    lease.noteStart('select 1');
    lease.noteEnd(false);
    await clock.advance(50);
    const short = ask({ timeout: 150 });
    await clock.advance(150);
    expect([(await timeoutOf(long)).verdict.cause, (await timeoutOf(short)).verdict.cause]).toEqual([
      'overload',
      'leak',
    ]);
  });

  it('sees overload when the holders are at work', async () => {
    const { take, ask, clock } = openPool({ size: 2, maxOverflow: 0, timeout: 1_000 });
    const [running, recent] = await take(2);
    running?.noteStart('select pg_sleep(9)');
    const attempt = ask();
    await clock.advance(900);
    recent?.noteStart('select 1');
    recent?.noteEnd(false);
    await clock.advance(100);
    const { verdict, retryable } = await timeoutOf(attempt);
    expect([verdict, retryable]).toEqual([
      {
        cause: 'overload',
        evidence: 'of 2 connections checked out, 1 at work now and 1 a moment ago, for 1 caller in line',
      },
      true,
    ]);
  });

  it('sees self-starvation when the holders themselves wait for more', async () => {
    const { takeOne, ask, clock } = openPool({ size: 2, maxOverflow: 0, timeout: 1_000 });
    const owners = [{}, {}];
    for (const owner of owners) await takeOne({ owner });
    const attempts = owners.map((owner) => ask({ owner }));
    await clock.advance(1_000);
    const verdicts = await Promise.all(attempts.map(async (attempt) => (await timeoutOf(attempt)).verdict));
    const verdict = {
      cause: 'self-starvation',
      evidence: '2 of 2 connections are held by tasks that are themselves waiting here for another one',
    };
    expect(verdicts).toEqual([verdict, verdict]);
  });

  it('sees that the database is down when a connect hangs', async () => {
    const { takeOne, ask, clock, connector } = openPool({ size: 1, maxOverflow: 1, timeout: 1_000 });
    await takeOne();
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    connector.connects = [refused, 'never'];
    const first = ask();
    await clock.advance(500);
    const second = ask();
    await clock.advance(1_000);
    const { verdict, cause, retryable } = await timeoutOf(second);
    expect([first.error, verdict.cause, cause, retryable]).toEqual([refused, 'database down', refused, true]);
    expect(verdict.evidence).toBe(
      '1 attempt to connect still without an answer, the oldest after 1.0 s; also: leak, as 1 of 1 connections has been idle for 1.5 s or more',
    );
  });

  it('remembers the connect failure that happened during the wait', async () => {
    const { ask, clock, connector } = openPool({ size: 1, maxOverflow: 0, timeout: 1_000 });
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    connector.connects = [refused, 'never'];
    const first = ask();
    const second = ask();
    await clock.advance(1_000);
    const { verdict, cause } = await timeoutOf(second);
    expect([first.error, cause, verdict]).toEqual([
      refused,
      refused,
      {
        cause: 'database down',
        evidence: 'the last attempt to connect failed, most recently 1.0 s ago: connect ECONNREFUSED 127.0.0.1:5432',
      },
    ]);
  });

  it('sees a blocked event loop when its own timer was late', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 1_000 });
    await takeOne();
    const attempt = ask();
    clock.block(4_000);
    await clock.turn();
    const { verdict, waitedMs } = await timeoutOf(attempt);
    expect([verdict, waitedMs]).toEqual([
      {
        cause: 'blocked event loop',
        evidence: 'the timer of this checkout fired 3.0 s late, so for that long nothing could be released either',
      },
      4_000,
    ]);
  });

  it('sees that the event loop stood still in the middle of the wait', async () => {
    const { takeOne, ask, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 10_000 });
    await takeOne();
    await clock.advance(60_000);
    const attempt = ask();
    await clock.advance(2_500);
    clock.block(6_500);
    await clock.turn();
    await clock.advance(1_000);
    expect((await timeoutOf(attempt)).verdict).toEqual({
      cause: 'blocked event loop',
      evidence:
        'the event loop stood still for 6.5 s of this wait, so for that long nothing could be released; also: leak, as 1 of 1 connections has been idle for 70.0 s or more',
    });
  });

  it('does not speak of a limit in a pool that has none', async () => {
    const clock = new ManualClock();
    const connector = new ScriptedConnector();
    connector.connects = ['never'];
    const attempt = watch(new NullPool(connector, { clock, timeout: 1_000 }).checkout());
    await clock.advance(1_000);
    const { message } = await timeoutOf(attempt);
    expect(message.split('\n')[0]).toBe('NullPool: connection timed out, timeout 1');
  });
});
