import type { Client } from 'pg';

/** A column of a result, as the server describes it. */
export interface WireField {
  readonly name: string;
  readonly dataTypeID: number;
}

/** The part of pg's `Connection` that turns messages into bytes; it is what pg's own cursor packages are built on. */
export interface Wire {
  readonly stream: { cork?(): void; uncork?(): void; destroy(): void };
  query(text: string): void;
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly (string | Buffer | null)[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
  sendCopyFail(message: string): void;
  on(event: 'readyForQuery', listener: () => void): void;
}

/** What the server gave the client to cancel its statements with. */
export interface CancelKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

type ClientParts = CancelKey & { readonly connection: Wire };

function partsOf(client: Client): ClientParts {
  return client as unknown as ClientParts;
}

export function wireOf(client: Client): Wire {
  return partsOf(client).connection;
}

export function cancelKeyOf(client: Client): CancelKey {
  return partsOf(client);
}
