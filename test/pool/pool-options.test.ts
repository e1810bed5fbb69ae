import { describe, expect, it } from 'vitest';

import { NullPool, PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import { PoolEntry } from '../../src/pool/pool-entry.ts';
import type { PoolOptions } from '../../src/pool/pool-options.ts';
import { PoolSettings } from '../../src/pool/pool-settings.ts';
import { systemClock } from '../../src/util/clock.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

function faultsOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof PoolOptionError) return error.faults;
  }
  return [];
}

describe('PoolOptions', () => {
  it('have the defaults of the field', () => {
    expect(PoolSettings.forQueue({}, new ScriptedConnector())).toMatchObject({
      kind: 'QueuePool',
      limits: { keep: 5, limit: 15, connecting: 4 },
      options: {
        size: 5,
        maxOverflow: 10,
        timeout: 30_000,
        recycle: -1,
        prePing: false,
        useLifo: false,
        resetOnReturn: 'rollback',
        name: 'default',
        clock: systemClock,
        captureCallSites: 'sampled',
        connectTimeout: 10_000,
        closeTimeout: 5_000,
        resetTimeout: 5_000,
        pingTimeout: 5_000,
        leakWatch: true,
      },
    });
  });

  it('have no limit at size 0 or maxOverflow −1', () => {
    const connector = new ScriptedConnector();
    const limits = [{ size: 0 }, { maxOverflow: -1 }, { size: 2, maxOverflow: 0 }].map((options) => {
      const { keep, limit } = PoolSettings.forQueue(options, connector).limits;
      return [keep, limit];
    });
    expect(limits).toEqual([
      [Infinity, Infinity],
      [5, Infinity],
      [2, 2],
    ]);
  });

  it('are refused with all faults at once, by name', () => {
    const options = {
      size: -1,
      maxOverflow: -7,
      timeout: Number.NaN,
      recycle: 0,
      prePing: 'yes',
      useLifo: 1,
      resetOnReturn: 'commit',
      name: '',
      clock: null,
      captureCallSites: null,
      connectTimeout: -1,
      maxoverflow: 3,
      colour: 'red',
    } as unknown as PoolOptions;
    const make = (): unknown => new QueuePool(new ScriptedConnector(), options);
    expect(faultsOf(make)).toEqual([
      'maxoverflow is not an option, did you mean maxOverflow?',
      'colour is not an option',
      'size must be a whole number of 0 or more, not -1',
      'maxOverflow must be a whole number of -1 or more, not -7',
      'timeout must be milliseconds, 0 or more, not NaN',
      'recycle must be milliseconds above 0, or -1, not 0',
      "prePing must be true or false, not 'yes'",
      'useLifo must be true or false, not 1',
      "resetOnReturn must be 'rollback' or 'none', not 'commit'",
      "name must be a text, not ''",
      'clock must be a Clock, not null',
      "captureCallSites must be true, false or 'sampled', not null",
      'connectTimeout must be milliseconds above 0, not -1',
    ]);
    expect(make).toThrow(
      'QueuePool was given 13 bad options: maxoverflow is not an option, did you mean maxOverflow?;',
    );
  });

  it('are refused when they contradict each other', () => {
    const options = {
      size: 3,
      maxOverflow: 1,
      minIdle: 4,
      maxConnecting: 5,
      timeout: 1_000,
      pingTimeout: 1_000,
      recycle: 60_000,
      idleTimeout: 60_000,
      keepAlive: 90_000,
      pingAfter: 60_000,
      retryDelay: 2_000,
      maxRetryDelay: 1_000,
    };
    expect(faultsOf(() => new QueuePool(new ScriptedConnector(), options))).toEqual([
      'minIdle (4) must not exceed size (3): no more are kept',
      'maxConnecting (5) must not exceed size + maxOverflow (4)',
      'idleTimeout (60000) must be less than recycle (60000): nothing would ever be idle for so long',
      'keepAlive (90000) must be less than idleTimeout (60000): connections are closed before they are pinged',
      'keepAlive (90000) must be less than recycle (60000): connections are replaced before they are pinged',
      'pingTimeout (1000) must be less than timeout (1000): the caller is gone before the ping is',
      'pingAfter (60000) must be less than recycle (60000): connections are replaced before they are pinged',
      'retryDelay (2000) must not exceed maxRetryDelay (1000)',
    ]);
  });

  it('leave a ping half of the time that a caller has, unless told otherwise', () => {
    const pingTimeouts = [{}, { timeout: 3_000 }, { timeout: 0 }, { pingTimeout: 700 }].map(
      (options) => PoolSettings.forQueue(options, new ScriptedConnector()).options.pingTimeout,
    );
    expect(pingTimeouts).toEqual([5_000, 1_500, 5_000, 700]);
  });

  it('may be undefined', () => {
    const { options } = PoolSettings.forQueue({ size: undefined, timeout: undefined }, new ScriptedConnector());
    expect([options.size, options.timeout]).toEqual([5, 30_000]);
  });

  it('ask for a ping that the connector has', () => {
    const connector = { connect: async () => ({}), close: async () => {} };
    expect(faultsOf(() => new QueuePool(connector, { prePing: true }))).toEqual([
      'prePing needs a connector that can ping',
    ]);
  });

  it('of pools without a limit know no limits', () => {
    const connector = new ScriptedConnector();
    const bad = { size: 3, prePing: true } as unknown as { name: string };
    const faults = ['size is not an option', 'prePing is not an option'];
    expect(faultsOf(() => new NullPool(connector, bad))).toEqual(faults);
    expect(faultsOf(() => new StaticPool(connector, bad))).toEqual(faults);
  });
});

describe('PoolEntry', () => {
  it('refuses a move that cannot follow', () => {
    const entry = new PoolEntry({ generation: 0, round: 0, startedAt: 0, arrival: 0 });
    entry.move('leased');
    entry.move('gone');
    expect(() => entry.move('idle')).toThrow(
      'A pooled connection cannot go from gone to idle. This is a fault in Hermetic: please report it with the stack. [POOL_ILLEGAL_MOVE]',
    );
  });
});
