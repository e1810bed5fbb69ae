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

export function wireOf(client: Client): Wire {
  return (client as unknown as { readonly connection: Wire }).connection;
}
