import { PoolCheckoutAbortedError, PoolClosedError } from '../errors/pool-errors.ts';
import type { CallSite } from '../util/call-site.ts';
import type { Clock } from '../util/clock.ts';
import { DeadlineQueue } from '../util/deadline.ts';
import { RankedQueue } from '../util/ranked-queue.ts';
import { JoinDates } from './join-dates.ts';
import { LabelGate } from './label-gate.ts';
import { LoopWatch } from './loop-watch.ts';
import type { PoolAnnouncements } from './pool-announcements.ts';
import type { ChosenOptions } from './pool-settings.ts';
import type { PoolTally } from './pool-tally.ts';
import type { CheckoutOptions, PoolWaiting } from './pool.ts';
import { WaitingTasks } from './starvation.ts';
import type { ErrorMaker, WaitCourse, Waiting } from './timeout-report.ts';
import type { LabelCap } from './verdict.ts';
import { PoolWaiter, RANK_COUNT, rankOf } from './waiter.ts';

/** Who is asked about, and told of, callers that leave the line unserved. */
export interface LineOwner {
  /** A last try to free something before callers time out; undefined when there is nothing to try. */
  lastResort(waitedMs: number): Promise<void> | undefined;
  /** The errors of those who time out now, by how their waits went. Never throws. */
  errorsFor(due: readonly Waiting[]): (course: WaitCourse) => ErrorMaker;
  /** Some were refused. */
  left(): void;
  /** What is known against the database in a wait of so long, in words. */
  databaseTrouble(waitedMs: number): string | undefined;
  /** Somebody does not want a connection any more. */
  withdrew(): void;
}

/** What a line is made for. */
export interface LineTerms {
  readonly clock: Clock;
  /** The pool's name. */
  readonly pool: string;
  readonly options: Pick<ChosenOptions, 'timeout' | 'connectTimeout' | 'maxPerLabel' | 'refuseSelfStarvation'>;
  readonly announcements: PoolAnnouncements;
  readonly tally: PoolTally;
}

/** The callers that wait for a connection: by priority, then first come, first served; each until its deadline or its signal. */
export class WaitingLine<C> implements Iterable<PoolWaiter<C>> {
  readonly #queue = new RankedQueue<PoolWaiter<C>>(RANK_COUNT);
  readonly #deadlines: DeadlineQueue<PoolWaiter<C>>;
  readonly #clock: Clock;
  readonly #dates: JoinDates;
  readonly #pool: string;
  readonly #timeoutMs: number;
  readonly #connectTimeoutMs: number;
  readonly #announcements: PoolAnnouncements;
  readonly #tally: PoolTally;
  readonly #owner: LineOwner;
  readonly #loop: LoopWatch;
  readonly #gate: LabelGate<PoolWaiter<C>> | undefined;
  /** Of all who wait, kept only where something depends on it. */
  readonly tasks: WaitingTasks | undefined;
  #arrivals = 0;
  #whenEmpty: (() => void) | undefined = undefined;

