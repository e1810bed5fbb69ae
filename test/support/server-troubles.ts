import { createEngine } from '../../src/engine/create-engine.ts';
import type { ChaosProxy } from './chaos-proxy.ts';
import type { OwnPostgres } from './own-postgres.ts';

/** Two real servers, one of which is used, through a proxy. */
export interface ServerScene {
  readonly proxy: ChaosProxy;
  active: OwnPostgres;
  standby: OwnPostgres;
  /** The `application_name` of those who are to suffer. */
  readonly victim: string;
}

/** What is really done to a server or to the way there. */
export interface ServerTrouble {
  readonly name: string;
  /** What errors may be called meanwhile; a code stands for all its verdicts too. */
  readonly codes: readonly string[];
  /** How long it lasts, milliseconds: one that outlasts every timeout of the program. Default: up to 3 s at random. */
  readonly lastsMs?: number;
  begin(scene: ServerScene): Promise<unknown> | void;
  end?(scene: ServerScene): Promise<void> | void;
}

const OUTLASTS_MS = 4_000;
const DOWN = 'POOL_TIMEOUT: database down';
/** A connection is lost; nobody waits for long. */
const LOST = ['DATABASE_DISCONNECT', 'DATABASE_COMMIT_UNKNOWN'];
/** The program's own patience has ended; who waited in line hears why he did. */
const GIVEN_UP = ['SCOPE_CLOSED', 'SESSION_CLOSED', 'POOL_CHECKOUT_ABORTED: database down'];
/** The server refuses: who comes then hears so at once, who came before waits for it. */
const GONE = [...LOST, ...GIVEN_UP, 'POOL_UNAVAILABLE', DOWN];
/** Nobody answers: connects take too long, and who holds a connection waits for nothing. */
const SILENT = [...GONE, 'POOL_CHECKOUT_ABORTED', 'POOL_CONNECT_TIMEOUT'];
/** Connections hang in statements that never end, so nobody else can have them: to the pool that is load. */
const STUCK = [...SILENT, 'POOL_TIMEOUT: overload'];

const PIDS = 'select pid from pg_stat_activity where application_name = $1';

export const SERVER_TROUBLES: readonly ServerTrouble[] = [
  {
    name: 'backends are terminated',
    codes: LOST,
    begin: (scene) =>
      asAdmin(scene, 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'),
  },
  {
    name: 'a backend crashes (kill -9)',
    codes: GONE,
    begin: async (scene) => {
      const [pid] = await asAdmin(scene, PIDS);
      scene.active.killBackend(Number(pid));
    },
  },
  {
    name: 'the postmaster crashes (kill -9)',
    codes: GONE,
    begin: ({ active }) => active.crash(),
    end: ({ active }) => active.start(),
  },
  {
    name: 'the server restarts (pg_ctl -m fast)',
    codes: GONE,
    begin: ({ active }) => active.stop(),
    end: ({ active }) => active.start(),
  },
  {
    name: 'the server is paused (SIGSTOP)',
    codes: STUCK,
    lastsMs: OUTLASTS_MS,
    begin: ({ active }) => active.freeze(),
    end: ({ active }) => active.thaw(),
  },
  {
    name: 'a firewall drops everything',
    codes: STUCK,
    lastsMs: OUTLASTS_MS,
    begin: ({ proxy }) => proxy.swallow(),
    end: ({ proxy }) => proxy.heal(),
  },
  { name: 'a firewall forgets open connections', codes: STUCK, begin: ({ proxy }) => proxy.forget() },
  {
    name: 'another server takes over',
    codes: GONE,
    begin: async (scene) => {
      await scene.active.crash();
      [scene.active, scene.standby] = [scene.standby, scene.active];
    },
    end: async (scene) => {
      scene.proxy.failOver(targetOf(scene.active));
      await scene.standby.start();
    },
  },
];

/** The first column of what a statement about the victim answers, by a way that no trouble closes. */
async function asAdmin({ active, victim }: ServerScene, sql: string): Promise<unknown[]> {
  await using admin = createEngine({ url: active.url, pool: 'null' });
  const { rows } = await admin.execute(sql, [victim]);
  return rows.map(([first]) => first);
}

function targetOf({ url }: OwnPostgres): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
