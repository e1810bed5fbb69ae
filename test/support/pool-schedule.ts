import { deepStrictEqual, fail } from 'node:assert';

import { isHolding } from './asked-checkout.ts';
import type { Holding } from './asked-checkout.ts';
import type { FakeCollector } from './fake-collector.ts';
import { KnownPool } from './known-pool.ts';
import type { PoolAction, ScheduleShape } from './pool-actions.ts';
import { PoolPromises } from './pool-promises.ts';
import { SlowReplies } from './slow-replies.ts';

/** Longer than any deadline here. */
const LONG_MS = 2_000;

/** Turns in which something happens, one after the other. */
const MOST_TURNS = 100;

/** How everybody asks once a schedule is over. */
const PLAIN = { timeout: Infinity, priority: 'normal', label: undefined, owner: 0 } as const;

/** One run of a random schedule against a pool, checked whenever it rests. */
export class PoolSchedule {
  readonly #known: KnownPool;
  readonly #promises: PoolPromises;
  readonly #collector: FakeCollector;
  readonly #replies = new SlowReplies();

  constructor(shape: ScheduleShape, collector: FakeCollector) {
    this.#known = new KnownPool(shape);
    this.#promises = new PoolPromises(this.#known);
    this.#collector = collector;
  }

  async run(actions: readonly PoolAction[]): Promise<void> {
    for (const action of actions) {
      await this.#act(action);
      await this.#rest();
      this.#promises.check();
    }
    await this.#end();
  }

