import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the service runs. */
export interface Settings {
  /** 0, the default: a free one. */
  readonly port: number;
  readonly databaseUrl: string;
  /** Longest wait for a connection, milliseconds. */
  readonly poolTimeout: number;
  /** Whether to serve the routes that leak. */
  readonly leak: boolean;
}

const DEFAULT_POOL_TIMEOUT_MS = 30_000;

/** Settings from environment variables; by default a new SQLite file. @throws {RangeError} naming a variable that is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    port: wholeNumber(env, 'PORT', { otherwise: 0, most: 65_535 }),
    databaseUrl: env['DATABASE_URL'] || newDatabase(),
    poolTimeout: wholeNumber(env, 'POOL_TIMEOUT', { otherwise: DEFAULT_POOL_TIMEOUT_MS, most: 3_600_000 }),
    leak: env['LEAK'] === '1',
  };
}

/** The URL of a new SQLite file, which is gone when the process ends. */
function newDatabase(): string {
  const directory = mkdtempSync(join(tmpdir(), 'reporting-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return `sqlite:${join(directory, 'reporting.db')}`;
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, range: { otherwise: number; most: number }): number {
  const text = env[name];
  if (text === undefined || text === '') return range.otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= range.most) return value;
  throw new RangeError(`${name} must be a whole number from 0 to ${range.most}.`);
}
