import type { Statement } from '../sql/statement.ts';

/** What one statement answered. Rows are row-major, values by position in select order. */
export interface DriverResult {
  readonly rows: unknown[][];
  /** Names of the result columns, in order; empty when the statement returns no rows. */
  readonly columns: readonly string[];
  /** Rows inserted, updated or deleted; 0 for reads. */
  readonly affected: number;
}

/** What the connection knows, without asking the server, of its transaction. */
export type TransactionStatus = 'idle' | 'open' | 'failed';

/**
 * One physical connection: the only thing that talks to a database.
 *
 * A connection runs one statement at a time; whoever holds it serialises. Errors come out as the dialect's
 * `DatabaseError`s, with the driver's own error as `cause`.
 */
export interface DriverConnection {
  /** Runs one statement. Rejects with a `DatabaseError`; a `DisconnectError` means this connection is dead. */
  execute(statement: Statement, parameters: readonly unknown[]): Promise<DriverResult>;
  /** Runs `lead`, which takes no parameters, and `statement` in one round trip. When `lead` fails, `statement` does not run. */
  executeAfter?(lead: Statement, statement: Statement, parameters: readonly unknown[]): Promise<DriverResult>;
  /** The work that uses this connection now: errors of others who wait for its locks name it. */
  holder: string | undefined;
  readonly transactionStatus: TransactionStatus;
  /** True while a statement is in flight: such a connection must never be returned to a pool. */
  readonly isBusy: boolean;
  /** True once closed by either side. */
  readonly isClosed: boolean;
  /** Asks the server whether it is alive; rejects when it is not. */
  ping(): Promise<void>;
  /** Asks the server to stop the statement in flight, which then rejects; resolves when the connection is quiet. */
  cancel?(): Promise<void>;
  /** Says goodbye and resolves when the socket or file is closed. Idempotent. */
  close(): Promise<void>;
  /** Drops the connection at once, whatever it is doing. Idempotent, never throws. */
  destroy(): void;
}

/** Opens physical connections. */
export interface Driver {
  /** @param signal - aborts the attempt; a connection that arrives late is closed by the driver. */
  connect(signal?: AbortSignal): Promise<DriverConnection>;
}
