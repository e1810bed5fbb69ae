import type { ConnectFailures } from './verdict.ts';

/** How long to leave a database alone that cannot be reached. */
export interface CircuitTerms {
  readonly retryDelay: number;
  readonly maxRetryDelay: number;
  /** Failures in a row after which it counts as down. */
  readonly circuitAfter: number;
  readonly random: () => number;
}

/** How a connect failed. */
export interface ConnectFailure {
  readonly error: unknown;
  /** It may pass: worth another try, and a reason to wait before it. */
  readonly isPassing: boolean;
  /** The attempt's round, and when it began. */
  readonly round: number;
  readonly startedAt: number;
}

/**
 * Remembers the connects that failed since the last one that did not, and decides when the next may begin.
 *
 * After a failure that may pass there is one attempt at a time, after waits that double. After `circuitAfter` of them
 * the circuit is open: the database counts as down, and each attempt is a probe. One success closes it.
 */
export class ConnectCircuit {
  readonly #terms: CircuitTerms;
  /** Attempts of one round run together; a round ends with its first failure that may pass, or with a success. */
  #round = 0;
  #failedRounds = 0;
  #retryAt = 0;
  #fillAt = 0;
  #count = 0;
  #lastAt = 0;
  #error: unknown = undefined;
  /** The failures that the last success ended. */
  #past: { readonly count: number; readonly error: unknown } | undefined = undefined;

  constructor(terms: CircuitTerms) {
    this.#terms = terms;
  }

  get round(): number {
    return this.#round;
  }

  /** True when the last connect failed. */
  get hasFailed(): boolean {
    return this.#count > 0;
  }

  /** True after a failure that may pass, until a connect succeeds: attempts are rationed. */
  get isCautious(): boolean {
    return this.#failedRounds > 0;
  }

  /** True while the database counts as down. */
  get isOpen(): boolean {
    return this.#failedRounds >= this.#terms.circuitAfter;
  }

  /** How long no attempt may begin, milliseconds. */
  pauseMs(now: number): number {
    return this.isCautious ? Math.max(0, this.#retryAt - now) : 0;
  }

  /** How long none may begin that nobody waits for, milliseconds: those are never urgent, however the last one failed. */
  fillPauseMs(now: number): number {
    return this.hasFailed ? Math.max(0, this.#fillAt - now, this.pauseMs(now)) : 0;
  }

  noteSuccess(): void {
    if (this.#count === 0) return;
    this.#past = { count: this.#count, error: this.#error };
    this.#count = 0;
    this.#failedRounds = 0;
    this.#round += 1;
    this.#error = undefined;
  }

  noteFailure({ error, isPassing, round, startedAt }: ConnectFailure, now: number): void {
    this.#count += 1;
    this.#lastAt = now;
    this.#error = error;
    this.#fillAt = now + this.#delay(this.#count);
    // Those that began together say the same thing once.
    if (!isPassing || round !== this.#round) return;
    this.#round += 1;
    this.#failedRounds += 1;
    // From the attempt's beginning: who took long to fail has waited already.
    this.#retryAt = startedAt + this.#delay(this.#failedRounds);
  }

  failures(now: number): ConnectFailures | undefined {
    if (this.#count === 0) return undefined;
    return { count: this.#count, lastMs: now - this.#lastAt, error: this.#error };
  }

  /** Those before the last success, while there are none after it. */
  pastFailures(now: number): ConnectFailures | undefined {
    return this.#past === undefined || this.#count > 0 ? undefined : { ...this.#past, lastMs: now - this.#lastAt };
  }

  /** Doubles each time; half of it is chance, so that many processes do not come back together. */
  #delay(times: number): number {
    const { retryDelay, maxRetryDelay, random } = this.#terms;
    const whole = Math.min(maxRetryDelay, retryDelay * 2 ** (times - 1));
    return whole * (0.5 + random() / 2);
  }
}
