import { createConnection } from 'mysql2/promise';
import type { Connection as MysqlConnection } from 'mysql2/promise';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

import type { Connector } from '../../src/pool/index.ts';

/** A driver's bare connection, as a pool's tests need it. */
export interface RealConnection {
  /** What the server, or the file's opener, calls it. */
  readonly id: number;
  /** The first value of the first row. */
  value(sql: string): Promise<unknown>;
}

/** A server, or a file, that a pool can be tried on without the rest of the library. */
export interface RealServer {
  readonly name: string;
  /** A connector that sees what `url` names. */
  connector(url: string): Connector<RealConnection>;
  /** Undefined where nobody can end a connection but its owner. */
  readonly kill: ((id: number) => string) | undefined;
  /** SQL that creates, fills and reads the table of this name. */
  readonly tableOptions: string;
}

class PgConnection implements RealConnection {
  readonly client: pg.Client;
  readonly id: number;

  constructor(client: pg.Client, id: number) {
    this.client = client;
    this.id = id;
  }

  async value(sql: string): Promise<unknown> {
    const { rows } = await this.client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  }
}

class MysqlSession implements RealConnection {
  readonly client: MysqlConnection;

  constructor(client: MysqlConnection) {
    this.client = client;
  }

  get id(): number {
    return this.client.threadId;
  }

  async value(sql: string): Promise<unknown> {
    const [rows] = await this.client.query({ sql, rowsAsArray: true });
    const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
    return Array.isArray(first) ? first[0] : undefined;
  }
}

let opened = 0;

class SqliteFile implements RealConnection {
  readonly id = ++opened;
  readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
  }

  async value(sql: string): Promise<unknown> {
    const statement = this.database.prepare(sql);
    return Object.values(statement.get() ?? {})[0];
  }
}

const postgres: RealServer = {
  name: 'pg',
  kill: (id) => `select pg_terminate_backend(${id})`,
  tableOptions: '',
  connector: (url): Connector<PgConnection> => ({
    async connect(signal) {
      const client = new pg.Client(url);
      client.on('error', () => {});
      await client.connect();
      signal.throwIfAborted();
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      return new PgConnection(client, rows[0]?.pid ?? 0);
    },
    close: ({ client }) => client.end(),
    ping: async ({ client }) => void (await client.query('select 1')),
    reset: async ({ client }) => void (await client.query('rollback')),
    condition: ({ client }) => (client.getTransactionStatus() === 'I' ? 'idle' : 'dirty'),
  }),
};

const mysql: RealServer = {
  name: 'mysql2',
  kill: (id) => `kill ${id}`,
  tableOptions: ' engine = innodb',
  connector: (url): Connector<MysqlSession> => ({
    async connect() {
      const client = await createConnection(url);
      // The same as with pg: an error without a listener ends the process.
      client.on('error', () => {});
      return new MysqlSession(client);
    },
    close: ({ client }) => client.end(),
    destroy: ({ client }) => client.destroy(),
    ping: ({ client }) => client.ping(),
    reset: ({ client }) => client.rollback(),
  }),
};

const sqlite: RealServer = {
  name: 'node:sqlite',
  kill: undefined,
  tableOptions: '',
  connector: (url): Connector<SqliteFile> => ({
    connect: async () => new SqliteFile(url),
    close: async ({ database }) => database.close(),
    ping: async (file) => void (await file.value('select 1')),
    reset: async ({ database }) => database.exec('rollback'),
    condition: ({ database }) => (!database.isOpen ? 'broken' : database.isTransaction ? 'dirty' : 'idle'),
  }),
};

const MYSQL_URL = process.env['HERMETIC_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test';

/** Those that can be reached, each with the URL to reach it by. Says which cannot. */
export async function realServers(
  postgresUrl: string | undefined,
  file: string,
): Promise<{ readonly server: RealServer; readonly url: string }[]> {
  const servers = [{ server: sqlite, url: file }];
  if (postgresUrl !== undefined) servers.push({ server: postgres, url: postgresUrl });
  try {
    await (await createConnection(MYSQL_URL)).end();
    servers.push({ server: mysql, url: MYSQL_URL });
  } catch {
    console.warn(`The pool is not tried on mysql2: nobody answers at ${new URL(MYSQL_URL).host}.`);
  }
  return servers;
}
