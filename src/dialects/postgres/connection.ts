import type { Client, Submittable } from 'pg';

import type { DriverConnection, DriverResult, TransactionStatus } from '../../driver/driver.ts';
import { DatabaseError, DisconnectError } from '../../errors/database-errors.ts';
import type { Statement } from '../../sql/statement.ts';
import { cancelUntil } from './cancel-request.ts';
import { isStalePlan, translate } from './error-map.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { PostgresQuery } from './query.ts';
import type { QueryText } from './query.ts';
import { bindValue } from './types.ts';
import { wireOf } from './wire.ts';

const PREPARED_STATEMENTS = 500;
const PING: Statement = { sql: 'select 1', kind: 'read', parse: 'raw', prepare: false };
const ROLLBACK: Statement = { sql: 'rollback', kind: 'rollback', parse: 'raw', prepare: false };

interface InFlight {
  readonly query: PostgresQuery;
  readonly sql: string;
  resolve(): void;
  reject(error: unknown): void;
}

/** One `pg.Client`. */
export class PostgresConnection implements DriverConnection {
  holder: string | undefined = undefined;
  readonly #client: Client;
  readonly #address: string;
  readonly #mayPrepare: boolean;
  readonly #statements = new PreparedStatements(PREPARED_STATEMENTS);
  #inFlight: InFlight | undefined;
  #whenQuiet: (() => void)[] = [];
  #isClosed = false;
  /** Why the server or the network ended the connection. */
  #end: unknown;

  /** @param client - connected, with a listener for its errors. */
  constructor(client: Client, address: string, mayPrepare: boolean) {
    this.#client = client;
    this.#address = address;
    this.#mayPrepare = mayPrepare;
    client.on('error', (error) => this.#lost(error));
    client.on('end', () => this.#lost(undefined));
    wireOf(client).on('readyForQuery', () => this.#settle());
  }

  get transactionStatus(): TransactionStatus {
    const status = this.#client.getTransactionStatus();
    return status === 'T' ? 'open' : status === 'E' ? 'failed' : 'idle';
  }

  get isBusy(): boolean {
    return this.#inFlight !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  execute(statement: Statement, parameters: readonly unknown[]): Promise<DriverResult> {
    return this.#run(statement, parameters, undefined);
  }

  executeAfter(lead: Statement, statement: Statement, parameters: readonly unknown[]): Promise<DriverResult> {
    return this.#run(statement, parameters, lead);
  }

  async ping(): Promise<void> {
    await this.#send(PING, [], undefined);
  }

  async cancel(): Promise<void> {
    if (this.#inFlight === undefined) return;
    const quiet = new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
    await cancelUntil(quiet, this.#client);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client.end();
  }

  destroy(): void {
    this.#isClosed = true;
    wireOf(this.#client).stream.destroy();
  }

  async #run(statement: Statement, parameters: readonly unknown[], lead: Statement | undefined): Promise<DriverResult> {
    const values = bindAll(statement.sql, parameters);
    try {
      return await this.#send(statement, values, lead);
    } catch (error) {
      if (!this.#isPrepared(statement) || !isStalePlan(error)) throw error;
      this.#statements.get(statement.sql).state = 'unsure';
      // Inside a transaction that did something before, the transaction is lost and only its owner can run it again.
      if (lead !== undefined && this.transactionStatus === 'failed') await this.#send(ROLLBACK, [], undefined);
      if (this.transactionStatus !== 'idle') throw error;
      return this.#send(statement, values, lead);
    }
  }

  #send(
    statement: Statement,
    values: readonly (string | Buffer | null)[],
    lead: Statement | undefined,
  ): Promise<DriverResult> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    if (this.#inFlight !== undefined)
      return Promise.reject(DatabaseError.unusable(statement.sql, 'the connection runs another statement'));
    return new Promise((resolve, reject) => {
      const query = new PostgresQuery(this.#textOf(statement), values, {
        lead: lead === undefined ? undefined : this.#textOf(lead),
        isTyped: statement.parse === 'typed',
        statements: this.#statements,
        onBroken: (error) => this.#lost(error),
      });
      this.#inFlight = { query, sql: statement.sql, resolve: () => resolve(resultOf(query)), reject };
      this.#client.query(query as unknown as Submittable);
    });
  }

  #textOf(statement: Statement): QueryText {
    return {
      sql: statement.sql,
      prepared: this.#isPrepared(statement) ? this.#statements.get(statement.sql) : undefined,
    };
  }

  #isPrepared({ prepare }: Statement): boolean {
    return prepare && this.#mayPrepare;
  }

  /** The server is done with the statement and has told the state of its transaction. */
  #settle(): void {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    this.#inFlight = undefined;
    const { failure } = inFlight.query;
    if (failure === undefined) inFlight.resolve();
    else inFlight.reject(translate(failure, inFlight.sql));
    this.#tellQuiet();
  }

  #lost(cause: unknown): void {
    this.#isClosed = true;
    this.#end ??= cause;
    const inFlight = this.#inFlight;
    this.#inFlight = undefined;
    wireOf(this.#client).stream.destroy();
    inFlight?.reject(this.#closedError(inFlight.sql));
    this.#tellQuiet();
  }

  #tellQuiet(): void {
    for (const resolve of this.#whenQuiet.splice(0)) resolve();
  }

  #closedError(sql?: string): DisconnectError {
    if (this.#end === undefined) return DisconnectError.closed(this.#address);
    const error = translate(this.#end, sql);
    return error instanceof DisconnectError ? error : DisconnectError.from({ cause: this.#end, sql });
  }
}

function bindAll(sql: string, parameters: readonly unknown[]): (string | Buffer | null)[] {
  try {
    return parameters.map(bindValue);
  } catch (error) {
    throw DatabaseError.unusable(sql, error instanceof Error ? error.message : 'a parameter cannot be sent', error);
  }
}

function resultOf({ rows, fields, affected }: PostgresQuery): DriverResult {
  return { rows, columns: fields.map(({ name }) => name), affected };
}
