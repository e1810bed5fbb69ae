import { describe, expect, it } from 'vitest';

import { PoolOptionError, QueuePool, StaticPool } from '../../src/pool/index.ts';
import { FOREIGN_NAMES } from '../../src/pool/foreign-names.ts';
import { POOL_RULES } from '../../src/pool/pool-settings.ts';
import { ScriptedConnector } from '../support/scripted-connector.ts';

function adviceFor(name: string): string | undefined {
  try {
    void new QueuePool(new ScriptedConnector(), { [name]: 1 });
  } catch (error) {
    if (error instanceof PoolOptionError)
      return error.faults[0]?.replace(`${name} is not an option, did you mean `, '');
  }
  return undefined;
}

describe('The names that other pools have for an option', () => {
  it('lead to ours', () => {
    const ours = {
      size: ['max', 'poolSize', 'connectionLimit', 'maxPoolSize', 'max_size', 'maximumPoolSize', 'poolMax'],
      maxOverflow: ['max_overflow', 'poolMaxOverflow', 'overflow'],
      timeout: ['acquireTimeout', 'acquireTimeoutMillis', 'connectionTimeoutMillis', 'checkoutTimeout', 'poolTimeout'],
      maxWaiting: ['queueLimit', 'maxWaitingClients', 'queueMax'],
      recycle: ['maxLifetime', 'poolRecycle'],
      minIdle: ['min', 'minimumIdle', 'poolMin'],
      idleTimeout: ['idleTimeoutMillis', 'idle', 'reapIntervalMillis', 'evict', 'softIdleTimeoutMillis'],
      connectTimeout: ['createTimeoutMillis', 'connectTimeoutMillis'],
      closeTimeout: ['destroyTimeoutMillis'],
      retryDelay: ['createRetryIntervalMillis'],
      prePing: ['pre_ping', 'pool_pre_ping', 'testOnBorrow'],
      useLifo: ['lifo', 'fifo', 'pool_use_lifo'],
      resetOnReturn: ['reset_on_return', 'pool_reset_on_return'],
      warnHeldAfter: ['leakDetectionThreshold'],
      name: ['poolName', 'logging_name'],
    };
    const found = Object.entries(ours).map(([name, foreign]) => [name, foreign.map(adviceFor)]);
    expect(found).toEqual(Object.entries(ours).map(([name, foreign]) => [name, foreign.map(() => `${name}?`)]));
  });

  it('lead to ours with a word on the unit where theirs are seconds', () => {
    const found = ['pool_timeout', 'pool_recycle', 'maxLifetimeSeconds', 'idle_timeout', 'connect_timeout'].map(
      adviceFor,
    );
    const expected = ['timeout', 'recycle', 'recycle', 'idleTimeout', 'connectTimeout'];
    expect(found).toEqual(expected.map((name) => `${name} (in milliseconds)?`));
  });

  it('lead only to options that the pool has', () => {
    expect(Object.keys(FOREIGN_NAMES).toSorted()).toEqual(Object.keys(POOL_RULES).toSorted());
    const make = (): unknown => new StaticPool(new ScriptedConnector(), { max: 3 } as { name?: string });
    expect(make).toThrow('max is not an option.');
  });

  it('belong to one option each', () => {
    const all = Object.values(FOREIGN_NAMES).flatMap((foreign) => foreign.map((name) => name.toLowerCase()));
    expect(new Set(all).size).toBe(all.length);
  });
});
