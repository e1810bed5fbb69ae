import type { DialectWithDriver } from '../dialects/dialect.ts';
import { sqlite } from '../dialects/sqlite/dialect.ts';
import { MEMORY, SqliteDriver } from '../dialects/sqlite/driver.ts';
import { postgres } from '../dialects/postgres/dialect.ts';
import { PostgresDriver } from '../dialects/postgres/driver.ts';
import type { EngineSettings } from './engine-options.ts';

const BUSY_TIMEOUT_MS = 5_000;

/** Dialect and driver of the database that the options name. Opens nothing. */
export function openDatabase({ options, location, clock }: EngineSettings): DialectWithDriver {
  const { address } = location;
  if (location.dialect === 'sqlite') {
    const library = options.driver === 'better-sqlite3' ? 'better-sqlite3' : 'node:sqlite';
    const { path } = location;
    const driver = new SqliteDriver({ path, library, busyTimeout: options.busyTimeout ?? BUSY_TIMEOUT_MS, clock });
    return { dialect: sqlite, driver, address, supportsManyConnections: path !== MEMORY };
  }
  const { url } = location;
  const driver = new PostgresDriver({
    url,
    address,
    prepare: options.prepare ?? true,
    clientOptions: options.driverOptions ?? {},
  });
  return { dialect: postgres, driver, address, supportsManyConnections: true };
}
