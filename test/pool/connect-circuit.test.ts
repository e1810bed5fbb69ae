import { describe, expect, it } from 'vitest';

import { PoolTimeoutError, PoolUnavailableError, StaticPool } from '../../src/pool/index.ts';
import { ConnectCircuit } from '../../src/pool/connect-circuit.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ids, openPool, releaseAll, watch } from '../support/pool-bench.ts';
import { ScriptedConnector, gate, refusal } from '../support/scripted-connector.ts';

const down = refusal();

/** Connects so far. */
function tries(connector: ScriptedConnector): number {
  return connector.log.filter((line) => line === 'connect').length;
}

describe('QueuePool while the database is away', () => {
  it('tries again, so that a caller is served when the database is back in time', async () => {
    const { ask, connector, clock } = openPool();
    connector.connects = [down, down];
    const attempt = ask();
    await clock.advance(24);
    expect([tries(connector), attempt.error]).toEqual([1, undefined]);
    await clock.advance(1);
    expect([tries(connector), attempt.error]).toEqual([2, undefined]);
    await clock.advance(50);
    expect([tries(connector), attempt.lease?.connection.id, clock.timerCount]).toEqual([3, 1, 0]);
  });

  it('waits longer each time, half of it by chance, up to a limit', () => {
    const waits = [0, 1].map((chance) => {
      const terms = { retryDelay: 50, maxRetryDelay: 1_000, circuitAfter: 3, random: () => chance };
      const circuit = new ConnectCircuit(terms);
      return Array.from({ length: 7 }, () => {
        circuit.noteFailure({ error: down, isPassing: true, round: circuit.round, startedAt: 0 }, 0);
        return circuit.pauseMs(0);
      });
    });
    expect(waits).toEqual([
      [25, 50, 100, 200, 400, 500, 500],
      [50, 100, 200, 400, 800, 1_000, 1_000],
    ]);
  });

  it('counts attempts that ran at the same time once', async () => {
    const { ask, connector, clock, pool } = openPool({ maxConnecting: 4 });
    connector.connects = [down, down, down, down];
    const attempts = [ask(), ask(), ask(), ask()];
    await settle();
    expect([tries(connector), attempts.map(({ error }) => error), pool.status().waiting]).toEqual([
      4,
      [undefined, undefined, undefined, undefined],
      4,
    ]);
    await clock.advance(25);
    expect(attempts.map(({ lease }) => lease?.connection.id)).toEqual([1, 2, 3, 4]);
  });

  it('tells newcomers the cause at once after three failures, while those who waited before go on waiting', async () => {
    const { ask, connector, clock, pool } = openPool({ name: 'main' });
    connector.connects = [down, down, down, down];
    const early = [ask(), ask()];
    await clock.advance(85);
    const late = ask();
    await settle();
    expect(late.error).toBeInstanceOf(PoolUnavailableError);
    expect(late.error).toMatchObject({ code: 'POOL_UNAVAILABLE', retryable: true, cause: down });
    expect((late.error as Error).message).toBe(
      'No connection can be opened: the last 4 attempts failed, most recently 10 ms ago; the next follows in 90 ms. The last one said: connect ECONNREFUSED 127.0.0.1:5432 Bring the database back; the pool finds out by itself. [POOL_UNAVAILABLE]',
    );
    expect([tries(connector), early.map(({ error }) => error), pool.status().waiting]).toEqual([
      4,
      [undefined, undefined],
      2,
    ]);
    await clock.advance(90);
    expect(early.map(({ lease }) => lease?.connection.id)).toEqual([1, 2]);
  });

  it('says what each address answered, when an address has several', async () => {
    const { ask, connector, clock } = openPool();
    const refusals = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}:5432`));
    const both = Object.assign(new AggregateError(refusals), { code: 'ECONNREFUSED' });
    connector.connects = Array.from({ length: 4 }, () => both);
    ask();
    await clock.advance(85);
    const late = ask();
    await settle();
    expect((late.error as Error).message).toContain(
      'The last one said: connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432 Bring',
    );
  });

  it('serves whoever waits when the database is back after many failures', async () => {
    const { ask, connector, clock } = openPool({ size: 1, maxOverflow: 0, timeout: 30_000 });
    connector.connects = Array.from({ length: 20 }, () => down);
    const attempt = ask();
    await clock.advance(8_000);
    expect([attempt.error, tries(connector)]).toEqual([undefined, 20]);
    await clock.advance(1_000);
    expect([attempt.lease?.connection.id, tries(connector)]).toEqual([1, 21]);
  });

  it('lets callers find out when the time has come, and everybody in when it succeeds', async () => {
    const { ask, connector, clock } = openPool({ size: 3, maxOverflow: 0 });
    connector.connects = [down, down, down];
    ask({ timeout: 80 });
    await clock.advance(500);
    const probe = gate();
    connector.connects = [probe.opened];
    const attempts = [ask(), ask(), ask()];
    await settle();
    expect(tries(connector)).toBe(4);
    probe.open();
    await settle();
    expect(attempts.map(({ lease }) => lease?.connection.id)).toEqual([1, 2, 3]);
  });

  it('tells those who came to find out the cause, when it is still down', async () => {
    const { ask, connector, clock } = openPool({ size: 3, maxOverflow: 0 });
    connector.connects = [down, down, down];
    ask({ timeout: 80 });
    await clock.advance(500);
    connector.connects = [down];
    const attempts = [ask(), ask()];
    await settle();
    expect(attempts.map(({ error }) => error)).toEqual([down, down]);
  });

  it('lets who comes while it is down wait for a connection that is out, through failed probes', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 2, maxOverflow: 0 });
    const lease = await takeOne();
    connector.connects = Array.from({ length: 20 }, () => down);
    ask({ timeout: 80 });
    await clock.advance(500);
    const attempt = ask();
    await clock.advance(2_000);
    expect([attempt.error, tries(connector) > 5]).toEqual([undefined, true]);
    await lease.release();
    await settle();
    expect(attempt.lease?.connection.id).toBe(1);
  });

  it('goes on trying while an older attempt hangs', async () => {
    const { ask, connector, clock } = openPool({ size: 5, maxOverflow: 0 });
    connector.connects = ['never', down];
    const attempts = [ask(), ask()];
    await clock.advance(25);
    expect([tries(connector), attempts.map(({ lease }) => lease?.connection.id)]).toEqual([3, [1, undefined]]);
  });

  it('refuses newcomers when a probe has been without an answer for a second', async () => {
    const { ask, connector, clock } = openPool();
    connector.connects = [down, down, down, 'never'];
    ask();
    await clock.advance(500);
    const probe = ask();
    await clock.advance(1_001);
    const late = ask();
    await settle();
    expect([probe.error, (late.error as Error).message]).toEqual([
      undefined,
      expect.stringContaining('the last 3 attempts failed, most recently 1.4 s ago; the next is under way.'),
    ]);
  });

  it('lets callers wait for connections that are out and good', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 2, maxOverflow: 0, maxRetryDelay: 5_000 });
    const lease = await takeOne();
    connector.connects = Array.from({ length: 20 }, () => down);
    const waiter = ask();
    await clock.advance(5_000);
    expect([waiter.error, tries(connector)]).toEqual([undefined, 9]);
    await lease.release();
    await settle();
    expect([waiter.lease?.connection.id, clock.timerCount]).toEqual([1, 0]);
  });

  it('says that the database is down when a caller times out meanwhile', async () => {
    const { takeOne, ask, connector, clock } = openPool({ size: 2, maxOverflow: 0, timeout: 1_000 });
    await takeOne();
    connector.connects = Array.from({ length: 20 }, () => down);
    const waiter = ask();
    await clock.advance(1_000);
    expect(waiter.error).toBeInstanceOf(PoolTimeoutError);
    expect(waiter.error).toMatchObject({ verdict: { cause: 'database down' }, cause: down });
  });

  it('does not try again for an error that will not pass, nor wait before the next caller’s attempt', async () => {
    const { ask, connector, clock } = openPool();
    const fatal = new Error('password authentication failed');
    connector.connects = [fatal];
    const first = ask();
    await settle();
    const second = ask();
    await settle();
    expect([first.error, second.lease?.connection.id, clock.timerCount]).toEqual([fatal, 1, 0]);
  });

  it('asks the connector whether a failure may pass', async () => {
    const clock = new ManualClock();
    const connector = Object.assign(new ScriptedConnector(), { isPassing: (error: unknown) => error !== down });
    const pool = new StaticPool(connector, { clock, random: () => 0 });
    connector.connects = [down, new Error('starting up')];
    const refused = watch(pool.checkout());
    await settle();
    const served = watch(pool.checkout());
    await clock.advance(25);
    expect([refused.error, served.lease?.connection.id]).toEqual([down, 1]);
  });

  it('does not make a caller wait for another attempt who does not want to wait', async () => {
    const { ask, connector, clock } = openPool();
    connector.connects = [down];
    const attempt = ask({ timeout: 0 });
    await settle();
    expect([attempt.error, clock.timerCount]).toEqual([down, 0]);
  });

  it('opens no more than maxConnecting at a time', async () => {
    const { ask, connector } = openPool({ size: 8, maxOverflow: 0 });
    const gates = Array.from({ length: 8 }, gate);
    connector.connects = gates.map(({ opened }) => opened);
    const attempts = gates.map(() => ask());
    await settle();
    const seen = [tries(connector)];
    for (const { open } of gates) {
      open();
      await settle();
      seen.push(tries(connector));
    }
    expect([seen, attempts.map(({ lease }) => lease?.connection.id)]).toEqual([
      [2, 3, 4, 5, 6, 7, 8, 8, 8],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ]);
  });

  it('can lend all again when the database is back', async () => {
    const { take, ask, connector, clock, pool } = openPool({ size: 2, maxOverflow: 3, timeout: 900 });
    await releaseAll(await take(5));
    pool.invalidateAll();
    connector.connects = Array.from({ length: 7 }, () => down);
    const failed = [ask(), ask(), ask()];
    await clock.advance(900);
    expect(failed.map(({ error }) => error)).toMatchObject(failed.map(() => ({ code: 'POOL_TIMEOUT', cause: down })));
    connector.connects = [];
    await clock.advance(1_000);
    expect(ids(await take(5))).toEqual([6, 7, 8, 9, 10]);
  });
});
