import { tracingChannel } from 'node:diagnostics_channel';

import type { DriverResult } from '../driver/driver.ts';
import type { Statement } from '../sql/statement.ts';
import type { Clock } from '../util/clock.ts';
import type { EngineEvents, ExecutionOptions } from './engine-events.ts';

/** What subscribers of the tracing channel `hermetic:query` get. Holds no parameter values. */
export interface QueryTrace {
  readonly sql: string;
  readonly kind: Statement['kind'];
  readonly parameterCount: number;
  readonly dialect: string;
  readonly address: string;
  readonly label: string | undefined;
  readonly executionOptions: ExecutionOptions | undefined;
}

export interface Observed {
  readonly statement: Statement;
  readonly parameterCount: number;
  readonly label: string | undefined;
  readonly executionOptions: ExecutionOptions | undefined;
}

const NOTHING = { rows: 0, affected: 0, failed: false } as const;

const queries = tracingChannel<unknown, QueryTrace>('hermetic:query');

/** Tells the engine's listeners and the tracing channel about statements. Costs two reads when nobody listens. */
export class StatementObserver {
  readonly #events: EngineEvents;
  readonly #clock: Clock;
  readonly #place: { readonly dialect: string; readonly address: string };

  constructor(events: EngineEvents, clock: Clock, place: { readonly dialect: string; readonly address: string }) {
    this.#events = events;
    this.#clock = clock;
    this.#place = place;
  }

  /** Runs `work`, which is the execution of one statement. */
  watch(observed: Observed, work: () => Promise<DriverResult>): Promise<DriverResult> {
    const timed = this.#events.isWanted('statement') ? () => this.#time(observed, work) : work;
    return queries.hasSubscribers ? queries.tracePromise(timed, this.#traceOf(observed)) : timed();
  }

  /** Tells of a statement that goes out together with the next one. */
  tell(observed: Observed): void {
    if (this.#events.isWanted('statement')) this.#emit(observed, 0, NOTHING);
  }

  async #time(observed: Observed, work: () => Promise<DriverResult>): Promise<DriverResult> {
    const startedMs = this.#clock.now();
    try {
      const result = await work();
      this.#emit(observed, startedMs, { rows: result.rows.length, affected: result.affected, failed: false });
      return result;
    } catch (error) {
      this.#emit(observed, startedMs, { ...NOTHING, failed: true });
      throw error;
    }
  }

  /** @param startedMs - 0 for a statement that took no time of its own. */
  #emit(
    { statement, parameterCount, label, executionOptions }: Observed,
    startedMs: number,
    outcome: { rows: number; affected: number; failed: boolean },
  ): void {
    const durationMs = startedMs === 0 ? 0 : this.#clock.now() - startedMs;
    this.#events.emit('statement', {
      sql: statement.sql,
      kind: statement.kind,
      parameterCount,
      label,
      durationMs,
      executionOptions,
      ...outcome,
    });
  }

  #traceOf({ statement, ...rest }: Observed): QueryTrace {
    return { ...this.#place, sql: statement.sql, kind: statement.kind, ...rest };
  }
}
