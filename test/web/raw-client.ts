import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A client that writes the very bytes of HTTP, and leaves as rudely as wanted. */
export class RawClient {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #text = '';
  #watchers: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#notify();
    });
    // A reset by the other side is one of the endings.
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#notify();
        resolve();
      });
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Everything received so far. */
  get text(): string {
    return this.#text;
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Sends requests without bodies, one after the other, without waiting for answers. */
  request(...lines: readonly string[]): void {
    this.send(lines.map((line) => `${line} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''));
  }

  /** Resolves when the text received contains a piece so many times, or the connection is closed. */
  async receive(piece: string, times = 1): Promise<void> {
    while (this.#text.split(piece).length - 1 < times && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Leaves with a FIN. */
  leave(): void {
    this.#socket.end();
  }

  /** Leaves with an RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  closed(): Promise<void> {
    return this.#closed;
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
