import { DisconnectError, LockTimeout } from '../../errors/database-errors.ts';
import type { DriverConnection, DriverResult, TransactionStatus } from '../../driver/driver.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Clock } from '../../util/clock.ts';
import type { LoopShare } from '../../util/loop-share.ts';
import { LruMap } from '../../util/lru-map.ts';
import type { SqliteBinding } from './binding.ts';
import { CompiledStatement } from './compiled-statement.ts';
import { isBusy, translate } from './error-map.ts';
import { bindValue } from './types.ts';
import type { LockOwner, WriteLock } from './write-lock.ts';

export interface SqliteConnectionOptions {
  readonly lock: WriteLock;
  /** Milliseconds. */
  readonly busyTimeout: number;
  readonly clock: Clock;
  readonly onClose: () => void;
  /** Shared by all connections of a driver. */
  readonly share: LoopShare;
}

const CACHED_STATEMENTS = 500;
const FIRST_DELAY_MS = 1;
const LONGEST_DELAY_MS = 50;

/** One open SQLite file. Statements run at once, on this thread; only locks are waited for, and never by blocking. */
export class SqliteConnection implements DriverConnection, LockOwner {
  holder: string | undefined = undefined;
  readonly #binding: SqliteBinding;
  readonly #options: SqliteConnectionOptions;
  readonly #lock: WriteLock;
  /** SQL text → its compiled form, until evicted or closed. */
  readonly #compiled = new LruMap<string, CompiledStatement>(CACHED_STATEMENTS);
  #isWaiting = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(binding: SqliteBinding, options: SqliteConnectionOptions) {
    this.#binding = binding;
    this.#options = options;
    this.#lock = options.lock;
  }

  get transactionStatus(): TransactionStatus {
    return !this.#isClosed && this.#binding.inTransaction ? 'open' : 'idle';
  }

  get isBusy(): boolean {
    return this.#isWaiting;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  execute(statement: Statement, parameters: readonly unknown[]): Promise<DriverResult> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    if (this.#needsLock(statement) && !this.#lock.tryAcquire(this)) return this.#executeWaiting(statement, parameters);
    try {
      const result = this.#run(statement, parameters);
      return this.#options.share.isDue(1 + result.rows.length) ? this.#afterOthers(result) : Promise.resolve(result);
    } catch (error) {
      if (isBusy(error)) return this.#executeWaiting(statement, parameters);
      return Promise.reject(translate(error, statement.sql));
    } finally {
      if (!this.#isWaiting) this.#releaseLockOutsideTransaction();
    }
  }

  async #afterOthers(result: DriverResult): Promise<DriverResult> {
    await this.#options.share.pass();
    return result;
  }

  ping(): Promise<void> {
    return this.#isClosed ? Promise.reject(this.#closedError()) : Promise.resolve();
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lock.abandon(this, this.#closedError());
    this.#wake?.();
    this.#compiled.clear();
    this.#options.onClose();
    try {
      this.#binding.close();
    } catch {
      // The file handle goes with the garbage then; nobody could do anything about it.
    }
  }

  #needsLock({ kind }: Statement): boolean {
    return (kind === 'write' || kind === 'begin') && !this.#lock.isHeldBy(this);
  }

  #run(statement: Statement, parameters: readonly unknown[]): DriverResult {
    return this.#compile(statement).execute(parameters.map(bindValue), statement.parse);
  }

  #compile({ sql, kind, prepare }: Statement): CompiledStatement {
    if (!prepare) return new CompiledStatement(this.#binding.prepare(sql, kind === 'read'), sql);
    const known = this.#compiled.get(sql);
    if (known !== undefined) return known;
    const compiled = new CompiledStatement(this.#binding.prepare(sql, kind === 'read'), sql);
    this.#compiled.set(sql, compiled);
    return compiled;
  }

  /** The path of a statement that has to wait: in line for this process's lock, then for other processes. */
  async #executeWaiting(statement: Statement, parameters: readonly unknown[]): Promise<DriverResult> {
    this.#isWaiting = true;
    const sinceMs = this.#options.clock.now();
    try {
      if (this.#needsLock(statement)) await this.#waitInLine(statement);
      return await this.#retryWhileBusy(statement, parameters, sinceMs);
    } finally {
      this.#isWaiting = false;
      this.#releaseLockOutsideTransaction();
    }
  }

  #waitInLine({ sql }: Statement): Promise<void> {
    const refusal = { cause: undefined, sqlState: 'SQLITE_BUSY', sql };
    return this.#lock.acquire({ owner: this, timeoutMs: this.#options.busyTimeout, refusal });
  }

  /** @param sinceMs - when the statement began to wait. */
  async #retryWhileBusy(statement: Statement, parameters: readonly unknown[], sinceMs: number): Promise<DriverResult> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
      if (this.#isClosed) throw this.#closedError();
      try {
        return this.#run(statement, parameters);
      } catch (error) {
        if (!isBusy(error)) throw translate(error, statement.sql);
        await this.#pause(delayMs, { error, sql: statement.sql, sinceMs });
      }
    }
  }

  /** Waits, or throws when the time is up. */
  async #pause(delayMs: number, busy: { error: unknown; sql: string; sinceMs: number }): Promise<void> {
    const { busyTimeout, clock } = this.#options;
    const waitedMs = clock.now() - busy.sinceMs;
    if (waitedMs >= busyTimeout) {
      const refusal = { cause: busy.error, sqlState: 'SQLITE_BUSY', sql: busy.sql };
      throw LockTimeout.ofFile(this.#lock.path, waitedMs, this.#lock.holder(this), refusal);
    }
    await new Promise<void>((resolve) => {
      const cancel = clock.setTimer(Math.min(delayMs, busyTimeout - waitedMs), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #releaseLockOutsideTransaction(): void {
    if (this.#lock.isHeldBy(this) && this.transactionStatus === 'idle') this.#lock.release(this);
  }

  #closedError(): DisconnectError {
    return DisconnectError.closed(this.#lock.path);
  }
}
