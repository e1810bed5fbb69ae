import { expect, onTestFinished, test, vi } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import type { EngineOptions } from '../../src/engine/engine-options.ts';
import { EngineOptionError } from '../../src/errors/engine-errors.ts';

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
