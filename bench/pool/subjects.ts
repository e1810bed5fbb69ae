import { createPool as createGenericPool } from 'generic-pool';
import { createPool as createMysqlPool } from 'mysql2';
import type { PoolConnection } from 'mysql2';
import { EventEmitter } from 'node:events';
import pg from 'pg';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import { QueuePool } from '../../src/pool/index.ts';
import type { Connector, PoolOptions } from '../../src/pool/index.ts';
import { MinimalPool } from './minimal-pool.ts';

/** Connections of each pool under test. */
export const SIZE = 10;

/** Every pool that has one gets this, in milliseconds; mysql2 and the minimal pool know none. */
const TIMEOUT_MS = 30_000;

/** A pool under test: what it takes to borrow a connection and to give it back, in its own words. */
export interface Subject {
  readonly take: () => Promise<unknown>;
  /** What it returns is awaited only where the pool's own documentation does so. */
  readonly give: (taken: unknown) => unknown;
}

interface StubConnection {
  readonly id: number;
}

let lastId = 0;

function open(): StubConnection {
  return { id: ++lastId };
}

/** A connection that answers at once, and says that there is nothing to roll back. */
const connector: Connector<StubConnection> = {
  connect: () => Promise.resolve(open()),
  close: () => Promise.resolve(),
  reset: () => Promise.resolve(),
  condition: () => 'idle',
};

/** As real ones can: the pool then looks out for standstills of the process, and at the clock for each idle connection. */
const pingable: Connector<StubConnection> = { ...connector, ping: () => Promise.resolve() };

function hermetic(options: PoolOptions = {}, lent = connector): Subject {
  const pool = new QueuePool(lent, { size: SIZE, maxOverflow: 0, timeout: TIMEOUT_MS, ...options });
  return { take: () => pool.checkout(), give: (lease) => (lease as Releasable).release() };
}

interface Releasable {
  release(): unknown;
}

/** `pg.Pool` makes its clients itself: this is as much of one as it looks at. */
class StubClient extends EventEmitter {
  connect(done: (error?: Error) => void): void {
    done();
  }

  end(done?: () => void): void {
    done?.();
  }

  ref(): void {}

  unref(): void {}
}

function pgPool(): Subject {
  const pool = new pg.Pool({
    Client: StubClient as unknown as new () => pg.ClientBase,
    max: SIZE,
    connectionTimeoutMillis: TIMEOUT_MS,
  });
  return { take: () => pool.connect(), give: (client) => (client as Releasable).release() };
}

function tarn(): Subject {
  const pool = new TarnPool<StubConnection>({
    create: () => Promise.resolve(open()),
    destroy: () => {},
    min: 0,
    max: SIZE,
    acquireTimeoutMillis: TIMEOUT_MS,
  });
  return { take: () => pool.acquire().promise, give: (taken) => pool.release(taken as StubConnection) };
}

function genericPool(): Subject {
  const factory = { create: () => Promise.resolve(open()), destroy: () => Promise.resolve() };
  const pool = createGenericPool<StubConnection>(factory, { max: SIZE, acquireTimeoutMillis: TIMEOUT_MS });
  return { take: async () => pool.acquire(), give: (taken) => pool.release(taken as StubConnection) };
}

function sequelizePool(): Subject {
  const pool = new SequelizePool<StubConnection>({
    create: () => Promise.resolve(open()),
    destroy: () => Promise.resolve(),
    validate: () => true,
    min: 0,
    max: SIZE,
    idleTimeoutMillis: 10_000,
    acquireTimeoutMillis: TIMEOUT_MS,
  });
  return { take: () => pool.acquire(), give: (taken) => pool.release(taken as StubConnection) };
}

/** As much of mysql2's pool as it takes to put connections into it that have no server. */
interface MysqlInsides {
  readonly _freeConnections: { push(connection: unknown): void };
  readonly _allConnections: { push(connection: unknown): void };
}

function mysqlPool(): Subject {
  const pool = createMysqlPool({ connectionLimit: SIZE });
  const { _allConnections: all, _freeConnections: free } = pool as unknown as MysqlInsides;
  for (let i = 0; i < SIZE; i++) {
    const connection = { ...open(), _pool: pool, _released: true, end() {} };
    all.push(connection);
    free.push(connection);
  }
  return {
    take: () =>
      new Promise((resolve, reject) => {
        pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
      }),
    give: (connection) => pool.releaseConnection(connection as PoolConnection),
  };
}

function minimal(): Subject {
  const pool = new MinimalPool(Array.from({ length: SIZE }, open));
  return { take: () => pool.acquire(), give: (taken) => pool.release(taken as StubConnection) };
}

/** How to make each pool; the first is the measure. */
export const SUBJECTS = {
  minimal,
  hermetic: () => hermetic(),
  'hermetic (can ping)': () => hermetic({}, pingable),
  'hermetic (every line)': () => hermetic({ captureCallSites: true }),
  'hermetic (no lines)': () => hermetic({ captureCallSites: false }),
  'hermetic (no diagnosis)': () => hermetic({ captureCallSites: false, leakWatch: false }),
  'pg-pool': pgPool,
  tarn,
  'generic-pool': genericPool,
  'sequelize-pool': sequelizePool,
  mysql2: mysqlPool,
} satisfies Record<string, () => Subject>;

export type SubjectName = keyof typeof SUBJECTS;
