import { errorText } from './error-text.ts';
import { HermeticError } from './hermetic-error.ts';
import { describeErrands, describeHolders, describeWaiters } from './holder-list.ts';
import { labelText, oneLine } from './label-text.ts';
import { cureFor, describeCounts, seconds } from './pool-report.ts';
import type { PoolErrand, PoolHolder, PoolStatus, PoolVerdict, PoolWaiters } from './pool-report.ts';

/** POOL_BAD_OPTION: a pool, or a checkout, was given options that cannot be. */
export class PoolOptionError extends HermeticError {
  /** One sentence per fault. */
  readonly faults: readonly string[];

  private constructor(subject: string, faults: readonly string[]) {
    const count = faults.length === 1 ? 'a bad option' : `${faults.length} bad options`;
    super({
      code: 'POOL_BAD_OPTION',
      message: `${subject} was given ${count}: ${faults.join('; ')}.`,
      cure: 'Correct what is named; leave an option out to have its default.',
    });
    this.faults = faults;
  }

  static of(subject: string, faults: readonly string[]): PoolOptionError {
    return new PoolOptionError(subject, faults);
  }
}

/** POOL_CLOSED: a checkout of a pool that is disposed of. */
export class PoolClosedError extends HermeticError {
  static whileWaiting(name: string, waitedMs: number): PoolClosedError {
    return PoolClosedError.#saying(
      `The pool ${name} was disposed of while this checkout waited (${seconds(waitedMs)}).`,
    );
  }

  static afterDispose(name: string): PoolClosedError {
    return PoolClosedError.#saying(`The pool ${name} is disposed of and lends no more connections.`);
  }

  static #saying(message: string): PoolClosedError {
    return new PoolClosedError({
      code: 'POOL_CLOSED',
      message,
      cure: 'Dispose of a pool after the last piece of work that uses it.',
    });
  }
}

const CURE_OF_DATABASE = 'See that the database runs, and that it can be reached.';

/** POOL_CHECKOUT_ABORTED: the caller's signal ended the wait; `cause` is the signal's reason. */
export class PoolCheckoutAbortedError extends HermeticError {
  /** Why nothing could be had of the database until then, in words; undefined when nothing is known against it. */
  readonly databaseTrouble: string | undefined;

  private constructor(message: string, reason: unknown, databaseTrouble: string | undefined) {
    const cure = 'Look at `cause` for the reason that the signal gives.';
    super({
      code: 'POOL_CHECKOUT_ABORTED',
      message,
      cure: databaseTrouble === undefined ? cure : `${cure} ${CURE_OF_DATABASE}`,
      cause: reason,
    });
    this.databaseTrouble = databaseTrouble;
  }

  static after(
    waitedMs: number,
    reason: unknown,
    {
      label,
      databaseTrouble,
    }: { readonly label?: string | undefined; readonly databaseTrouble?: string | undefined } = {},
  ): PoolCheckoutAbortedError {
    const whose = label === undefined ? '' : ` of ${labelText(label)}`;
    const meanwhile = databaseTrouble === undefined ? '' : ` Meanwhile ${databaseTrouble}.`;
    return new PoolCheckoutAbortedError(
      `The checkout${whose} was aborted by its signal after ${seconds(waitedMs)} (${reasonText(reason)}); no connection was taken.${meanwhile}`,
      reason,
      databaseTrouble,
    );
  }
}

/** POOL_CONNECT_TIMEOUT: opening a connection took too long. */
export class PoolConnectTimeoutError extends HermeticError {
  static after(timeoutMs: number): PoolConnectTimeoutError {
    return new PoolConnectTimeoutError({
      code: 'POOL_CONNECT_TIMEOUT',
      message: `No connection could be opened within ${seconds(timeoutMs)}: the database did not answer.`,
      cure: 'Check that the database runs and that its address is right, or raise `connectTimeout`.',
      retryable: true,
    });
  }
}

/** POOL_NO_CONNECTION: the connector's `connect` ended well and gave nothing. */
export class PoolNoConnectionError extends HermeticError {
  static of(nothing: string): PoolNoConnectionError {
    return new PoolNoConnectionError({
      code: 'POOL_NO_CONNECTION',
      message: `The connector’s connect resolved with ${nothing} instead of a connection.`,
      cure: 'Let `connect` return the connection that it opened, or reject.',
    });
  }
}

