import type { Lease } from './lease.ts';

/** What a pool needs to know of the things it lends. Everything but `connect` and `close` is optional. */
export interface Connector<C> {
  /** Opens a connection. `signal` aborts when nobody wants it any more or its deadline passed. */
  connect(signal: AbortSignal): Promise<C>;
  /** Closes politely; resolves when the socket is gone. */
  close(connection: C): Promise<void>;
  /** Closes at once. Default: `close`, not waited for. */
  destroy?(connection: C): void;
  /** Rejects when the connection is dead. */
  ping?(connection: C): Promise<void>;
  /** Makes a returned connection as new: rolls back whatever is open. */
  reset?(connection: C): Promise<void>;
  /** `idle`: nothing to reset. `dirty`: reset it. `busy`: a statement is in flight. `broken`: throw it away. */
  condition?(connection: C): 'idle' | 'dirty' | 'busy' | 'broken';
}

export interface CheckoutOptions {
  /** Gives up waiting when aborted. */
  readonly signal?: AbortSignal;
  /** Who asks: a route, a job. Shown in `holders()` and in errors. */
  readonly label?: string;
  /** Longest wait, milliseconds. Default: the pool's `timeout`. 0: do not wait. */
  readonly timeout?: number;
  /** Where the program asked, when the caller captured that itself before its first await. */
  readonly callSite?: CallSite;
}

/** A line of the program, captured cheaply and put into words only when somebody asks. */
export interface CallSite {
  /** `file:line:column` of the first frame outside the library, or undefined when there is none. */
  readonly line: string | undefined;
}

/** Counts, all in connections but `waiting`, which is in callers. */
export interface PoolStatus {
  /** The kept size, `poolSize`. */
  readonly size: number;
  /** Idle in the pool. */
  readonly checkedIn: number;
  /** Lent to somebody. */
  readonly checkedOut: number;
  /** Physical connections above `size`; 0 while there are no more than `size`. */
  readonly overflow: number;
  readonly waiting: number;
  /** Connections being opened now. */
  readonly connecting: number;
}

/** One lent connection, as it is now. */
export interface PoolHolder {
  readonly label: string | undefined;
  /** How long it has been out, milliseconds. */
  readonly heldMs: number;
  /** Since its last statement ended, milliseconds; 0 while one runs; undefined when none ran yet. */
  readonly idleMs: number | undefined;
  readonly inTransaction: boolean;
  /** The last statement's text, without values. */
  readonly lastStatement: string | undefined;
  /** The program's line that took it. */
  readonly line: string | undefined;
}

/** Connections to lend. */
export interface Pool<C> {
  checkout(options?: CheckoutOptions): Promise<Lease<C>>;
  status(): PoolStatus;
  holders(): PoolHolder[];
  /** Closes what is idle now and what is out when it comes back; resolves when all is closed. Later checkouts are refused. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
