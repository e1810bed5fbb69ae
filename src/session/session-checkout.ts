import type { DriverResult } from '../driver/driver.ts';
import { Connection } from '../engine/connection.ts';
import type { ExecutionOptions } from '../engine/engine-events.ts';
import type { Engine } from '../engine/engine.ts';
import type { Executable } from '../engine/executable.ts';
import { tagged } from '../engine/tagged.ts';
import { SessionClosedError } from '../errors/session-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Bind } from './binds.ts';
import { inReadOnly } from './enlistment.ts';
import type { SessionSettings } from './session-options.ts';

/** Takes connections from the engines' pools in a session's name, for as long as it may. */
export class SessionCheckout {
  readonly #settings: SessionSettings;
  readonly #holder: object;
  /** Set once nothing may use the database any more. */
  #refusal: { readonly reason: unknown } | undefined;
  /** The program's line that is about to use the database, for whoever looks at the pool. */
  callSite: CallSite | undefined;
  /** Of the statements that run now: the session's, overlaid by the call's. */
  executionOptions: ExecutionOptions | undefined;

  /** In a comment before each of them. */
  tags: readonly string[];

  constructor(settings: SessionSettings, holder: object) {
    this.#settings = settings;
    this.executionOptions = settings.executionOptions;
    this.tags = settings.tags;
    this.#holder = holder;
  }

  /** Refuses every use from now on, also by what waits for a connection. */
  shut(reason: unknown): void {
    this.#refusal = { reason };
  }

  /** @throws {SessionClosedError} SESSION_CLOSED - whoever gave the session its signal has given up. */
  refuse(): void {
    if (this.#refusal !== undefined) throw this.#refusal.reason;
    const { signal } = this.#settings;
    if (signal?.aborted === true) throw SessionClosedError.aborted(signal.reason);
  }

  async connect(engine: Engine): Promise<Connection> {
    const { signal, label } = this.#settings;
    const { callSite } = this;
    const connection = await engine.connect({
      owner: this.#holder,
      ...(signal === undefined ? {} : { signal }),
      ...(label === undefined ? {} : { label }),
      ...(callSite === undefined ? {} : { callSite }),
    });
    if (this.#refusal === undefined) return connection;
    await connection.release();
    throw this.#refusal.reason;
  }

  /** Runs one statement on a connection of its own, committed at once. */
  async execute(bind: Bind, untagged: Executable, parameters?: readonly unknown[]): Promise<DriverResult> {
    const { executionOptions } = this;
    const executable = tagged(untagged, this.tags);
    if (bind instanceof Connection) return bind.execute(executable, parameters, executionOptions);
    const connection = await this.connect(bind);
    const run = (): Promise<DriverResult> => connection.execute(executable, parameters, executionOptions);
    try {
      return await (this.#settings.readOnly ? inReadOnly(connection, run) : run());
    } finally {
      await connection.release();
    }
  }
}
