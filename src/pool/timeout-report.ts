import { PoolTimeoutError } from '../errors/pool-errors.ts';
import type { PoolTimeoutReport } from '../errors/pool-errors.ts';
import type { PoolErrand, PoolHolder, PoolStatus, PoolWaiters } from '../errors/pool-report.ts';
import { errandsOf } from './errands.ts';
import type { PoolStock } from './pool-stock.ts';
import { isTied, tiesOf, WaitingTasks } from './starvation.ts';
import type { HoldingTask, Task } from './starvation.ts';
import { holdsAllItMay, judgeTimeout } from './verdict.ts';
import type { ConnectFailures, LabelCap } from './verdict.ts';
import { groupWaiters } from './waiter-groups.ts';
import type { InLine } from './waiter-groups.ts';

/** How many waiters are put into words: reports stay cheap in a long line. */
const MOST_WAITERS = 1_000;
/** How many are looked at for whether they hold a connection, besides those that time out. */
const MOST_TASKS = 10_000;

const SUSPENDED_CURE = 'Call `resume()`, or let nothing ask while the pool is suspended.';
/** There is no cause to look at. */
const SILENCE_CURE =
  'Check that the database runs, and its address, credentials and connection limit; a firewall that drops packets looks just so.';

/** In a rush dates may be off by so much. */
const DATES_MS = 20;

const CAP_CURE = 'Make its transactions shorter, let fewer of its tasks run at once, or raise `maxPerLabel`.';

/** What a pool can tell about the moment at which checkouts time out. */
export interface ReportedPool<C> {
  readonly settings: { readonly kind: string; readonly options: { readonly name: string } };
  readonly stock: PoolStock<C>;
  readonly line: Iterable<Waiting>;
}

/** Its numbers, as it gives them itself. */
export interface ReportedNumbers {
  status(): PoolStatus;
  readonly isSuspended: boolean;
  loans(): Iterable<{ readonly loan: HeldLoan }>;
}

interface HeldLoan extends HoldingTask {
  readonly takenAt: number;
  toHolder(now: number): PoolHolder;
}

/** A caller in line, as far as a report looks at it. */
export type Waiting = InLine & Task & { readonly since: number };

/** How a wait went. */
export interface WaitCourse {
  readonly waitedMs: number;
  /** How much later than due the timer fired, milliseconds. */
  readonly lateMs: number;
  /** For how long of the wait the event loop stood still, milliseconds. */
  readonly blockedMs: number;
  /** Of the caller's label, when that is what held it back. */
  readonly cap: LabelCap | undefined;
}

/** The errors of callers whose waits went alike. */
export type ErrorMaker = (waitedMs: number, timeoutMs: number) => PoolTimeoutError;

/** What is the same for all callers that time out now, however each of them waited. */
interface Scene {
  readonly status: PoolStatus;
  readonly holders: readonly PoolHolder[];
  readonly holdersWaiting: ReadonlySet<PoolHolder>;
  readonly errands: readonly PoolErrand[];
  readonly waiters: readonly PoolWaiters[];
  readonly connectFailures: ConnectFailures | undefined;
  readonly pastFailures: ConnectFailures | undefined;
  readonly isSuspended: boolean;
}

/**
 * Looks at the pool once, as it is now, and makes errors by how a wait went. Never throws: a caller that hears little is
 * better off than one that hears nothing.
 *
 * @param due - who times out; still in line.
 */
export function timeoutErrors<C>(
  pool: ReportedPool<C>,
  numbers: ReportedNumbers,
  due: readonly Waiting[],
): (course: WaitCourse) => ErrorMaker {
  const { kind, options } = pool.settings;
  const named = { kind, name: options.name };
  try {
    const scene = look(pool, numbers, due);
    return (course) => {
      try {
        return PoolTimeoutError.maker({ ...named, ...judge(scene, course) });
      } catch (error) {
        return PoolTimeoutError.maker({ ...named, ...bareReport(error) });
      }
    };
  } catch (error) {
    return () => PoolTimeoutError.maker({ ...named, ...bareReport(error) });
  }
}

type Told = Omit<PoolTimeoutReport, 'kind' | 'name'>;

function judge(scene: Scene, course: WaitCourse): Told {
  const { status, isSuspended, holders, errands, waiters, connectFailures, pastFailures } = scene;
  const verdict = judgeTimeout({ ...scene, ...course });
  const past = (pastFailures?.lastMs ?? Infinity) <= course.waitedMs ? pastFailures : undefined;
  const failures = verdict.cause === 'database down' ? (connectFailures ?? past) : undefined;
  const cause = failures?.error;
  const isCapped = verdict.cause === 'overload' && holdsAllItMay({ cap: course.cap, holders });
  const isSilent = verdict.cause === 'database down' && failures === undefined;
  const [cure] = [isSuspended && SUSPENDED_CURE, isCapped && CAP_CURE, isSilent && SILENCE_CURE].filter(isText);
  return { status, holders, errands, waiters, verdict, cause, cure };
}

function look<C>({ stock, line }: ReportedPool<C>, numbers: ReportedNumbers, due: readonly Waiting[]): Scene {
  const { roster, connects, now } = stock;
  const loans = [...numbers.loans()].map(({ loan }) => ({ loan, holder: loan.toHolder(now) }));
  const tasks = tasksInLine(
    line,
    due,
    loans.map(({ loan }) => loan).filter((loan) => !loan.isRunning),
  );
  return {
    status: numbers.status(),
    isSuspended: numbers.isSuspended,
    holders: loans.map(({ holder }) => holder).sort((a, b) => b.heldMs - a.heldMs),
    holdersWaiting: new Set(
      loans.filter(({ loan }) => tasks.includes(loan, loan.takenAt - DATES_MS)).map(({ holder }) => holder),
    ),
    errands: errandsOf(roster, now),
    waiters: groupWaiters(new Set([...due, ...first(line, MOST_WAITERS)])),
    connectFailures: connects.failures(now),
    pastFailures: connects.pastFailures(now),
  };
}

/** The waiters that hold something themselves. */
function tasksInLine(line: Iterable<Waiting>, due: readonly Waiting[], held: readonly Task[]): WaitingTasks {
  const ties = tiesOf(held);
  const tasks = new WaitingTasks();
  if (ties.size === 0) return tasks;
  for (const waiter of due) if (isTied(waiter, ties)) tasks.add(waiter, waiter.since);
  for (const waiter of first(line, MOST_TASKS)) if (isTied(waiter, ties)) tasks.add(waiter, waiter.since);
  return tasks;
}

function* first<T>(items: Iterable<T>, most: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (++taken > most) return;
    yield item;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** When the pool cannot be described, or not be judged. */
function bareReport(error: unknown): Told {
  const status = { size: 0, checkedIn: 0, checkedOut: 0, overflow: 0, waiting: 0, connecting: 0 };
  const name = error instanceof Error ? error.name : typeof error;
  const evidence = `the pool could not find out more, since its report failed (${name})`;
  return {
    status,
    holders: [],
    errands: [],
    waiters: [],
    verdict: { cause: 'overload', evidence },
    cause: error,
    cure: 'This is a fault in Hermetic, or in an object that was given to it: please report it with the cause.',
  };
}
