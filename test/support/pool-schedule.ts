import { deepStrictEqual } from 'node:assert';

import type { PoolStatus } from '../../src/pool/index.ts';
import type { FakeCollector } from './fake-collector.ts';
import { settle } from './manual-clock.ts';
import type { ConnectScript, PoolAction, ScheduleShape } from './pool-actions.ts';
import { openPool } from './pool-bench.ts';
import type { Attempt, PoolBench } from './pool-bench.ts';
import { gate, refusal } from './scripted-connector.ts';
import type { Reply } from './scripted-connector.ts';

type Priority = 'high' | 'normal' | 'low';
type FakeLease = NonNullable<Attempt['lease']>;

interface Asked extends Attempt {
  readonly controller: AbortController;
  readonly priority: Priority;
  isLost: boolean;
}

/** Longer than any deadline here. */
const LONG_MS = 2_000;

/** One run of a random schedule against a pool, checked whenever it rests. */
export class PoolSchedule {
  readonly #bench: PoolBench;
  readonly #collector: FakeCollector;
  readonly #asked: Asked[] = [];
  /** What is slow and has not ended. */
  readonly #gates: ReturnType<typeof gate>[] = [];
  #limit: number;
  /** What may be open: more than the limit for a while after it was lowered. */
  #allowed: number;
  #detached = 0;
  #isSuspended = false;
  #isDisposed = false;
  /** No connect has failed in a way that may pass: attempts are not rationed. */
  #isCalm = true;

  constructor(shape: ScheduleShape, collector: FakeCollector) {
    this.#limit = shape.size + shape.maxOverflow;
    this.#allowed = this.#limit;
    this.#collector = collector;
    const timeouts = { connectTimeout: 200, closeTimeout: 200, resetTimeout: 200, pingTimeout: 50 };
    this.#bench = openPool({ ...timeouts, ...shape });
  }

  async run(actions: readonly PoolAction[]): Promise<void> {
    for (const action of actions) {
      await this.#act(action);
      await this.#bench.clock.turn();
      this.#checkRest();
    }
    await this.#end();
  }

  async #act(action: PoolAction): Promise<void> {
    const { pool, clock, connector } = this.#bench;
    switch (action.do) {
      case 'checkout':
        return this.#checkout(action);
      case 'advance':
        return clock.advance(action.ms);
      case 'block':
        return clock.block(action.ms);
      case 'freeze':
        return clock.freeze(action.ms);
      case 'invalidate all':
        return pool.invalidateAll();
      case 'fail ping':
        return void connector.pings.push(new Error('dead'));
      case 'break idle':
        return this.#breakIdle();
      case 'abort':
        return choose(this.#asked, action.pick)?.controller.abort();
      case 'slow close':
        return void connector.closes.push(this.#reply('slow'));
      case 'arrive':
        return this.#takeGate(action.pick)?.open();
      case 'refuse':
        return this.#takeGate(action.pick)?.fail(new Error('refused'));
      case 'lose':
        return this.#lose(action.pick);
      case 'suspend':
      case 'resume':
      case 'resize':
      case 'dispose':
        return this.#govern(action);
      default:
        return this.#endLease(action.do, action.pick);
    }
  }

  #govern(action: Extract<PoolAction, { readonly do: 'suspend' | 'resume' | 'resize' | 'dispose' }>): void {
    const { pool } = this.#bench;
    if (action.do === 'resize') return this.#resize(action.size, action.maxOverflow);
    if (action.do === 'dispose') {
      this.#isDisposed = true;
      void pool.dispose();
    } else {
      this.#isSuspended = action.do === 'suspend';
      if (this.#isSuspended) pool.suspend();
      else pool.resume();
    }
  }

  #resize(size: number, maxOverflow: number): void {
    const { pool, connector } = this.#bench;
    this.#allowed = Math.max(this.#allowed, connector.open - this.#detached + pool.status().connecting);
    pool.resize({ size, maxOverflow });
    this.#limit = size + maxOverflow;
    this.#allowed = Math.max(this.#allowed, this.#limit);
  }

