import type { Clock } from '../util/clock.ts';
import { garbageCollector } from '../util/garbage-collector.ts';
import type { PoolHolder } from './pool.ts';
import { publishCollect } from './pool-events.ts';

/** No more often than this, milliseconds: timeouts come in storms. */
const STORM_MS = 10_000;
/** Nor so often that it takes more than this part of the time. */
const SHARE = 0.01;
/** Turns of the event loop until the collector's finds have been told: two as a rule, more on a busy machine. */
const TURNS = 10;

export interface LastResortTerms {
  readonly pool: string;
  readonly clock: Clock;
  /** True: V8's collector. */
  readonly collect: boolean | (() => void);
  readonly holders: () => readonly PoolHolder[];
  /** Lets go of whatever keeps lost leases alive. */
  readonly letGo: () => void;
}

/**
 * Has garbage collected before checkouts time out, so that leases which the program lost come back.
 *
 * Only when a connection has long been idle with its holder: to collect under plain overload would make it worse.
 */
export class LastResort {
  readonly #terms: LastResortTerms;
  #nextAt = -Infinity;

  constructor(terms: LastResortTerms) {
    this.#terms = terms;
  }

  /**
   * @param waitedMs - how long the callers waited that would time out.
   * @returns what resolves when lost leases are back, or nothing when there is nothing to hope for.
   */
  attempt(waitedMs: number): Promise<void> | undefined {
    const { clock, collect } = this.#terms;
    if (collect === false || clock.now() < this.#nextAt || !this.#looksLost(waitedMs)) return undefined;
    const collector = collect === true ? garbageCollector() : collect;
    return collector === undefined ? undefined : this.#run(collector);
  }

  #looksLost(waitedMs: number): boolean {
    const isLost = ({ isRunning, idleMs, heldMs }: PoolHolder): boolean =>
      !isRunning && (idleMs ?? heldMs) >= waitedMs / 2;
    return this.#terms.holders().some(isLost);
  }

  async #run(collect: () => void): Promise<void> {
    const { clock, pool, letGo } = this.#terms;
    letGo();
    const start = clock.now();
    try {
      collect();
    } catch {
      // A collector that fails frees nothing; the callers time out as they would have.
    }
    const ms = clock.now() - start;
    this.#nextAt = clock.now() + Math.max(STORM_MS, ms / SHARE);
    publishCollect({ pool, ms });
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => clock.afterIo(resolve));
  }
}
