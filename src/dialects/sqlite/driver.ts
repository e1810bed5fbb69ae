import { realpathSync } from 'node:fs';

import { DatabaseError } from '../../errors/database-errors.ts';
import type { Driver, DriverConnection } from '../../driver/driver.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Clock } from '../../util/clock.ts';
import { LoopShare } from '../../util/loop-share.ts';
import type { OpenBinding, SqliteBinding, SqliteLibrary } from './binding.ts';
import { SqliteConnection } from './connection.ts';
import { codeName } from './error-map.ts';
import { loadBinding } from './load-binding.ts';
import { joinLock, leaveLock, WriteLock } from './write-lock.ts';

export interface SqliteDriverOptions {
  /** The file, or ':memory:'. */
  readonly path: string;
  readonly library: SqliteLibrary;
  /** Longest wait for the file's write lock, milliseconds. */
  readonly busyTimeout: number;
  readonly clock: Clock;
}

export const MEMORY = ':memory:';

const FOREIGN_KEYS: Statement = { sql: 'pragma foreign_keys = on', kind: 'control', parse: 'raw', prepare: false };
const JOURNAL_MODE: Statement = { sql: 'pragma journal_mode', kind: 'read', parse: 'raw', prepare: false };
const USE_WAL: Statement = { sql: 'pragma journal_mode = wal', kind: 'write', parse: 'raw', prepare: false };

/** Opens connections to one SQLite file, or each time another database in memory. */
export class SqliteDriver implements Driver {
  readonly #options: SqliteDriverOptions;
  readonly #share: LoopShare;
  #openBinding: Promise<OpenBinding> | undefined;

  constructor(options: SqliteDriverOptions) {
    this.#options = options;
    this.#share = new LoopShare(options.clock);
  }

  async connect(signal?: AbortSignal): Promise<DriverConnection> {
    this.#openBinding ??= loadBinding(this.#options.library);
    const openBinding = await this.#openBinding;
    signal?.throwIfAborted();
    const connection = this.#wrap(this.#open(openBinding));
    try {
      await this.#prepare(connection);
      signal?.throwIfAborted();
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  #open(openBinding: OpenBinding): SqliteBinding {
    const { path } = this.#options;
    try {
      return openBinding(path);
    } catch (error) {
      const words = `cannot open ${path}: ${error instanceof Error ? error.message : String(error)}`;
      throw DatabaseError.from({ cause: error, sqlState: codeName(error), words });
    }
  }

  #wrap(binding: SqliteBinding): SqliteConnection {
    const { path, busyTimeout, clock } = this.#options;
    const isMemory = path === MEMORY;
    const lock = isMemory ? new WriteLock(path, clock) : joinLock(realpathSync(path), clock);
    return new SqliteConnection(binding, {
      lock,
      busyTimeout,
      clock,
      share: this.#share,
      onClose: () => leaveLock(lock),
    });
  }

  async #prepare(connection: SqliteConnection): Promise<void> {
    await connection.execute(FOREIGN_KEYS, []);
    if (this.#options.path === MEMORY) return;
    const { rows } = await connection.execute(JOURNAL_MODE, []);
    if (rows[0]?.[0] !== 'wal') await connection.execute(USE_WAL, []);
  }
}
