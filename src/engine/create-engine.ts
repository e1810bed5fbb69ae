import { Engine } from './engine.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { EngineOptions } from './engine-options.ts';
import { openDatabase } from './open-database.ts';

/**
 * An engine for one database. Connects to nothing yet.
 *
 * @param options - a database URL, or options with one.
 * @throws {EngineOptionError} ENGINE_BAD_OPTION, ENGINE_BAD_URL
 * @example
 * const engine = createEngine('sqlite:app.db');
 * const other = createEngine({ url: 'postgres://app@localhost/shop', poolSize: 10 });
 */
export function createEngine(options: string | EngineOptions): Engine {
  const settings = checkEngineOptions(options);
  return new Engine(openDatabase(settings), settings);
}