/** POOL_CLOSE_TIMEOUT: a connection did not close in time. Told in an event, never thrown: the connection is dropped. */
export class PoolCloseTimeoutError extends HermeticError {
  static after(timeoutMs: number): PoolCloseTimeoutError {
    return new PoolCloseTimeoutError({
      code: 'POOL_CLOSE_TIMEOUT',
      message: `A connection did not close within ${seconds(timeoutMs)} and was dropped.`,
      cure: 'See whether the network or the server hangs, or raise `closeTimeout`.',
    });
  }
}

/** POOL_UNAVAILABLE: the database counts as down; `cause` is what the last attempt to connect said. */
export class PoolUnavailableError extends HermeticError {
  static after(failures: { count: number; lastMs: number; error: unknown }, pauseMs: number): PoolUnavailableError {
    const { count, lastMs, error } = failures;
    const attempts = count === 1 ? 'the last attempt' : `the last ${count} attempts`;
    return new PoolUnavailableError({
      code: 'POOL_UNAVAILABLE',
      message: `No connection can be opened: ${attempts} failed, most recently ${seconds(lastMs)} ago; the next ${pauseMs === 0 ? 'is under way' : `follows in ${seconds(pauseMs)}`}. The last one said: ${errorText(error)}`,
      cure: 'Bring the database back; the pool finds out by itself.',
      cause: error,
      retryable: true,
    });
  }
}

/** POOL_OVERLOADED: a checkout was refused at once because waiting made no sense. */
export class PoolOverloadedError extends HermeticError {
  static full(name: string, waiting: number, maxWaiting: number): PoolOverloadedError {
    return PoolOverloadedError.#saying(
      `The pool ${name} lets ${maxWaiting} checkouts wait in line, and ${waiting} are waiting.`,
    );
  }

  static hopeless(name: string, expectedMs: number, timeoutMs: number): PoolOverloadedError {
    return PoolOverloadedError.#saying(
      `At its present pace the pool ${name} would serve this checkout in ${seconds(expectedMs)}; its timeout is ${seconds(timeoutMs)}.`,
    );
  }

  static #saying(message: string): PoolOverloadedError {
    return new PoolOverloadedError({
      code: 'POOL_OVERLOADED',
      message,
      cure: 'Let fewer tasks run at once, shed load earlier, or enlarge the pool.',
      retryable: true,
    });
  }
}

/** POOL_SELF_STARVATION: waiting would be for ever, since everybody who could end it waits as well. */
export class PoolSelfStarvationError extends HermeticError {
  /** Longest held first. */
  readonly holders: readonly PoolHolder[];
  /** Where these same tasks wait, this checkout among them, by label and line, most first. */
  readonly waiters: readonly PoolWaiters[];

  private constructor(message: string, { holders, waiters }: Pick<StarvationReport, 'holders' | 'waiters'>) {
    super({
      code: 'POOL_SELF_STARVATION',
      message,
      cure: 'Do all of one task’s work on the connection it already has, or take what it needs before the first.',
    });
    this.holders = holders;
    this.waiters = waiters;
  }

  static ofPreparation(name: string): PoolSelfStarvationError {
    return new PoolSelfStarvationError(
      `A connection of pool ${name} is being made ready, and that waits for another connection of the same pool, which may never come.`,
      { holders: [], waiters: [] },
    );
  }

  static of(name: string, report: StarvationReport): PoolSelfStarvationError {
    const { holders, waiters, line, cap } = report;
    const asked = line === undefined ? '' : ` (${oneLine(line)})`;
    const allowed =
      cap === undefined ? '' : ` that maxPerLabel allows ${labelText(cap.label)}, which is ${cap.most} at a time,`;
    return new PoolSelfStarvationError(
      `Every connection of pool ${name}${allowed} is held by a task that itself waits for another one, and so would this checkout${asked}:${describeHolders(holders)}${describeWaiters(waiters)}\n`,
      report,
    );
  }
}

/** Who holds, and who waits, in a circle from which nobody gets out. */
export interface StarvationReport {
  readonly holders: readonly PoolHolder[];
  readonly waiters: readonly PoolWaiters[];
  /** Where the refused caller asks. */
  readonly line: string | undefined;
  /** Where only the connections of one label are meant. */
  readonly cap: { readonly label: string; readonly most: number } | undefined;
}

