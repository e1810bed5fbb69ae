import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Where a proxy leads. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between a program and its database, and does to their connections what networks and crashes do. */
export class ChaosProxy {
  #server: Server;
  #target: ProxyTarget;
  readonly #pairs = new Set<Pair>();
  #port = 0;
  #mode: 'pass' | 'stall' | 'swallow' = 'pass';

  private constructor(target: ProxyTarget) {
    this.#target = target;
    this.#server = this.#makeServer();
  }

  /** @param url - of the database. */
  static async start(url: string): Promise<ChaosProxy> {
    const { hostname, port } = new URL(url);
    const proxy = new ChaosProxy({ host: hostname, port: Number(port || 5432) });
    await proxy.#listen();
    return proxy;
  }

  /** `url`, through this proxy. */
  through(url: string): string {
    const proxied = new URL(url);
    proxied.hostname = '127.0.0.1';
    proxied.port = String(this.#port);
    return proxied.href;
  }

  /** Connections that the program has through it. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Ends every connection, as a server does that crashes. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Nobody listens any more. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Every connection is held, new ones too, and nothing moves: a stopped process. */
  stall(): void {
    this.#mode = 'stall';
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** All that is sent is lost, and nobody is told: a firewall. */
  swallow(): void {
    this.#mode = 'swallow';
    for (const { client, server } of this.#pairs) {
      client.unpipe(server).resume();
      server.unpipe(client).resume();
    }
  }

  /** What is open now is dead, and nobody is told; new connections pass: a firewall that lost its table. */
  forget(): void {
    this.swallow();
    this.#mode = 'pass';
  }

  /** Another server answers from now on; what the old one had is gone. */
  failOver(target: ProxyTarget = this.#target): void {
    this.#target = target;
    this.cut();
  }

  /** All is well again; connections that lost something end. */
  async heal(): Promise<void> {
    const before = this.#mode;
    this.#mode = 'pass';
    if (before === 'swallow') this.cut();
    if (before === 'stall') {
      for (const { client, server } of this.#pairs) {
        client.resume();
        server.resume();
      }
    }
    if (!this.#server.listening) await this.#listen();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  #makeServer(): Server {
    return createServer((client) => this.#join(client));
  }

  #listen(): Promise<void> {
    this.#server = this.#makeServer();
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  #join(client: Socket): void {
    const server = connect(this.#target);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    if (this.#mode === 'swallow') {
      client.resume();
      server.resume();
      return;
    }
    client.pipe(server);
    server.pipe(client);
    if (this.#mode === 'stall') {
      client.pause();
      server.pause();
    }
  }
}
