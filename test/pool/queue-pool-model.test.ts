import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { settle } from '../support/manual-clock.ts';
import { openPool } from '../support/pool-bench.ts';
import type { Attempt, PoolBench } from '../support/pool-bench.ts';
import { gate } from '../support/scripted-connector.ts';
import type { Reply } from '../support/scripted-connector.ts';

type Action =
  | { readonly do: 'checkout'; readonly timeout: number; readonly connect: 'ok' | 'slow' | 'fail' | 'never' }
  | { readonly do: 'release' | 'dirty release' | 'busy release' | 'slow release'; readonly pick: number }
  | { readonly do: 'abort' | 'invalidate' | 'invalidate older' | 'detach' | 'arrive' | 'refuse'; readonly pick: number }
  | { readonly do: 'invalidate all' | 'fail ping' | 'break idle' }
  | { readonly do: 'advance'; readonly ms: number };

const pick = fc.nat({ max: 1_000 });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('checkout' as const),
      timeout: fc.constantFrom(0, 20, 100, 100, 100),
      connect: fc.constantFrom('ok' as const, 'ok' as const, 'slow' as const, 'fail' as const, 'never' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'release' as const,
        'release' as const,
        'dirty release' as const,
        'busy release' as const,
        'slow release' as const,
      ),
      pick,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'abort' as const,
        'invalidate' as const,
        'invalidate older' as const,
        'detach' as const,
        'arrive' as const,
        'arrive' as const,
        'refuse' as const,
      ),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('invalidate all' as const, 'fail ping' as const, 'break idle' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 10, 50, 400) }) },
);

const shape = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  maxOverflow: fc.integer({ min: 0, max: 2 }),
  prePing: fc.boolean(),
  useLifo: fc.boolean(),
  recycle: fc.constantFrom(-1, 300),
});

interface Asked extends Attempt {
  readonly controller: AbortController;
}

/** One run of a random schedule against a pool, checked at every rest. */
class Schedule {
  readonly #bench: PoolBench;
  readonly #limit: number;
  readonly #asked: Asked[] = [];
  readonly #gates: ReturnType<typeof gate>[] = [];
  #detached = 0;

  constructor(options: { size: number; maxOverflow: number; prePing: boolean; useLifo: boolean; recycle: number }) {
    this.#limit = options.size + options.maxOverflow;
    this.#bench = openPool({ ...options, connectTimeout: 200, closeTimeout: 200, resetTimeout: 200, pingTimeout: 50 });
  }

  async run(actions: readonly Action[]): Promise<void> {
    for (const each of actions) {
      await this.#act(each);
      await this.#bench.clock.turn();
      this.#checkRest();
    }
    await this.#end();
  }

