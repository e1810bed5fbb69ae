import type { Client, ClientConfig } from 'pg';

import type { Driver, DriverConnection } from '../../driver/driver.ts';
import { DriverMissingError } from '../../errors/engine-errors.ts';
import { PostgresConnection } from './connection.ts';
import { translateConnecting } from './error-map.ts';
import { wireOf } from './wire.ts';

export interface PostgresDriverOptions {
  readonly url: string;
  /** Host, port and database. */
  readonly address: string;
  /** False: nothing is prepared by name. */
  readonly prepare: boolean;
  /** More options for `pg.Client`. */
  readonly clientOptions: Readonly<Record<string, unknown>>;
}

type MakeClient = new (config: ClientConfig) => Client;

/** Opens bare `pg.Client`s. */
export class PostgresDriver implements Driver {
  readonly #options: PostgresDriverOptions;
  #client: Promise<MakeClient> | undefined;

  constructor(options: PostgresDriverOptions) {
    this.#options = options;
  }

  async connect(signal?: AbortSignal): Promise<DriverConnection> {
    this.#client ??= loadClient();
    const MakeClient = await this.#client;
    signal?.throwIfAborted();
    const { url, address, prepare, clientOptions } = this.#options;
    const client = new MakeClient({ keepAlive: true, ...clientOptions, connectionString: url });
    // An 'error' without a listener ends the process, and may come at any time from now on.
    client.on('error', () => {});
    const abort = (): void => wireOf(client).stream.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await client.connect();
    } catch (error) {
      abort();
      signal?.throwIfAborted();
      throw translateConnecting(error, address);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return new PostgresConnection(client, address, prepare);
  }
}

async function loadClient(): Promise<MakeClient> {
  try {
    return (await import('pg')).Client;
  } catch (error) {
    throw DriverMissingError.package('pg', error);
  }
}
