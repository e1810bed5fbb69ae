import { expect, onTestFinished, test, vi } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import type { EngineOptions } from '../../src/engine/engine-options.ts';
import { POOLING_NAMES } from '../../src/engine/pooling-options.ts';
import { EngineOptionError } from '../../src/errors/engine-errors.ts';
import { POOL_RULES } from '../../src/pool/pool-settings.ts';

test('every fault of the options is named at once', () => {
  const options = {
    url: 'sqlite:x.db',
    poolSise: 3,
    maxOverflow: -2,
    pool: 'fast',
    echo: 1,
  } as unknown as EngineOptions;

  expect(() => createEngine(options)).toThrow(EngineOptionError);
  expect(() => createEngine(options)).toThrow(
    "createEngine cannot use these options: 'poolSise' is not an option, did you mean 'poolSize'?; 'pool' must be 'queue' or 'null' or 'static'; " +
      "'maxOverflow' must be a whole number of -1 or more; 'echo' must be true, false or a function. " +
      'Correct them, or leave them out for their defaults. [ENGINE_BAD_OPTION]',
  );
});

test('options of another database are refused', () => {
  expect(() => createEngine({ url: 'sqlite:x.db', prepare: false })).toThrow("'prepare' means nothing to sqlite.");
  expect(() => createEngine({ url: 'postgres://localhost/x', busyTimeout: 1 })).toThrow(
    "'busyTimeout' means nothing to postgres.",
  );
  expect(() => createEngine({ url: 'postgres://localhost/x', driver: 'node:sqlite' })).toThrow(
    "'driver' must be 'pg' for postgres.",
  );
});

test('a URL that names no database is shown without its password', () => {
  expect(() => createEngine('oracle:x')).toThrow('[ENGINE_BAD_URL]');
  const shown = [
    'mysql://app:hunter2@host/db?password=hunter2',
    'postgres:app:hunter2',
    'postgres://app:hunter2@:x/db',
    'sqlite:',
    'sqlite://x.db',
  ].map((url) => {
    try {
      createEngine(url);
      return 'taken';
    } catch (error) {
      return error instanceof EngineOptionError ? error.message.split(' Write ')[0] : error;
    }
  });

  expect(shown).toEqual([
    "'mysql://…@host/db' is no database URL: it begins with neither sqlite: nor postgres:.",
    "'postgres:…' is no database URL: it cannot be parsed.",
    "'postgres://…@:x/db' is no database URL: it cannot be parsed.",
    "'sqlite:' is no database URL: it names no file.",
    "'sqlite://x.db' is no database URL: sqlite:// takes three slashes and an absolute path; sqlite:path takes a relative one.",
  ]);
});

test('the address says where the database is and no password', () => {
  const urls = [
    'sqlite:data/app.db',
    'sqlite:///var/app.db',
    'sqlite::memory:',
    'postgres://app:hunter2@db.example/shop',
    'postgresql://app@db:6432/shop?sslmode=disable',
  ];

  expect(urls.map((url) => createEngine(url).address)).toEqual([
    'data/app.db',
    '/var/app.db',
    ':memory:',
    'db.example:5432/shop',
    'db:6432/shop',
  ]);
});

test('the pool is the one that the options ask for', async () => {
  const kinds = (['queue', 'null', 'static'] as const).map(
    (pool) => createEngine({ url: 'sqlite:x.db', pool }).pool.constructor.name,
  );

  expect(kinds).toEqual(['QueuePool', 'NullPool', 'StaticPool']);
});

test('the pool gets every option that it has, under the name that the engine gives it', () => {
  const names = Object.keys(POOL_RULES).filter((name) => !['name', 'clock', 'random'].includes(name));

  expect(new Set(POOLING_NAMES.map(([, poolName]) => poolName))).toEqual(new Set(names));
  expect(POOLING_NAMES.length).toBe(names.length);
  const { pool } = createEngine({ url: 'postgres://localhost/x', poolSize: 2, poolMaxUses: 3, poolMinIdle: 0 });
  expect(pool.status().size).toBe(2);
});

test('options of the pool that contradict each other, or mean nothing to this pool, are refused', () => {
  const url = 'postgres://localhost/x';

  expect(() => createEngine({ url, poolSize: 2, poolMinIdle: 3, poolTimeout: 10, poolPingTimeout: 20 })).toThrow(
    "'poolMinIdle' (3) must not exceed 'poolSize' (2): no more are kept; 'poolPingTimeout' (20) must be less than 'poolTimeout' (10)",
  );
  expect(() => createEngine({ url, poolMaxUses: 0, poolRandom: 1 } as EngineOptions)).toThrow(
    "'poolRandom' is not an option; 'poolMaxUses' must be a whole number of 1 or more, or Infinity.",
  );
  expect(() => createEngine({ url, pool: 'null', poolSize: 2, poolTimeout: 5 })).toThrow(
    "'poolSize' means nothing to a null pool.",
  );
});

test('the names of other libraries, and of the pool itself, lead to the engine’s', () => {
  const advice = (name: string): string | undefined => {
    try {
      createEngine({ url: 'postgres://localhost/x', [name]: 1 });
      return undefined;
    } catch (error) {
      return error instanceof EngineOptionError ? /did you mean '(.*)\?/.exec(error.message)?.[1] : undefined;
    }
  };
  const foreign = {
    poolSize: ['max', 'pool_size', 'connectionLimit', 'size'],
    maxOverflow: ['max_overflow'],
    poolMinIdle: ['min', 'minIdle'],
    poolTimeout: ['acquireTimeoutMillis', 'connectionTimeoutMillis', 'timeout'],
    poolPrePing: ['pool_pre_ping', 'testOnBorrow', 'prePing'],
    poolUseLifo: ['lifo', 'fifo'],
    echo: ['logging', 'echo_pool', 'verbose'],
    url: ['connectionString', 'uri'],
    driverOptions: ['connect_args', 'ssl'],
    isolationLevel: ['isolation_level'],
  };

  const found = Object.entries(foreign).map(([name, words]) => [name, words.map((word) => advice(word))]);
  expect(found).toEqual(Object.entries(foreign).map(([name, words]) => [name, words.map(() => `${name}'`)]));
  expect([advice('pool_timeout'), advice('pool_recycle')]).toEqual([
    "poolTimeout' (in milliseconds)",
    "poolRecycle' (in milliseconds)",
  ]);
});

test('names that every object has, and wrong caps by label, are refused by name', () => {
  const make = (options: object) => () => createEngine({ url: 'postgres://localhost/x', ...options });

  for (const name of ['constructor', 'toString', '__proto__'])
    expect(make(JSON.parse(`{"${name}":1}`) as object)).toThrow(`'${name}' is not an option`);
  expect(make({ poolMaxPerLabel: { a: 0 } })).toThrow(
    "'poolMaxPerLabel'['a'] must be a whole number of 1 or more, or Infinity, not 0.",
  );
  expect(() => createEngine([] as unknown as EngineOptions)).toThrow('it takes a database URL or an object');
});

test('a driver that is not installed is named with the command that installs it', async () => {
  vi.doMock('better-sqlite3', () => ({
    get default() {
      throw new Error('not installed');
    },
  }));
  onTestFinished(() => vi.doUnmock('better-sqlite3'));
  await using engine = createEngine({ url: 'sqlite::memory:', driver: 'better-sqlite3' });

  await expect(engine.execute('select 1')).rejects.toThrow(
    "The driver 'better-sqlite3' could not be loaded. Run npm install better-sqlite3. [ENGINE_DRIVER_MISSING]",
  );
});