/** POOL_LEASE_RELEASED: a lease was used after it ended. */
export class LeaseReleasedError extends HermeticError {
  static forUse(what: string, label: string | undefined, line: string | undefined): LeaseReleasedError {
    const taken = line === undefined ? '' : `, taken at ${line}`;
    return new LeaseReleasedError({
      code: 'POOL_LEASE_RELEASED',
      message: `${what} was asked of a lease that has ended (${labelText(label)}${taken}); its connection may be somebody else’s now.`,
      cure: 'Check out a new lease for new work, and keep none beyond its release.',
    });
  }
}

/** POOL_ILLEGAL_MOVE: a connection was about to go from one state to another that does not follow it. */
export class PoolStateError extends HermeticError {
  static between(from: string, to: string): PoolStateError {
    return new PoolStateError({
      code: 'POOL_ILLEGAL_MOVE',
      message: `A pooled connection cannot go from ${from} to ${to}.`,
      cure: 'This is a fault in Hermetic: please report it with the stack.',
    });
  }
}

/** What a pool knows when checkouts time out. */
export interface PoolTimeoutReport {
  /** `QueuePool`, `NullPool`. */
  readonly kind: string;
  readonly name: string;
  readonly status: PoolStatus;
  /** Longest held first. */
  readonly holders: readonly PoolHolder[];
  /** What the pool itself does with connections. */
  readonly errands: readonly PoolErrand[];
  /** Whoever stands in line by label and line, most first; of a long line the first thousand. */
  readonly waiters: readonly PoolWaiters[];
  readonly verdict: PoolVerdict;
  /** Where there is a better one than the verdict's. */
  readonly cure?: string | undefined;
  /** The last connect failure, when the database looks down. */
  readonly cause: unknown;
}

/**
 * POOL_TIMEOUT: no connection became free in time.
 *
 * `verdict` says which of five causes it looks like, and why; `holders` who has the connections, longest held first;
 * `waiters` who stands in line, by label and line.
 */
export class PoolTimeoutError extends HermeticError {
  readonly status: PoolStatus;
  readonly holders: readonly PoolHolder[];
  readonly waiters: readonly PoolWaiters[];
  readonly verdict: PoolVerdict;
  readonly waitedMs: number;

  private constructor(message: string, waitedMs: number, report: PoolTimeoutReport) {
    const { cause } = report.verdict;
    super({
      code: 'POOL_TIMEOUT',
      message,
      cure: report.cure ?? cureFor(report.verdict),
      cause: report.cause,
      retryable: cause === 'overload' || cause === 'database down',
    });
    this.status = report.status;
    this.holders = report.holders;
    this.waiters = report.waiters;
    this.verdict = report.verdict;
    this.waitedMs = waitedMs;
  }

  /** Makes the errors of callers that time out together; what they have in common is put into words once. */
  static maker(report: PoolTimeoutReport): (waitedMs: number, timeoutMs: number) => PoolTimeoutError {
    const { kind, name, status, verdict } = report;
    // The other pools have no limit that could be reached.
    const limit =
      kind === 'QueuePool' ? `QueuePool limit of size ${status.size} overflow ${status.overflow} reached,` : `${kind}:`;
    const lists = [
      describeHolders(report.holders),
      describeErrands(report.errands),
      describeWaiters(report.waiters, status.waiting),
    ];
    const counts = `pool ${name}: ${describeCounts(status)}${lists.join('')}`;
    const judged = `\nLooks like ${verdict.cause}: ${verdict.evidence}.`;
    return (waitedMs, timeoutMs) =>
      new PoolTimeoutError(
        `${limit} connection timed out, timeout ${timeoutMs / 1000}\nWaited ${seconds(waitedMs)}; ${counts}${judged}`,
        waitedMs,
        report,
      );
  }

  /** The error of one caller. */
  static after(waitedMs: number, timeoutMs: number, report: PoolTimeoutReport): PoolTimeoutError {
    return PoolTimeoutError.maker(report)(waitedMs, timeoutMs);
  }
}

/** Why a signal was aborted, in words: the name and message of an error, a text; of anything else only what it is. */
function reasonText(reason: unknown): string {
  if (reason instanceof Error)
    return oneLine(reason.message === '' ? reason.name : `${reason.name}: ${reason.message}`);
  return typeof reason === 'string' ? oneLine(reason) : `the reason is ${reason === null ? 'null' : typeof reason}`;
}
