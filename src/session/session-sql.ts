import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, RootOperationNode } from 'kysely';
import { Kysely } from 'kysely';

import type { DriverResult } from '../driver/driver.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { SessionTransactionError } from '../errors/session-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { Bind } from './binds.ts';
import { PropertyNames } from './property-names.ts';

/** Runs one compiled query in the session's turn and transaction. */
export type RunQuery = (query: CompiledQuery) => Promise<DriverResult>;

/** What Kysely is over: a session. */
export interface SqlSurface {
  /** Of statements that are not compiled yet, and of the introspection. */
  readonly dialect: Dialect;
  readonly mappers: readonly Mapper[];
  bindOf(statement: RootOperationNode): Bind;
  run(query: CompiledQuery): Promise<DriverResult>;
}

/** All of Kysely, in the session's own transaction; attributes go by their property names. */
export function sessionSql({ dialect, mappers, bindOf, run }: SqlSurface): Kysely<any> {
  const { adapter } = dialect.kysely.getExecutor();
  return new Kysely<any>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new SessionDriver(run),
      createIntrospector: () => dialect.kysely.introspection,
      createQueryCompiler: () => ({
        compileQuery: (node, id) => bindOf(node).dialect.kysely.getExecutor().compileQuery(node, id),
      }),
    },
    plugins: [new PropertyNames(mappers)],
  });
}

/** Kysely's driver port over a session: it has one connection at most and its transactions are the session's. */
class SessionDriver implements Driver {
  readonly #run: RunQuery;

  constructor(run: RunQuery) {
    this.#run = run;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(new SessionConnection(this.#run));
  }

  beginTransaction(): Promise<void> {
    return Promise.reject(SessionTransactionError.begun());
  }

  commitTransaction(): Promise<void> {
    return Promise.reject(SessionTransactionError.begun());
  }

  rollbackTransaction(): Promise<void> {
    return Promise.reject(SessionTransactionError.begun());
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

class SessionConnection implements DatabaseConnection {
  readonly #run: RunQuery;

  constructor(run: RunQuery) {
    this.#run = run;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, columns, affected } = await this.#run(query);
    const objects = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
    return { rows: objects as R[], numAffectedRows: BigInt(affected) };
  }

  // Rows come in one piece; what is asked for is an iterator.
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}