  /** Until nothing goes on any more, however long one thing leads to another. */
  async #rest(): Promise<void> {
    const { log } = this.#known.connector;
    let known = -1;
    for (let turns = 0; known !== log.length; turns++) {
      if (turns > MOST_TURNS) fail('a pool never rests');
      known = log.length;
      await this.#known.bench.clock.turn();
    }
  }

  async #act(action: PoolAction): Promise<void> {
    const { clock } = this.#known.bench;
    switch (action.do) {
      case 'checkout':
        this.#known.connector.connects.push(this.#replies.reply(action.connect));
        this.#known.connector.prepares.push(this.#replies.reply(action.prepare));
        return void this.#known.checkout(action);
      case 'advance':
        return clock.advance(action.ms);
      case 'block':
        return clock.block(action.ms);
      case 'freeze':
        return clock.freeze(action.ms);
      case 'abort':
        return choose(this.#known.unended(), action.pick)?.controller.abort();
      case 'arrive':
        return this.#replies.arrive(action.pick);
      case 'refuse':
        return this.#replies.refuse(action.pick);
      case 'lose':
        return this.#lose(action.pick);
      default:
        return 'pick' in action ? this.#endLease(action.do, action.pick) : this.#govern(action);
    }
  }

  #govern(action: Exclude<PoolAction, { readonly pick: number } | { readonly ms: number } | { do: 'checkout' }>): void {
    const { pool } = this.#known.bench;
    switch (action.do) {
      case 'resize':
        return this.#known.resize(action.size, action.maxOverflow);
      case 'dispose':
        return this.#known.dispose(action);
      case 'warm up':
        return this.#known.warmUp(action.count);
      case 'suspend':
        this.#known.isSuspended = true;
        return pool.suspend();
      case 'resume':
        this.#known.isSuspended = false;
        return pool.resume();
      case 'invalidate all':
        return this.#known.invalidateAll();
      default:
        return this.#trouble(action.do);
    }
  }

  #trouble(what: 'break idle' | 'fail ping' | 'slow ping' | 'fail close' | 'slow close'): void {
    const { pings, closes } = this.#known.connector;
    if (what === 'break idle') this.#breakIdle();
    else if (what === 'fail ping') pings.push(new Error('dead'));
    else if (what === 'slow ping') pings.push(this.#replies.reply('slow'));
    else closes.push(what === 'slow close' ? this.#replies.reply('slow') : new Error('gone'));
  }

  #endLease(how: string, number: number): void {
    const lease = choose(this.#known.holding(), number)?.lease;
    if (lease === undefined) return;
    if (how === 'detach' && !lease.connection.isClosed) this.#known.detached.add(lease.connection);
    if (how === 'detach') lease.detach();
    else if (how === 'invalidate') lease.invalidate();
    else if (how === 'invalidate older') this.#known.invalidateOlder(lease);
    else this.#release(how, lease);
  }

  #release(how: string, lease: Holding['lease']): void {
    if (how === 'busy release') lease.connection.condition = 'busy';
    if (how === 'dirty release' || how === 'slow release') lease.connection.condition = 'dirty';
    if (how === 'slow release') this.#known.connector.resets.push(this.#replies.reply('slow'));
    void lease.release();
    void lease.release();
  }

  /** The program drops a lease; the collector finds it once it has been out for a second. */
  async #lose(number: number): Promise<void> {
    const held = choose(this.#known.holding(), number);
    if (held === undefined) return;
    await this.#known.bench.clock.advance(1_000);
    held.isLost = this.#collector.collect(held.lease);
  }

  #breakIdle(): void {
    const { connector } = this.#known;
    const lent = new Set(this.#known.holding().map(({ lease }) => lease.connection));
    const idle = connector.connections.find(
      (connection) => !connection.isClosed && !lent.has(connection) && !connector.isAtWork(connection),
    );
    if (idle !== undefined) idle.condition = 'broken';
  }

  /** However it went, once all is given back everything can be lent again, and dispose closes it all. */
  async #end(): Promise<void> {
    const { pool, clock } = this.#known.bench;
    const { connector, detached, warmUps } = this.#known;
    if (this.#known.isSuspended) pool.resume();
    this.#known.isSuspended = false;
    Object.assign(connector, { connects: [], prepares: [], pings: [], resets: [], closes: [] });
    for (const { lease } of this.#known.holding()) void lease.release();
    this.#replies.arriveAll();
    await clock.advance(LONG_MS);
    await this.#giveBackLate();
    deepStrictEqual(
      [pool.status().waiting, pool.status().checkedOut, this.#known.pending().length, warmUps.begun - warmUps.ended],
      [0, 0, 0, 0],
      'everybody is served or refused',
    );
    if (this.#known.disposal === undefined) await this.#lendAllAgain();
    this.#promises.check();
    await pool.dispose();
    deepStrictEqual([connector.open - detached.size, clock.timerCount], [0, 0], 'all is closed, no timer left');
    this.#promises.check();
  }

  /** Whoever comes first finds out that the database is back. */
  async #lendAllAgain(): Promise<void> {
    const { clock } = this.#known.bench;
    const { limit } = this.#known;
    const all = Array.from({ length: limit }, () => this.#known.checkout(PLAIN));
    await clock.advance(LONG_MS);
    const lent = all.filter(isHolding);
    deepStrictEqual(new Set(lent.map(({ lease }) => lease.connection)).size, limit, 'all can be lent again');
    for (const { lease } of lent) void lease.release();
    await this.#rest();
    await this.#warmUp();
  }

  async #warmUp(): Promise<void> {
    const { pool } = this.#known.bench;
    // Those may be too old to be kept.
    if (this.#known.shape.maxUses !== Infinity || this.#known.shape.recycle !== -1) return;
    this.#known.warmUp(this.#known.size);
    await this.#rest();
    deepStrictEqual(pool.status().checkedIn, this.#known.size, 'a warm pool has all that it keeps');
  }

  /** Leases that were granted while others were given back. */
  async #giveBackLate(): Promise<void> {
    for (let held = this.#known.holding(); held.length > 0; held = this.#known.holding()) {
      for (const { lease } of held) void lease.release();
      await this.#rest();
    }
  }
}

function choose<T>(from: readonly T[], number: number): T | undefined {
  return from[number % Math.max(from.length, 1)];
}
