import type { Clock } from '../util/clock.ts';
import { garbageCollector } from '../util/garbage-collector.ts';
import { isIdleForLong } from './holder-census.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { PoolHolder } from './pool.ts';

/** No more often than this, milliseconds: timeouts come in storms. */
const STORM_MS = 10_000;
/** Nor so often that it takes more than this part of the time. */
const SHARE = 0.01;
/** A statement that has run for longer may be one whose end nobody told, milliseconds. */
const LONG_RUN_MS = 1_000;
/** Turns of the event loop until the collector's finds have been told: two as a rule, more on a busy machine. */
const TURNS = 10;

export interface LastResortTerms {
  readonly pool: string;
  readonly announcements: PoolAnnouncements;
  readonly clock: Clock;
  /** True: V8's collector. */
  readonly collect: boolean | (() => unknown);
  readonly holders: () => readonly PoolHolder[];
  /** Lets go of whatever keeps lost leases alive. */
  readonly letGo: () => void;
}

/**
 * Has garbage collected before checkouts time out, so that leases which the program lost come back.
 *
 * Only when a connection has long been idle with its holder, or has been out for the whole wait, and for more than a
 * second, with a statement of which no end was told: to collect under plain overload would make it worse.
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
    const isLost = (holder: PoolHolder): boolean =>
      isIdleForLong(holder, { waitedMs, blockedMs: 0 }) ||
      (holder.isRunning && holder.heldMs >= Math.max(LONG_RUN_MS, waitedMs));
    return this.#terms.holders().some(isLost);
  }

  async #run(collect: () => unknown): Promise<void> {
    const { clock, pool, announcements, letGo } = this.#terms;
    const start = clock.now();
    try {
      letGo();
      const collecting = collect();
      // Declared to give nothing back, which an async function satisfies too. Nobody's timeout waits for it.
      if (collecting instanceof Promise) collecting.catch(() => {});
    } catch {
      // A collector that fails frees nothing; the callers time out as they would have.
    }
    const ms = clock.now() - start;
    this.#nextAt = clock.now() + Math.max(STORM_MS, ms / SHARE);
    announcements.tell('collect', () => ({ pool, ms }));
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => clock.afterIo(resolve));
  }
}
