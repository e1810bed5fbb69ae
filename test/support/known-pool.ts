import type { DisposalReport, Lease, PoolStatus, PoolTotals } from '../../src/pool/index.ts';
import { codeOf, isHolding, outcomeOf } from './asked-checkout.ts';
import type { AskedCheckout, Holding } from './asked-checkout.ts';
import { ManualClock } from './manual-clock.ts';
import type { CheckoutPlan, PoolAction, ScheduleShape } from './pool-actions.ts';
import { openPool } from './pool-bench.ts';
import type { PoolBench } from './pool-bench.ts';
import { capOf } from './pool-caps.ts';
import { isCircle, isLabelCircle } from './pool-circle.ts';
import { RecordingConnector } from './recording-connector.ts';
import type { FakeConnection } from './scripted-connector.ts';

const TIMEOUTS = { timeout: 150, connectTimeout: 200, closeTimeout: 200, resetTimeout: 200, pingTimeout: 50 };

/** Tasks that ask for connections; the first is nobody. */
const OWNERS = [undefined, {}, {}, {}];

/** A pool at rest: what it says of itself, and what a program sees. */
export interface Rest {
  readonly status: PoolStatus;
  readonly totals: PoolTotals;
  readonly holding: readonly Holding[];
  readonly pending: readonly AskedCheckout[];
  /** Connections at the server, but for those that left the pool with their holder. */
  readonly open: number;
  /** Places that are taken, as the connector sees it. */
  readonly places: number;
}

/** A pool, and what a schedule knows of it without asking it. */
export class KnownPool {
  readonly shape: ScheduleShape;
  readonly bench: PoolBench;
  readonly connector: RecordingConnector;
  readonly asked: AskedCheckout[] = [];
  readonly detached = new Set<FakeConnection>();
  /** Promises that were broken on the way to the next rest. */
  readonly broken: string[] = [];
  size: number;
  limit: number;
  /** What may be open: more than the limit for a while after it was lowered. */
  allowed: number;
  readonly warmUps = { begun: 0, ended: 0 };
  isSuspended = false;
  disposal: { readonly serves: boolean; report: DisposalReport | undefined } | undefined = undefined;
  /** Attempts before this one open connections that were invalidated. */
  #freshFrom = 0;
  readonly #uses = new Map<FakeConnection, number>();

  constructor(shape: ScheduleShape) {
    this.shape = shape;
    this.size = shape.size;
    this.limit = shape.size + shape.maxOverflow;
    this.allowed = this.limit;
    const clock = new ManualClock();
    this.connector = new RecordingConnector(clock, TIMEOUTS.connectTimeout);
    this.bench = openPool({ ...TIMEOUTS, ...shape }, { clock, connector: this.connector });
  }

  rest(): Rest {
    const { pool } = this.bench;
    const open = this.connector.open - this.detached.size;
    return {
      status: pool.status(),
      totals: pool.totals(),
      holding: this.holding(),
      pending: this.pending(),
      open,
      places: this.places,
    };
  }

  /** Leases that the program has. */
  holding(): Holding[] {
    return this.asked.filter(isHolding);
  }

  pending(): AskedCheckout[] {
    return this.asked.filter(({ outcome }) => outcome === undefined);
  }

  /** Whose checkout or lease has not ended. */
  unended(): AskedCheckout[] {
    return this.asked.filter((asked) => asked.outcome === undefined || isHolding(asked));
  }

  /** Places that are taken, as the connector sees it. */
  get places(): number {
    const { connector } = this;
    return connector.open - this.detached.size - connector.preparing + connector.underWay;
  }

  checkout({ timeout, priority, label, owner }: Omit<CheckoutPlan, 'connect' | 'prepare'>): AskedCheckout {
    const { pool } = this.bench;
    const asked: AskedCheckout = {
      controller: new AbortController(),
      priority,
      label,
      owner: OWNERS[owner],
      isLate: this.disposal !== undefined,
      lease: undefined,
      outcome: undefined,
      isLost: false,
      isLentAtOnce: false,
      isDirect: false,
    };
    const { length: lent } = pool.holders();
    const isAlone = pool.status().waiting === 0;
    const promise = pool.checkout({ timeout, priority, label, owner: asked.owner, signal: asked.controller.signal });
    asked.isLentAtOnce = pool.holders().length > lent;
    asked.isDirect = asked.isLentAtOnce && isAlone;
    this.asked.push(asked);
    promise.then(
      (lease) => this.#noteLent(asked, lease),
      (error: unknown) => this.#noteRefused(asked, error),
    );
    return asked;
  }

  warmUp(count: number): void {
    this.warmUps.begun += 1;
    const noteEnd = (): void => {
      this.warmUps.ended += 1;
    };
    this.bench.pool.warmUp(count).then(noteEnd, noteEnd);
  }

  dispose({ waiters, timeout }: Omit<Extract<PoolAction, { readonly do: 'dispose' }>, 'do'>): void {
    const disposal: NonNullable<KnownPool['disposal']> = { serves: waiters === 'serve', report: undefined };
    this.disposal ??= disposal;
    void this.bench.pool.dispose({ waiters, timeout }).then((report) => {
      disposal.report = report;
      const isAnyoneUntold = this.holding().length > report.holders.length;
      if (isAnyoneUntold) this.broken.push('a disposal does not tell of all who had a connection');
    });
  }

  invalidateAll(): void {
    this.#freshFrom = this.connector.attempts.length;
    this.bench.pool.invalidateAll();
  }

  /** What is no newer than others that were invalidated since says nothing of the rest. */
  invalidateOlder(lease: Lease<FakeConnection>): void {
    if (this.#isFresh(lease.connection)) this.#freshFrom = this.connector.attempts.length;
    lease.invalidateAll();
  }

  resize(size: number, maxOverflow: number): void {
    this.allowed = Math.max(this.allowed, this.places, size + maxOverflow);
    this.bench.pool.resize({ size, maxOverflow });
    this.size = size;
    this.limit = size + maxOverflow;
  }

  #noteLent(asked: AskedCheckout, lease: Lease<FakeConnection>): void {
    asked.lease = lease;
    asked.outcome = 'served';
    const { connection } = lease;
    const uses = (this.#uses.get(connection) ?? 0) + 1;
    this.#uses.set(connection, uses);
    if (!this.#isFresh(connection)) this.broken.push('an invalidated connection is lent');
    if (this.isSuspended) this.broken.push('a suspended pool lends');
    if (uses > this.shape.maxUses) this.broken.push('a connection is lent too often');
    if (connection.condition !== 'idle') this.broken.push(`a ${connection.condition} connection is lent`);
    if (this.detached.has(connection)) this.broken.push('a detached connection is lent');
    if (connection.isClosed && this.disposal === undefined) this.broken.push('a closed connection is lent');
  }

  #isFresh(connection: FakeConnection): boolean {
    return this.connector.birthOf(connection) >= this.#freshFrom;
  }

  #noteRefused(asked: AskedCheckout, error: unknown): void {
    asked.outcome = outcomeOf(error);
    if (asked.outcome === 'unknown') this.broken.push(`a checkout ends with ${String(error)}`);
    const isStarved = codeOf(error) === 'POOL_SELF_STARVATION';
    const { refuseSelfStarvation, maxPerLabel } = this.shape;
    const isStuck = isCircle(this, asked.owner) || isLabelCircle(this, asked, capOf(maxPerLabel, asked.label));
    const isTold = isStarved && refuseSelfStarvation && isStuck;
    if (isStarved && !isTold) this.broken.push('somebody is refused for a circle that is none');
  }
}
