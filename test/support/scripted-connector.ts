import type { Connector } from '../../src/pool/pool.ts';

/** A connection that only remembers what was done to it. */
export interface FakeConnection {
  readonly id: number;
  condition: 'idle' | 'dirty' | 'busy' | 'broken';
  isClosed: boolean;
}

/** How a scripted call goes: at once, never (a connect ends when it is aborted), by failing, or when the test says so. */
export type Reply = 'ok' | 'never' | Error | Promise<void>;

/** What an operating system says of a server that is not there now. */
export function refusal(): Error {
  return Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
}

/** A promise with its handles outside. */
export function gate(): { readonly opened: Promise<void>; open(): void; fail(error: Error): void } {
  let open!: () => void;
  let fail!: (error: Error) => void;
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  opened.catch(() => {});
  return { opened, open, fail };
}

/** Plays replies in turn, `ok` once they have run out, and logs every call: `connect 1`, `reset 1`, `close 1`. */
export class ScriptedConnector implements Connector<FakeConnection> {
  readonly log: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly connections: FakeConnection[] = [];
  connects: Reply[] = [];
  pings: Reply[] = [];
  resets: Reply[] = [];
  closes: Reply[] = [];
  /** Called when a connect begins. */
  onConnect: (() => void) | undefined = undefined;

  /** Connections that are open at the server. */
  get open(): number {
    return this.connections.filter((connection) => !connection.isClosed).length;
  }

  async connect(signal: AbortSignal): Promise<FakeConnection> {
    this.log.push('connect');
    this.signals.push(signal);
    this.onConnect?.();
    await play(this.connects.shift(), signal);
    const connection: FakeConnection = { id: this.connections.length + 1, condition: 'idle', isClosed: false };
    this.connections.push(connection);
    return connection;
  }

  async ping(connection: FakeConnection): Promise<void> {
    this.log.push(`ping ${connection.id}`);
    await play(this.pings.shift());
  }

  async reset(connection: FakeConnection): Promise<void> {
    this.log.push(`reset ${connection.id}`);
    await play(this.resets.shift());
    connection.condition = 'idle';
  }

  async close(connection: FakeConnection): Promise<void> {
    this.log.push(`close ${connection.id}`);
    await play(this.closes.shift());
    connection.isClosed = true;
  }

  destroy(connection: FakeConnection): void {
    this.log.push(`destroy ${connection.id}`);
    connection.isClosed = true;
  }

  condition(connection: FakeConnection): FakeConnection['condition'] {
    return connection.isClosed ? 'broken' : connection.condition;
  }
}

/** Lets a scripted call go as its reply says. */
export async function play(reply: Reply | undefined, signal?: AbortSignal): Promise<void> {
  if (reply instanceof Error) throw reply;
  if (reply === 'never') {
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  }
  if (reply instanceof Promise) await reply;
}
