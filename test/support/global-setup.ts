import type { TestProject } from 'vitest/node';

import { OwnPostgres } from './own-postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of a PostgreSQL server's maintenance database, or undefined when PostgreSQL is not tested. */
    postgresUrl: string | undefined;
  }
}

/** Starts one PostgreSQL server for the whole run, unless HERMETIC_POSTGRES_URL names one. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['HERMETIC_POSTGRES_URL'];
  if (given !== undefined || !isWanted()) {
    project.provide('postgresUrl', given);
    return undefined;
  }
  try {
    const server = await OwnPostgres.start();
    project.provide('postgresUrl', server.url);
    return () => server.remove();
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