  async #act(each: Action): Promise<void> {
    switch (each.do) {
      case 'checkout':
        return this.#checkout(each.timeout, each.connect);
      case 'advance':
        return this.#bench.clock.advance(each.ms);
      case 'invalidate all':
        return this.#bench.pool.invalidateAll();
      case 'fail ping':
        return void this.#bench.connector.pings.push(new Error('dead'));
      case 'break idle':
        return this.#breakIdle();
      case 'abort':
        return this.#choose(this.#asked, each.pick)?.controller.abort();
      case 'arrive':
        return this.#choose(this.#gates, each.pick)?.open();
      case 'refuse':
        return this.#choose(this.#gates, each.pick)?.fail(new Error('refused'));
      default:
        return this.#endLease(each.do, each.pick);
    }
  }

  #checkout(timeout: number, connect: 'ok' | 'slow' | 'fail' | 'never'): void {
    this.#bench.connector.connects.push(this.#reply(connect));
    const controller = new AbortController();
    const attempt = this.#bench.ask({ timeout, signal: controller.signal });
    this.#asked.push(Object.assign(attempt, { controller }));
  }

  #reply(kind: 'ok' | 'slow' | 'fail' | 'never'): Reply {
    if (kind === 'fail') return new Error('refused');
    if (kind !== 'slow') return kind;
    const slow = gate();
    this.#gates.push(slow);
    return slow.opened;
  }

  #endLease(how: string, number: number): void {
    const lease = this.#choose(this.#leases(), number);
    if (lease === undefined) return;
    if (how === 'detach') this.#detached += 1;
    if (how === 'detach') lease.detach();
    else if (how === 'invalidate') lease.invalidate();
    else if (how === 'invalidate older') lease.invalidateAll();
    else this.#release(how, lease);
  }

  #release(how: string, lease: NonNullable<Attempt['lease']>): void {
    if (how === 'busy release') lease.connection.condition = 'busy';
    if (how === 'dirty release' || how === 'slow release') lease.connection.condition = 'dirty';
    if (how === 'slow release') this.#bench.connector.resets.push(this.#reply('slow'));
    void lease.release();
    void lease.release();
  }

  #breakIdle(): void {
    const lent = new Set(this.#leases().map((lease) => lease.connection));
    const idle = this.#bench.connector.connections.find((connection) => !connection.isClosed && !lent.has(connection));
    if (idle !== undefined) idle.condition = 'broken';
  }

  #leases(): NonNullable<Attempt['lease']>[] {
    return this.#asked.flatMap(({ lease }) => (lease === undefined || lease.isReleased ? [] : [lease]));
  }

  #choose<T>(from: readonly T[], number: number): T | undefined {
    return from[number % Math.max(from.length, 1)];
  }

  #checkRest(): void {
    const { pool, connector } = this.#bench;
    const status = pool.status();
    const leases = this.#leases();
    const pending = this.#asked.filter((asked) => asked.lease === undefined && asked.error === undefined);
    const open = connector.open - this.#detached;
    const lastServed = this.#asked.findLastIndex((asked) => asked.lease !== undefined);
    const overtaken = this.#asked
      .slice(0, Math.max(lastServed, 0))
      .filter((asked) => asked.lease === undefined && asked.error === undefined);
    expect({
      neverMoreThanTheLimit: open <= this.#limit,
      oneOwnerEach: new Set(leases.map((lease) => lease.connection)).size,
      waiting: status.waiting,
      holders: pool.holders().length,
      overtaken: overtaken.length,
      noWaiterWhileOneIsIdle: status.waiting === 0 || status.checkedIn === 0,
      lentAreOpen: leases.every((lease) => !lease.connection.isClosed),
      noNegatives: Object.values(status).every((count) => count >= 0),
    }).toEqual({
      neverMoreThanTheLimit: true,
      oneOwnerEach: leases.length,
      waiting: pending.length,
      holders: leases.length,
      overtaken: 0,
      noWaiterWhileOneIsIdle: true,
      lentAreOpen: true,
      noNegatives: true,
    });
    const places = status.size + status.overflow;
    // Full, or on its way, or waiting for the next attempt.
    const isCared = places === this.#limit || status.connecting > 0 || this.#bench.clock.timerCount > 1;
    if (status.waiting > status.checkedOut) expect(isCared).toBe(true);
  }

  /** However it went, once all is given back everything can be lent again, and dispose closes it all. */
  async #end(): Promise<void> {
    const { pool, connector, clock, take } = this.#bench;
    for (const lease of this.#leases()) void lease.release();
    for (const slow of this.#gates) slow.open();
    connector.connects = [];
    connector.pings = [];
    connector.resets = [];
    await clock.advance(1_000);
    await this.#giveBackLate();
    expect([pool.status().waiting, pool.status().checkedOut, clock.timerCount]).toEqual([0, 0, 0]);
    const all = await take(this.#limit);
    expect(new Set(all.map((lease) => lease.connection)).size).toBe(this.#limit);
    const disposed = pool.dispose();
    for (const lease of all) void lease.release();
    await settle();
    await disposed;
    expect([connector.open - this.#detached, clock.timerCount]).toEqual([0, 0]);
  }

  /** Leases that were granted while others were given back. */
  async #giveBackLate(): Promise<void> {
    for (let leases = this.#leases(); leases.length > 0; leases = this.#leases()) {
      for (const lease of leases) void lease.release();
      await settle();
    }
  }
}

describe('QueuePool under random schedules', () => {
  it('never lends one connection twice, passes its limit, loses a place or lets a waiter starve', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(action, { minLength: 5, maxLength: 60 }), async (options, actions) => {
        await new Schedule(options).run(actions);
      }),
      { seed: 5_010, numRuns: 2_000 },
    );
  }, 120_000);
});