  constructor({ clock, pool, options, announcements, tally }: LineTerms, owner: LineOwner) {
    const { timeout, connectTimeout, maxPerLabel, refuseSelfStarvation } = options;
    this.#clock = clock;
    this.#dates = new JoinDates(clock);
    this.#pool = pool;
    this.#timeoutMs = timeout;
    this.#connectTimeoutMs = connectTimeout;
    this.#announcements = announcements;
    this.#tally = tally;
    this.#owner = owner;
    this.#gate = maxPerLabel === Infinity ? undefined : new LabelGate(maxPerLabel, RANK_COUNT);
    this.tasks = refuseSelfStarvation ? new WaitingTasks() : undefined;
    this.#loop = new LoopWatch(clock, () => this.#deadlines.hasEnds);
    this.#deadlines = new DeadlineQueue(clock, {
      rows: this.#queue.lines,
      settle: () => this.#dates.end(),
      expire: (due, lateMs) => this.#expireAtLast(due, lateMs),
    });
  }

  /** Callers whose turn it may be next. */
  get length(): number {
    return this.#queue.length;
  }

  /** Callers whose label has as many connections as it may. */
  get heldBack(): number {
    return this.#gate?.length ?? 0;
  }

  /** Whether the number of connections is limited for some label. */
  get hasCaps(): boolean {
    return this.#gate !== undefined;
  }

  /** Whose turn is likely to be next. */
  get first(): PoolWaiter<C> | undefined {
    return this.#queue.first;
  }

  isHeldBack(waiter: PoolWaiter<C>): boolean {
    return this.#gate?.has(waiter) ?? false;
  }

  /** The most connections that work of this label may have. */
  capOf(label: string | undefined): number {
    return this.#gate?.capOf(label) ?? Infinity;
  }

  /** Whether work of this label has as many connections as it may. */
  isCapped(label: string | undefined): boolean {
    return this.#gate?.isFull(label) ?? false;
  }

  /** Somebody was served without standing in line. */
  noteServed(label: string | undefined): void {
    this.#tally.direct += 1;
    this.#gate?.enter(label);
  }

  /** Work of this label has given a connection back. */
  noteReturned(label: string | undefined): void {
    const next = this.#gate?.leave(label);
    if (next !== undefined) this.#queue.insert(next);
  }

  /** Puts a caller at the end. */
  join(options: CheckoutOptions, callSite: CallSite | undefined): PoolWaiter<C> {
    const { timeout: timeoutMs = this.#timeoutMs, signal } = options;
    // Who does not want to stand in line still gets the time that a connection of its own takes to open.
    const patienceMs = timeoutMs === 0 ? this.#connectTimeoutMs : timeoutMs;
    const isUsual = options.timeout === undefined && this.#gate === undefined;
    const moment = isUsual && this.#deadlines.hasOrder ? this.#dates.shared() : this.#dates.exact();
    const waiter = new PoolWaiter<C>(options, callSite, { moment, timeoutMs, patienceMs });
    waiter.arrival = ++this.#arrivals;
    if (this.#gate?.enter(waiter.label) === false) this.#gate.hold(waiter);
    else this.#queue.push(waiter);
    this.tasks?.add(waiter);
    if (isUsual) this.#deadlines.addInOrder(waiter);
    else this.#deadlines.add(waiter);
    if (patienceMs !== Infinity) this.#loop.begin();
    if (signal !== undefined) waiter.listen(signal, () => this.#abort(waiter, signal.reason));
    return waiter;
  }

  /** Takes out whose turn it is, to be served. */
  shift(): PoolWaiter<C> | undefined {
    const waiter = this.#take();
    if (waiter !== undefined) this.#tally.waited += 1;
    return waiter;
  }

  #take(): PoolWaiter<C> | undefined {
    const waiter = this.#queue.shift();
    if (waiter !== undefined) {
      this.#deadlines.remove(waiter);
      this.tasks?.remove(waiter);
    }
    if (this.#whenEmpty !== undefined) this.#noteLeft();
    return waiter;
  }

  /** Resolves when nobody waits. */
  emptied(): Promise<void> {
    if (this.length + this.heldBack === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#whenEmpty = resolve));
  }

  /** Refuses these with a `PoolTimeoutError` each. @param dueAt - when their time was up. */
  expire(due: readonly PoolWaiter<C>[], lateMs: number, dueAt = this.#clock.now()): void {
    const now = this.#clock.now();
    const errorFor = this.#owner.errorsFor(due);
    const makers = new Map<string, ErrorMaker>();
    // All of them before anybody is refused: whoever leaves may let another through the gate.
    const errors = due.map((waiter) => {
      const course = this.#courseOf(waiter, { dueAt, now, lateMs: lateOf(waiter, due[0], lateMs) });
      const likeness = likenessOf(course);
      const maker = makers.get(likeness) ?? errorFor(course);
      makers.set(likeness, maker);
      return { waiter, error: maker(course.waitedMs, waiter.timeoutMs) };
    });
    for (const { waiter, error } of errors) {
      // Who listens to timeouts may have ended another one's wait.
      if (!waiter.isWaiting) continue;
      this.refuse(waiter, error);
      this.#announcements.tell('timeout', () => ({ pool: this.#pool, label: waiter.label, error }));
    }
    this.#owner.left();
  }

  /** Who stands here, first come first. */
  waiting(): PoolWaiting[] {
    const now = this.#clock.now();
    return [...this].map((waiter) => waiter.toWaiting(now)).sort((a, b) => b.waitedMs - a.waitedMs);
  }

  /** Refuses everybody: the pool is disposed of. */
  close(): void {
    this.refuseAll((waiter) => PoolClosedError.whileWaiting(this.#pool, this.#clock.now() - waiter.since));
  }

  refuseAll(errorFor: (waiter: PoolWaiter<C>) => unknown): void {
    // A copy: who leaves may let another through the gate.
    for (const waiter of Array.from(this)) this.refuse(waiter, errorFor(waiter));
  }

  /** Callers whose turn is likely to be before that of one who comes now. */
  countBefore(priority: CheckoutOptions['priority']): number {
    return this.#queue.countUpTo(rankOf(priority));
  }

  /** When the one came whose place in line this is, or somebody after; 0 when there is none. */
  arrivalAt(place: number): number {
    // As a rule it is asked for whoever has just come, however long the line is.
    if (place === this.length - 1) return this.#arrivals;
    let at = 0;
    for (const { arrival } of this.#queue) if (at++ === place) return arrival;
    return 0;
  }

  /** Of the first `most` whose turn may be next, those who came no later than `arrival`. */
  countUpTo(arrival: number, most: number): number {
    let looked = 0;
    let count = 0;
    for (const waiter of this.#queue) {
      if (++looked > most) break;
      if (waiter.arrival <= arrival) count += 1;
    }
    return count;
  }

  /** Refuses whose turn is likely to be next. */
  refuseFirst(error: unknown): void {
    const { first } = this.#queue;
    if (first !== undefined) this.refuse(first, error);
  }

  /** Refuses whoever came at `arrival`, or else the last of those who came before. */
  refuseOwner(error: unknown, arrival: number): void {
    let owner: PoolWaiter<C> | undefined;
    for (const waiter of this.#queue) {
      if (waiter.arrival <= arrival && waiter.arrival > (owner?.arrival ?? 0)) owner = waiter;
      if (owner?.arrival === arrival) break;
    }
    if (owner !== undefined) this.refuse(owner, error);
  }

  /** Refuses one. */
  refuse(waiter: PoolWaiter<C>, error: unknown): void {
    if (!waiter.isWaiting) return;
    this.#leave(waiter);
    this.#tally.noteError(error);
    waiter.refuse(error);
  }

  *[Symbol.iterator](): Generator<PoolWaiter<C>, void, undefined> {
    yield* this.#queue;
    if (this.#gate !== undefined) yield* this.#gate;
  }

  #expireAtLast(due: readonly PoolWaiter<C>[], lateMs: number): void {
    const dueAt = this.#clock.now();
    const lastResort = this.#lastResort(dueAt - (due[0]?.since ?? 0));
    if (lastResort === undefined) return this.expire(due, lateMs);
    const expire = (): void => {
      const stillWaiting = due.filter((waiter) => waiter.isWaiting);
      // What the last resort took, and blocked, is none of the program's doing.
      if (stillWaiting.length > 0) this.expire(stillWaiting, lateMs, dueAt);
    };
    void lastResort.then(expire, expire);
  }

  /** Whatever goes wrong there, those who are due are refused. */
  #lastResort(waitedMs: number): Promise<void> | undefined {
    try {
      return this.#owner.lastResort(waitedMs);
    } catch {
      return undefined;
    }
  }

  #courseOf(waiter: PoolWaiter<C>, { dueAt, now, lateMs }: { dueAt: number; now: number; lateMs: number }): WaitCourse {
    const blockedMs = this.#loop.blockedBetween(waiter.since, dueAt);
    return { waitedMs: now - waiter.since, lateMs, blockedMs, cap: this.#capOf(waiter) };
  }

  #capOf(waiter: PoolWaiter<C>): LabelCap | undefined {
    if (waiter.label === undefined || !this.isHeldBack(waiter)) return undefined;
    return { label: waiter.label, most: this.capOf(waiter.label) };
  }

  #abort(waiter: PoolWaiter<C>, reason: unknown): void {
    const { label } = waiter;
    const waitedMs = this.#clock.now() - waiter.since;
    const databaseTrouble = this.#owner.databaseTrouble(waitedMs);
    this.refuse(waiter, PoolCheckoutAbortedError.after(waitedMs, reason, { label, databaseTrouble }));
    this.#owner.withdrew();
  }

  #leave(waiter: PoolWaiter<C>): void {
    if (this.#queue.remove(waiter)) this.noteReturned(waiter.label);
    else this.#gate?.remove(waiter);
    this.tasks?.remove(waiter);
    this.#deadlines.remove(waiter);
    this.#noteLeft();
  }

  #noteLeft(): void {
    if (this.length + this.heldBack === 0) this.#whenEmpty?.();
  }
}

/** How late it is for this one, when it is so much for the first that is due. */
function lateOf(waiter: { dueAt: number }, first: { dueAt: number } | undefined, lateMs: number): number {
  return Math.max(0, lateMs - (waiter.dueAt - (first?.dueAt ?? waiter.dueAt)));
}

/** Equal for waits that went alike: nobody gets the verdict of another who waited for something else, or much longer. */
function likenessOf({ waitedMs, cap }: WaitCourse): string {
  return JSON.stringify([Math.round(4 * Math.log2(Math.max(1, waitedMs))), cap?.label]);
}
