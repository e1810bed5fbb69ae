import type { StatementKind } from '../sql/statement.ts';

/** One statement, after it ended. Holds no parameter values. */
/** What a program wants to be known of its statements: a tenant, a report's name. Listeners see it; the library does not look. */
export type ExecutionOptions = Readonly<Record<string, unknown>>;

export interface StatementEvent {
  readonly sql: string;
  readonly kind: StatementKind;
  readonly parameterCount: number;
  /** Rows that came back. */
  readonly rows: number;
  /** Rows inserted, updated or deleted. */
  readonly affected: number;
  readonly durationMs: number;
  /** Who asked, as given to `connect`. */
  readonly label: string | undefined;
  readonly failed: boolean;
  /** What the session and the call said of it; undefined when neither said anything. */
  readonly executionOptions: ExecutionOptions | undefined;
}

export interface ConnectEvent {
  /** Host, port and database, or the file. */
  readonly address: string;
}

export interface CheckoutEvent {
  readonly label: string | undefined;
}

/** Event name → what its listeners get. */
export interface EngineEventMap {
  statement: StatementEvent;
  connect: ConnectEvent;
  checkout: CheckoutEvent;
  checkin: CheckoutEvent;
}

export type EngineEventName = keyof EngineEventMap;
export type EngineListener<N extends EngineEventName> = (event: EngineEventMap[N]) => void;

/** Listeners of one engine, called in the order in which they came. */
export class EngineEvents {
  readonly #listeners: { [N in EngineEventName]: EngineListener<N>[] } = {
    statement: [],
    connect: [],
    checkout: [],
    checkin: [],
  };

  static readonly names: readonly EngineEventName[] = ['statement', 'connect', 'checkout', 'checkin'];

  isWanted(name: EngineEventName): boolean {
    return this.#listeners[name].length > 0;
  }

  /** @returns what removes the listener again. */
  on<N extends EngineEventName>(name: N, listener: EngineListener<N>): () => void {
    const listeners: EngineListener<N>[] = this.#listeners[name];
    listeners.push(listener);
    return () => {
      const position = listeners.indexOf(listener);
      if (position >= 0) listeners.splice(position, 1);
    };
  }

  emit<N extends EngineEventName>(name: N, event: EngineEventMap[N]): void {
    for (const listener of this.#listeners[name].slice()) {
      try {
        listener(event);
      } catch (error) {
        // As diagnostics_channel does: a listener's mistake is the program's, never the statement's.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