  #checkout({ timeout, connect, priority }: Extract<PoolAction, { readonly do: 'checkout' }>): void {
    if (connect === 'never' || connect === 'refused') this.#isCalm = false;
    this.#bench.connector.connects.push(this.#reply(connect));
    const controller = new AbortController();
    const attempt = this.#bench.ask({ timeout, signal: controller.signal, priority });
    this.#asked.push(Object.assign(attempt, { controller, priority, isLost: false }));
  }

  #reply(script: ConnectScript): Reply {
    if (script === 'fail') return new Error('no such user');
    if (script === 'refused') return refusal();
    if (script !== 'slow') return script;
    const slow = gate();
    this.#gates.push(slow);
    return slow.opened;
  }

  #endLease(how: string, number: number): void {
    const lease = choose(this.#leases(), number);
    if (lease === undefined) return;
    if (how === 'detach') this.#detached += lease.connection.isClosed ? 0 : 1;
    if (how === 'detach') lease.detach();
    else if (how === 'invalidate') lease.invalidate();
    else if (how === 'invalidate older') lease.invalidateAll();
    else this.#release(how, lease);
  }

  #release(how: string, lease: FakeLease): void {
    if (how === 'busy release') lease.connection.condition = 'busy';
    if (how === 'dirty release' || how === 'slow release') lease.connection.condition = 'dirty';
    if (how === 'slow release') this.#bench.connector.resets.push(this.#reply('slow'));
    void lease.release();
    void lease.release();
  }

  /** The program drops a lease; the collector finds it once it has been out for a second. */
  async #lose(number: number): Promise<void> {
    const asked = choose(
      this.#asked.filter(({ lease, isLost }) => lease !== undefined && !lease.isReleased && !isLost),
      number,
    );
    if (asked?.lease === undefined) return;
    await this.#bench.clock.advance(1_000);
    asked.isLost = this.#collector.collect(asked.lease);
  }

  #takeGate(number: number): ReturnType<typeof gate> | undefined {
    return this.#gates.splice(number % Math.max(this.#gates.length, 1), 1)[0];
  }

  #breakIdle(): void {
    const lent = new Set(this.#leases().map((lease) => lease.connection));
    const idle = this.#bench.connector.connections.find((connection) => !connection.isClosed && !lent.has(connection));
    if (idle !== undefined) idle.condition = 'broken';
  }

  /** Leases that the program has. */
  #leases(): FakeLease[] {
    const leases: FakeLease[] = [];
    for (const { lease, isLost } of this.#asked) {
      if (lease !== undefined && !isLost && !lease.isReleased) leases.push(lease);
    }
    return leases;
  }

  #checkRest(): void {
    const { pool, connector } = this.#bench;
    const status = pool.status();
    const open = connector.open - this.#detached;
    const leases = this.#leases();
    const pending = this.#asked.filter(({ lease, error }) => lease === undefined && error === undefined).length;
    const owned = new Set(leases.map((lease) => lease.connection));
    // A disposal that ran out of time takes connections from their holders.
    const areLentOpen = this.#isDisposed || leases.every((lease) => !lease.connection.isClosed);
    const isHeldByAll = this.#isDisposed || pool.holders().length === leases.length;
    deepStrictEqual(
      {
        isWithinLimit: open <= this.#allowed,
        oneOwnerEach: owned.size,
        waiting: status.waiting,
        isHeldByAll,
        areLentOpen,
        isInOrder: this.#isInOrder(),
        isShrunk: open <= this.#limit || status.checkedIn === 0 || this.#gates.length > 0,
        noneIsNegative: Object.values(status).every((count) => count >= 0),
        isAnyoneForgotten: this.#isAnyoneForgotten(status, open),
      },
      {
        isWithinLimit: true,
        oneOwnerEach: leases.length,
        waiting: pending,
        isHeldByAll: true,
        areLentOpen: true,
        isInOrder: true,
        isShrunk: true,
        noneIsNegative: true,
        isAnyoneForgotten: false,
      },
    );
    this.#allowed = Math.max(this.#limit, Math.min(this.#allowed, open + status.connecting));
  }

  /** Of each priority, nobody is served before one who asked earlier and still waits. */
  #isInOrder(): boolean {
    const waiting = new Set<Priority>();
    for (const { lease, error, priority } of this.#asked) {
      if (lease === undefined && error === undefined) waiting.add(priority);
      else if (lease !== undefined && waiting.has(priority)) return false;
    }
    return true;
  }

  /** Somebody waits, though a connection is idle or might be opened and nothing is under way. */
  #isAnyoneForgotten(status: PoolStatus, open: number): boolean {
    if (status.waiting === 0 || this.#isSuspended) return false;
    // What is being tested counts as checked out, and serves the next in line.
    const tested = status.checkedOut - this.#bench.pool.holders().length;
    if (status.checkedIn > 0 && tested === 0) return true;
    const unservedByWhatComes = status.waiting - status.connecting - tested;
    const isRoom = open + status.connecting < this.#limit;
    const isRationed = status.connecting >= Math.max(2, Math.ceil(this.#limit / 4));
    // A place is free only when its connection is closed, and that of a connect that nobody wants when it has ended.
    const mayBeTaken = this.#gates.length > 0;
    return this.#isCalm && unservedByWhatComes > 0 && isRoom && !isRationed && !mayBeTaken;
  }

  /** However it went, once all is given back everything can be lent again, and dispose closes it all. */
  async #end(): Promise<void> {
    const { pool, connector, clock } = this.#bench;
    if (this.#isSuspended) pool.resume();
    this.#isSuspended = false;
    for (const lease of this.#leases()) void lease.release();
    for (const slow of this.#gates) slow.open();
    connector.connects = [];
    connector.pings = [];
    connector.resets = [];
    connector.closes = [];
    await clock.advance(LONG_MS);
    await this.#giveBackLate();
    deepStrictEqual(
      [pool.status().waiting, pool.status().checkedOut, this.#asked.every(isOver)],
      [0, 0, true],
      'everybody is served or refused',
    );
    if (!this.#isDisposed) await this.#lendAllAgain();
    const disposed = pool.dispose();
    await settle();
    await disposed;
    deepStrictEqual([connector.open - this.#detached, clock.timerCount], [0, 0], 'all is closed, no timer left');
  }

  /** Whoever comes first finds out that the database is back. */
  async #lendAllAgain(): Promise<void> {
    const { pool, clock, take } = this.#bench;
    const attempts = take(this.#limit);
    await clock.advance(LONG_MS);
    const all = await attempts;
    deepStrictEqual(new Set(all.map((lease) => lease.connection)).size, this.#limit, 'all can be lent again');
    deepStrictEqual(pool.status().checkedOut, this.#limit);
    for (const lease of all) void lease.release();
  }

  /** Leases that were granted while others were given back. */
  async #giveBackLate(): Promise<void> {
    for (let leases = this.#leases(); leases.length > 0; leases = this.#leases()) {
      for (const lease of leases) void lease.release();
      await settle();
    }
  }
}

function isOver({ lease, error }: Attempt): boolean {
  return (lease !== undefined) !== (error !== undefined);
}

function choose<T>(from: readonly T[], number: number): T | undefined {
  return from[number % Math.max(from.length, 1)];
}
