import type { Engine } from '../../src/engine/engine.ts';
import type { ChaosProxy } from './chaos-proxy.ts';

/** What may befall a database and the way to it. */
export interface Trouble {
  readonly name: string;
  /** Codes that tell the truth about it. */
  readonly codes: readonly string[];
  begin(scene: ChaosScene): Promise<void> | void;
}

/** Where troubles happen. */
export interface ChaosScene {
  readonly proxy: ChaosProxy;
  /** Reaches the database by another way. */
  readonly admin: Engine;
  /** The `application_name` of those who are to suffer. */
  readonly victim: string;
}

const LOST = 'DATABASE_DISCONNECT';
const KILL = 'select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1';

/** A connection that was lost with its server leaves callers who cannot be served until it is back. */
const DOWN = [LOST, 'DATABASE_COMMIT_UNKNOWN', 'POOL_UNAVAILABLE', 'POOL_TIMEOUT', 'POOL_CONNECT_TIMEOUT'];

export const TROUBLES: readonly Trouble[] = [
  {
    name: 'backends are killed',
    codes: DOWN,
    begin: async ({ admin, victim }) => {
      await admin.execute(KILL, [victim]);
    },
  },
  { name: 'the server restarts', codes: DOWN, begin: ({ proxy }) => proxy.refuse() },
  { name: 'the server stands still', codes: DOWN, begin: ({ proxy }) => proxy.stall() },
  { name: 'a firewall drops everything', codes: DOWN, begin: ({ proxy }) => proxy.swallow() },
  { name: 'another server takes over', codes: DOWN, begin: ({ proxy }) => proxy.failOver() },
];
