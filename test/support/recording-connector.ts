import type { Clock } from '../../src/pool/index.ts';
import { play, ScriptedConnector } from './scripted-connector.ts';
import type { FakeConnection, Reply } from './scripted-connector.ts';

/**
 * How a connect stands. `late` when its time is up before it ended, `connected` when it ended after that or a moment ago.
 */
export interface ConnectRecord {
  readonly signal: AbortSignal;
  state: 'under way' | 'late' | 'connected' | 'preparing' | 'ready' | 'failed';
}

/** Remembers how every connection came and whether it left: what a pool says of itself must agree with that. */
export class RecordingConnector extends ScriptedConnector {
  readonly attempts: ConnectRecord[] = [];
  /** Connections that a pool has asked to close and that are still there. */
  readonly closing = new Set<FakeConnection>();
  prepares: Reply[] = [];
  /** A connect has failed in a way that may pass, and none has succeeded since: attempts are rationed. */
  isTroubled = false;
  readonly #preparing = new Map<FakeConnection, ConnectRecord>();
  readonly #pinged = new Set<FakeConnection>();
  readonly #resetting = new Set<FakeConnection>();
  /** Connection → its attempt's place among all. */
  readonly #births = new Map<FakeConnection, number>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  /** @param timeoutMs - the pool's `connectTimeout`. */
  constructor(clock: Clock, timeoutMs: number) {
    super();
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Connections that are there and not ready yet. */
  get preparing(): number {
    return this.#preparing.size;
  }

  /** Connections that are being reset. */
  get resetting(): number {
    return this.#resetting.size;
  }

  /** The how-manieth attempt this connection came from. */
  birthOf(connection: FakeConnection): number {
    return this.#births.get(connection) ?? -1;
  }

  /** Whether it is being prepared or tested. */
  isAtWork(connection: FakeConnection): boolean {
    return this.#preparing.has(connection) || this.#pinged.has(connection);
  }

  /** Attempts that are not over. */
  get underWay(): number {
    return this.attempts.filter(({ state }) => state === 'under way' || state === 'preparing').length;
  }

  /** Attempts that a pool must have seen fail. */
  get failures(): number {
    return this.attempts.filter(({ state }) => state === 'failed' || state === 'late' || state === 'connected').length;
  }

  override async connect(signal: AbortSignal): Promise<FakeConnection> {
    const attempt: ConnectRecord = { signal, state: 'under way' };
    const birth = this.attempts.push(attempt) - 1;
    signal.addEventListener('abort', () => (this.isTroubled ||= isOutOfTime(signal)));
    // Set right after the pool's own, so that both say the same of an attempt that was given up before.
    this.#clock.setBackgroundTimer(this.#timeoutMs, () => {
      if (attempt.state === 'under way') attempt.state = 'late';
    });
    try {
      const connection = await super.connect(signal);
      attempt.state = 'connected';
      this.#births.set(connection, birth);
      return connection;
    } catch (error) {
      this.#fail(attempt, error);
      throw error;
    }
  }

  async prepare(connection: FakeConnection, signal: AbortSignal): Promise<void> {
    const attempt = this.attempts.find((each) => each.signal === signal);
    if (attempt === undefined) throw new Error(`connection ${connection.id} is prepared for nobody`);
    attempt.state = 'preparing';
    this.#preparing.set(connection, attempt);
    try {
      await play(this.prepares.shift(), signal);
    } catch (error) {
      this.#fail(attempt, error);
      this.#preparing.delete(connection);
      throw error;
    }
    // A pool whose patience ended has closed it meanwhile.
    if (!this.#preparing.delete(connection)) return;
    attempt.state = 'ready';
    if (!signal.aborted) this.isTroubled = false;
  }

  override ping(connection: FakeConnection): Promise<void> {
    return amongThese(this.#pinged, connection, () => super.ping(connection));
  }

  override reset(connection: FakeConnection): Promise<void> {
    return amongThese(this.#resetting, connection, () => super.reset(connection));
  }

  override async close(connection: FakeConnection): Promise<void> {
    this.#noteLeaving(connection);
    this.closing.add(connection);
    await super.close(connection);
    this.closing.delete(connection);
  }

  override destroy(connection: FakeConnection): void {
    this.#noteLeaving(connection);
    this.closing.delete(connection);
    super.destroy(connection);
  }

  #fail(attempt: ConnectRecord, error: unknown): void {
    attempt.state = 'failed';
    const mayPass = error instanceof Error && 'code' in error;
    if (mayPass && !attempt.signal.aborted) this.isTroubled = true;
  }

  #noteLeaving(connection: FakeConnection): void {
    const attempt = this.#preparing.get(connection);
    if (attempt !== undefined) attempt.state = 'failed';
    this.#preparing.delete(connection);
    this.#resetting.delete(connection);
  }
}

/** Counts a connection among these for as long as something is done with it. */
async function amongThese(
  these: Set<FakeConnection>,
  connection: FakeConnection,
  work: () => Promise<void>,
): Promise<void> {
  these.add(connection);
  try {
    await work();
  } finally {
    these.delete(connection);
  }
}

/** Whether the pool gave up this connect because it took too long. */
function isOutOfTime({ reason }: AbortSignal): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'POOL_CONNECT_TIMEOUT';
}
