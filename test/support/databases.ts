import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, inject, onTestFinished } from 'vitest';

import { createEngine } from '../../src/engine/create-engine.ts';
import type { EngineOptions } from '../../src/engine/engine-options.ts';
import type { Engine } from '../../src/engine/engine.ts';

export type TestEngineOptions = Omit<EngineOptions, 'url'>;

/** One kind of database to run a suite on. */
export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres';
  /** An engine on an empty database (PostgreSQL: schema) of its own; both are gone when the test has finished. */
  createEngine(options?: TestEngineOptions): Promise<Engine>;
  /** The URL of an empty database, gone when the test has finished. PostgreSQL: `application_name` is the schema's name. */
  createUrl(): Promise<string>;
}

const sqlite: TestDatabase = {
  name: 'sqlite',
  createEngine: (options) => engineOn(sqlite, options),
  async createUrl() {
    const directory = await mkdtemp(join(tmpdir(), 'hermetic-sqlite-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return `sqlite:${join(directory, 'test.db')}`;
  },
};

const postgres: TestDatabase = {
  name: 'postgres',
  createEngine: (options) => engineOn(postgres, options),
  async createUrl() {
    // A schema is made in a tenth of the time that a database takes.
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await server().execute(`create schema ${name}`);
    onTestFinished(async () => {
      await server().execute(`drop schema ${name} cascade`);
    });
    const url = new URL(serverUrl());
    url.searchParams.set('options', `-c search_path=${name}`);
    url.searchParams.set('application_name', name);
    return url.href;
  },
};

/** Every database that can be tested here, or those that the variable DATABASES names. */
export const DATABASES: readonly TestDatabase[] = [sqlite, postgres].filter(({ name }) => isChosen(name));

/** The texts of an engine's statements, in order. */
export interface RecordedStatements {
  readonly length: number;
  readonly texts: readonly string[];
  /** The texts so far; forgets them. */
  take(): string[];
}

export function recordStatements(engine: Engine): RecordedStatements {
  const texts: string[] = [];
  engine.on('statement', ({ sql }) => texts.push(sql));
  return {
    texts,
    get length() {
      return texts.length;
    },
    take: () => texts.splice(0),
  };
}

async function engineOn(database: TestDatabase, options: TestEngineOptions = {}): Promise<Engine> {
  const engine = createEngine({ ...options, url: await database.createUrl() });
  // Registered last, and so called first: the database goes when nothing is connected to it.
  onTestFinished(() => engine.dispose());
  return engine;
}

function isChosen(name: TestDatabase['name']): boolean {
  const chosen = process.env['DATABASES'];
  if (chosen !== undefined && !chosen.split(',').includes(name)) return false;
  return name !== 'postgres' || inject('postgresUrl') !== undefined;
}

function serverUrl(): string {
  const url = inject('postgresUrl');
  if (url === undefined) throw new Error('no PostgreSQL server');
  return url;
}

let admin: Engine | undefined;

function server(): Engine {
  admin ??= createEngine({ url: serverUrl(), poolSize: 1, driverOptions: { lock_timeout: 5_000 } });
  return admin;
}

afterAll(async () => {
  const used = admin;
  admin = undefined;
  await used?.dispose();
});
